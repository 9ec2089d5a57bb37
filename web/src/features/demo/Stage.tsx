import type { ReactNode } from 'react';
import { Card } from '../../design/Card.tsx';
import { VariantMark } from '../../design/VariantMark.tsx';
import styles from './Stage.module.css';

interface StageProps {
  testId: string;
  title: string;
  /** What to do here and what it records. */
  hint: ReactNode;
  letter: string;
  label: string;
  children: ReactNode;
}

/** One experiment as the visitor meets it, in a frame that says which variant this is. */
export function Stage({ testId, title, hint, letter, label, children }: StageProps) {
  const headingId = `stage-${testId}`;
  return (
    <Card flush aria-labelledby={headingId} data-testid={testId} data-variant={letter}>
      <header className={styles.header}>
        <div className={styles.words}>
          <h2 id={headingId} className={styles.title}>
            {title}
          </h2>
          <p className={styles.hint}>{hint}</p>
        </div>
        <p className={styles.variant}>
          <VariantMark letter={letter} place={letter === 'A' ? 0 : 1} />
          <span>{label}</span>
        </p>
      </header>
      <div className={styles.body}>{children}</div>
    </Card>
  );
}
