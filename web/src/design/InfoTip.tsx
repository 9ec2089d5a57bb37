import { Popover } from 'radix-ui';
import type { ReactNode } from 'react';
import { Icon } from './Icon.tsx';
import styles from './InfoTip.module.css';

interface InfoTipProps {
  /** What the tip explains; the accessible name of its button and of the opened text. */
  label: string;
  children: ReactNode;
  /** Words shown beside the icon; without them the button is the icon alone. */
  text?: string;
  /** Called each time the tip is opened. */
  onOpen?: () => void;
}

/** An explanation on demand, opened by click, tap, Enter or Space and closed by Escape: no hovering needed. */
export function InfoTip({ label, children, text, onOpen }: InfoTipProps) {
  return (
    <Popover.Root onOpenChange={(open) => open && onOpen?.()}>
      <Popover.Trigger
        className={text ? styles.textTrigger : styles.trigger}
        aria-label={text ? undefined : label}
      >
        <Icon name="info" size={14} />
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
