import type { ReactNode } from 'react';
import { Icon, type IconName } from './Icon.tsx';
import styles from './Notice.module.css';
import { classNames } from './classNames.ts';

interface NoticeProps {
  tone: 'info' | 'warning' | 'danger' | 'positive';
  title?: ReactNode;
  children?: ReactNode;
  action?: ReactNode;
  /** Announced when it appears; for what the person has to know at once. */
  urgent?: boolean;
}

const ICONS: Record<NoticeProps['tone'], IconName> = {
  info: 'info',
  warning: 'alert',
  danger: 'alert',
  positive: 'check',
};

/** A message within a page about the page's own content. */
export function Notice({ tone, title, children, action, urgent = false }: NoticeProps) {
  return (
    <div className={classNames(styles.notice, styles[tone])} role={urgent ? 'alert' : undefined}>
      <Icon name={ICONS[tone]} className={styles.icon} />
      <div className={styles.words}>
        {title !== undefined && <p className={styles.title}>{title}</p>}
        {children}
      </div>
      {action !== undefined && <div className={styles.action}>{action}</div>}
    </div>
  );
}
