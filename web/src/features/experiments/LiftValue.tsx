import type { Comparison } from '../../api/types.ts';
import { classNames } from '../../design/classNames.ts';
import { formatOpenInterval, formatSignedRate } from '../../design/numbers.ts';
import styles from './LiftValue.module.css';

/** A lift with its interval, or the plain statement that nothing is known yet. */
export function LiftValue({ comparison }: { comparison: Pick<Comparison, 'lift' | 'lift_interval'> }) {
  const { lift, lift_interval: interval } = comparison;
  if (lift === null || lift === undefined) {
    return <span className={styles.interval}>not known yet</span>;
  }
  return (
    <span className={classNames(styles.lift, 'tabular')}>
      <span className={styles.value}>{formatSignedRate(lift)}</span>
      <span className={styles.interval}>
        <span className="visually-hidden">, interval </span>
        {interval?.low === null && interval.high === null
          ? 'any size possible'
          : formatOpenInterval(interval)}
      </span>
    </span>
  );
}
