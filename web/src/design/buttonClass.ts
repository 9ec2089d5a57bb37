import styles from './Button.module.css';
import { classNames } from './classNames.ts';

/** How much weight a button carries: one primary action per view, or one that takes something away. */
export type ButtonVariant = 'primary' | 'danger' | 'secondary' | 'ghost';

/** Height of a button. */
export type ButtonSize = 'sm' | 'md' | 'lg';

/** Classes of a button, for links that look like one. */
export function buttonClass(
  variant: ButtonVariant = 'secondary',
  size: ButtonSize = 'md',
  block = false,
): string {
  return classNames(styles.button, styles[variant], styles[size], block && styles.block);
}
