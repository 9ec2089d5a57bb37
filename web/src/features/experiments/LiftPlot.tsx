import type { CSSProperties } from 'react';
import { formatOpenInterval, formatSignedRate } from '../../design/numbers.ts';
import { VariantMark } from '../../design/VariantMark.tsx';
import type { Arm } from './arms.ts';
import { LiftDrawing } from './LiftDrawing.tsx';
import { LiftFigures } from './LiftFigures.tsx';
import { liftScale } from './liftScale.ts';
import { PartCaption } from './PartCaption.tsx';
import styles from './LiftPlot.module.css';
import type { Treatment } from './treatments.ts';

interface LiftPlotProps {
  testId: string;
  control: Arm;
  treatments: readonly Treatment[];
  /** Relative difference that would not matter. */
  margin: number;
}

/** How much more each variant converts than the control, and how sure that is: one row per variant. */
export function LiftPlot({ testId, control, treatments, margin }: LiftPlotProps) {
  const scale = liftScale(
    treatments.map(({ comparison }) => ({ lift: comparison.lift, interval: comparison.lift_interval })),
    margin,
  );
  const known = treatments.some(({ comparison }) => typeof comparison.lift === 'number');
  // With several variants each has a decision of its own, which takes a third line.
  const row = treatments.length > 1 ? 76 : 52;
  return (
    <figure className={styles.figure} aria-label={`Lift of ${testId}`}>
      <PartCaption
        as="figcaption"
        title={`Lift against ${control.letter} (${control.label})`}
        note={`how many more visitors convert, relative to ${control.letter}`}
      />
      {known ? (
        <>
          <div className={styles.plot} style={{ '--row': `${row}px` } as CSSProperties}>
            <ul className={styles.names} aria-hidden="true">
              {treatments.map(({ arm }) => (
                <li key={arm.letter} className={styles.name}>
                  <VariantMark letter={arm.letter} place={arm.place} />
                  <span className={styles.label}>{arm.label}</span>
                </li>
              ))}
            </ul>
            <LiftDrawing
              scale={scale}
              margin={margin}
              treatments={treatments}
              row={row}
              label={describe(control, treatments)}
            />
            <LiftFigures treatments={treatments} />
          </div>
          <p className={styles.legend}>
            Dot: the lift so far. Bar: where the true lift can be, at any time you look. Shaded: within ±
            {formatSignedRate(margin).replace('+', '')}, too small to matter. Arrow: the bar goes on.
          </p>
        </>
      ) : (
        <p className={styles.unknown}>
          Not known yet: a lift needs visitors in both variants, and conversions in {control.letter} to
          compare with.
        </p>
      )}
    </figure>
  );
}

/** The picture in words, for screen readers. */
function describe(control: Arm, treatments: readonly Treatment[]): string {
  const rows = treatments.map(({ arm, comparison }) => {
    const lift = comparison.lift;
    if (lift === null || lift === undefined) {
      return `${arm.letter}: not known yet`;
    }
    const interval = comparison.lift_interval
      ? `, interval ${formatOpenInterval(comparison.lift_interval)}`
      : '';
    return `${arm.letter}: ${formatSignedRate(lift)}${interval}`;
  });
  return `Lift against ${control.letter}. ${rows.join('. ')}.`;
}
