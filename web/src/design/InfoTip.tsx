import { Popover } from 'radix-ui';
import type { ReactNode } from 'react';
import { classNames } from './classNames.ts';
import { Icon, type IconName } from './Icon.tsx';
import styles from './InfoTip.module.css';

interface InfoTipProps {
  /** What the tip explains; the accessible name of its button and of the opened text. */
  label: string;
  children: ReactNode;
  /** Words shown beside the icon; without them the button is the icon alone. */
  text?: ReactNode;
  /** Icon instead of the i. */
  icon?: IconName;
  /** Draws attention to the words of the button; they say the same. */
  tone?: 'neutral' | 'warning' | 'danger';
  /** Called each time the tip is opened. */
  onOpen?: () => void;
}

/** An explanation on demand, opened by click, tap, Enter or Space and closed by Escape: no hovering needed. */
export function InfoTip({ label, children, text, icon = 'info', tone = 'neutral', onOpen }: InfoTipProps) {
  return (
    <Popover.Root onOpenChange={(open) => open && onOpen?.()}>
      <Popover.Trigger
        className={text ? classNames(styles.textTrigger, styles[tone]) : styles.trigger}
        aria-label={text ? undefined : label}
      >
        <Icon name={icon} size={14} />
        {text}
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          className={styles.content}
          sideOffset={6}
          collisionPadding={12}
          align={text ? 'start' : 'center'}
          aria-label={label}
        >
          {children}
          <Popover.Arrow className={styles.arrow} width={12} height={6} />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}
