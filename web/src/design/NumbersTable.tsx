import type { ReactNode } from 'react';
import styles from './NumbersTable.module.css';

interface NumbersTableProps {
  /** Names the part that scrolls, for screen readers. */
  label: string;
  /** The table. */
  children: ReactNode;
}

/** The numbers behind a picture, folded away: its text alternative, and for everybody who wants them exact. */
export function NumbersTable({ label, children }: NumbersTableProps) {
  return (
    <details className={styles.details}>
      <summary className={styles.summary}>Show these numbers as a table</summary>
      <div className={styles.scroll} role="region" aria-label={label} tabIndex={0}>
        {children}
      </div>
    </details>
  );
}
