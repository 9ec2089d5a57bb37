import type { ReactNode } from 'react';
import styles from './PartCaption.module.css';

interface PartCaptionProps {
  /** The element: a figure's caption, or a plain line above any other part. */
  as?: 'div' | 'figcaption';
  title: ReactNode;
  /** What one should know at a glance. */
  note: ReactNode;
  /** Stands at the far end of the line. */
  action?: ReactNode;
}

/** The line above each part of an experiment's card: its name, a remark, and what can be done there. */
export function PartCaption({ as: Element = 'div', title, note, action }: PartCaptionProps) {
  return (
    <Element className={styles.caption}>
      <span className={styles.title}>{title}</span>
      <span className={styles.note}>{note}</span>
      {action !== undefined && <span className={styles.action}>{action}</span>}
    </Element>
  );
}
