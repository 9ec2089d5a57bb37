import { formatPointDifference, formatPValue, MISSING } from '../../design/numbers.ts';
import { VariantMark } from '../../design/VariantMark.tsx';
import { DecisionBadge } from './DecisionBadge.tsx';
import { decisionLook } from './decisions.ts';
import { LiftValue } from './LiftValue.tsx';
import styles from './LiftPlot.module.css';
import type { Treatment } from './treatments.ts';

/** The numbers of the picture, a row for each of its rows. */
export function LiftFigures({ treatments }: { treatments: readonly Treatment[] }) {
  return (
    <ul className={styles.figures}>
      {treatments.map(({ arm, comparison }) => {
        const difference = formatPointDifference(comparison.difference, 0);
        return (
          <li key={arm.letter} className={styles.row}>
            <span className={styles.rowMark}>
              <VariantMark letter={arm.letter} place={arm.place} />
            </span>
            <span className={styles.numbers}>
              <LiftValue comparison={comparison} />
              <span className={styles.small}>
                {difference !== MISSING && <>{difference} points, </>}
                anytime p {formatPValue(comparison.adjusted_p_value)}
              </span>
              {treatments.length > 1 && (
                <DecisionBadge look={decisionLook(comparison.decision, arm.letter)} />
              )}
            </span>
          </li>
        );
      })}
    </ul>
  );
}
