import { formatPointDifference, MISSING } from '../../design/numbers.ts';
import { rateOf, type Arm } from './arms.ts';
import styles from './Differences.module.css';

/**
 * The observed differences from the control, in percentage points and without a verdict: raw rates alone do not tell
 * whether a difference is real.
 */
export function Differences({ arms }: { arms: readonly Arm[] }) {
  const control = arms.find((arm) => arm.control);
  const others = arms.filter((arm) => arm !== control);
  if (!control || others.length === 0) {
    return null;
  }
  return (
    <p className={styles.line}>
      {others.map((arm) => {
        const difference = formatPointDifference(
          rateOf(arm, 'unique_conversion_rate'),
          rateOf(control, 'unique_conversion_rate'),
        );
        return (
          <span key={arm.letter} className={styles.item}>
            Unique rate, {arm.letter} minus {control.letter}:{' '}
            <strong className="tabular">
              {difference === MISSING ? MISSING : `${difference} percentage points`}
            </strong>
          </span>
        );
      })}
      <span className={styles.caution}>An observed difference, not a verdict.</span>
    </p>
  );
}
