import type { ReactNode } from 'react';
import styles from './Badge.module.css';
import { classNames } from './classNames.ts';
import { Icon, type IconName } from './Icon.tsx';

/** What a badge or a status dot expresses. */
export type Tone = 'neutral' | 'accent' | 'positive' | 'warning' | 'danger';

interface BadgeProps {
  tone?: Tone;
  /** Shows a dot before the words. */
  dot?: boolean;
  /** Shows an icon before the words. */
  icon?: IconName;
  children: ReactNode;
}

/** A short state or label. The words say it; the colour only repeats them. */
export function Badge({ tone = 'neutral', dot = false, icon, children }: BadgeProps) {
  return (
    <span className={classNames(styles.badge, styles[tone])}>
      {dot && <span className={styles.dot} aria-hidden="true" />}
      {icon && <Icon name={icon} size={13} />}
      {children}
    </span>
  );
}
