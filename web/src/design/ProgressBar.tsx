import type { CSSProperties } from 'react';
import styles from './ProgressBar.module.css';

interface ProgressBarProps {
  label: string;
  /** How far, from 0 to 1; more is drawn as 1. */
  value: number;
  /** The same in words, read out instead of a percentage. */
  text: string;
}

/** How far something is towards its end. */
export function ProgressBar({ label, value, text }: ProgressBarProps) {
  const share = Math.min(1, Math.max(0, value));
  return (
    <div
      className={styles.track}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(share * 100)}
      aria-valuetext={text}
    >
      <span className={styles.fill} style={{ '--share': `${share * 100}%` } as CSSProperties} />
    </div>
  );
}
