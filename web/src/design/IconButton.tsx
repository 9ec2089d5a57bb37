import type { ComponentProps } from 'react';
import { Icon, type IconName } from './Icon.tsx';
import styles from './IconButton.module.css';
import { Tooltip } from './Tooltip.tsx';

interface IconButtonProps extends Omit<ComponentProps<'button'>, 'className' | 'children' | 'aria-label'> {
  icon: IconName;
  /** Name of the action: read out by screen readers and shown on hover and focus. */
  label: string;
}

/** A button with an icon alone. Its name is always present, so that nobody has to guess. */
export function IconButton({ icon, label, ...rest }: IconButtonProps) {
  return (
    <Tooltip label={label}>
      <button type="button" {...rest} className={styles.button} aria-label={label}>
        <Icon name={icon} />
      </button>
    </Tooltip>
  );
}
