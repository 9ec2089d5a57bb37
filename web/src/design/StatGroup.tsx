import type { ReactNode } from 'react';
import styles from './Stat.module.css';

interface StatGroupProps {
  label: string;
  children: ReactNode;
}

/** A row of headline numbers in one bordered strip, so that they read as one statement. */
export function StatGroup({ label, children }: StatGroupProps) {
  return (
    <dl className={styles.group} aria-label={label}>
      {children}
    </dl>
  );
}
