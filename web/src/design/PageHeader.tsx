import { useEffect, type ReactNode } from 'react';
import styles from './PageHeader.module.css';

interface PageHeaderProps {
  title: string;
  /** Browser tab title when it should differ from the heading. */
  tabTitle?: string;
  /** One or two sentences: what this page is for. */
  lead?: ReactNode;
  /** Small line above the title, for where in the app this is. */
  eyebrow?: string;
  actions?: ReactNode;
}

/** Heading of a page. Also names the browser tab. */
export function PageHeader({ title, tabTitle = title, lead, eyebrow, actions }: PageHeaderProps) {
  useEffect(() => {
    document.title = `${tabTitle} · Dashly`;
  }, [tabTitle]);

  return (
    <header className={styles.header}>
      <div className={styles.words}>
        {eyebrow !== undefined && <p className={styles.eyebrow}>{eyebrow}</p>}
        <h1 className={styles.title}>{title}</h1>
        {lead !== undefined && <p className={styles.lead}>{lead}</p>}
      </div>
      {actions !== undefined && <div className={styles.actions}>{actions}</div>}
    </header>
  );
}
