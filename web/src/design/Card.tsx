import type { ComponentProps } from 'react';
import styles from './Card.module.css';
import { classNames } from './classNames.ts';

interface CardProps extends ComponentProps<'section'> {
  /** Without padding, for cards whose parts bring their own. */
  flush?: boolean;
}

/** A bordered surface that holds one thing. Give it `aria-labelledby` when it has a heading. */
export function Card({ flush = false, className, ...rest }: CardProps) {
  return <section {...rest} className={classNames(styles.card, !flush && styles.padded, className)} />;
}
