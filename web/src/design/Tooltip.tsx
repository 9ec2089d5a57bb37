import { Tooltip as RadixTooltip } from 'radix-ui';
import type { ReactElement } from 'react';
import styles from './Tooltip.module.css';

interface TooltipProps {
  label: string;
  children: ReactElement;
}

/**
 * Names a control on hover and on keyboard focus. Touch never opens it, so it may only repeat what the control's label
 * says; anything worth reading belongs in an `InfoTip`.
 */
export function Tooltip({ label, children }: TooltipProps) {
  return (
    <RadixTooltip.Root>
      <RadixTooltip.Trigger asChild>{children}</RadixTooltip.Trigger>
      <RadixTooltip.Portal>
        <RadixTooltip.Content className={styles.content} sideOffset={6} collisionPadding={8}>
          {label}
        </RadixTooltip.Content>
      </RadixTooltip.Portal>
    </RadixTooltip.Root>
  );
}
