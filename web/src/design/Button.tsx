import type { ComponentProps } from 'react';
import styles from './Button.module.css';
import { buttonClass, type ButtonSize, type ButtonVariant } from './buttonClass.ts';
import { Icon, type IconName } from './Icon.tsx';

interface ButtonProps extends Omit<ComponentProps<'button'>, 'className'> {
  variant?: ButtonVariant;
  size?: ButtonSize;
  /** Fills the width of its container. */
  block?: boolean;
  /** Work is under way: shows a spinner and takes no further press, yet keeps its focus. */
  busy?: boolean;
  icon?: IconName;
}

/** A press that does something on this page. */
export function Button({
  variant,
  size,
  block,
  busy = false,
  icon,
  children,
  onClick,
  ...rest
}: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      className={buttonClass(variant, size, block)}
      aria-busy={busy || undefined}
      aria-disabled={busy || undefined}
      onClick={(event) => {
        if (busy) {
          event.preventDefault();
          return;
        }
        onClick?.(event);
      }}
    >
      {busy ? <span className={styles.spinner} aria-hidden="true" /> : icon ? <Icon name={icon} /> : null}
      {children}
    </button>
  );
}
