import type { CSSProperties } from 'react';
import type { Interval } from '../../api/types.ts';
import { variantColorNumber } from '../../design/variantColor.ts';
import styles from './IntervalBar.module.css';

interface IntervalBarProps {
  value: number | null;
  interval: Interval | null;
  /** Ratio at the right end; the left end is 0. */
  scale: number;
  place: number;
}

/** A rate as a mark on its 95 % interval. Decoration: the same numbers stand beside it in words. */
export function IntervalBar({ value, interval, scale, place }: IntervalBarProps) {
  const position = (ratio: number) => `${Math.min(100, Math.max(0, (ratio / scale) * 100))}%`;
  const style = {
    '--mark': `var(--variant-${variantColorNumber(place)})`,
    ...(interval && {
      '--low': position(interval.low),
      '--width': `${Math.max(0, Math.min(1, interval.high / scale) - interval.low / scale) * 100}%`,
    }),
    ...(value !== null && { '--value': position(value) }),
  } as CSSProperties;
  return (
    <div className={styles.track} style={style} aria-hidden="true">
      {interval && <span className={styles.span} />}
      {value !== null && <span className={styles.value} />}
    </div>
  );
}
