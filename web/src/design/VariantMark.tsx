import type { CSSProperties } from 'react';
import styles from './VariantMark.module.css';
import { variantColorNumber } from './variantColor.ts';

interface VariantMarkProps {
  letter: string;
  /** Place among the experiment's variants, 0 first: decides the colour. */
  place: number;
}

/** The letter of a variant in the variant's colour, the same in tables, charts and the demo. */
export function VariantMark({ letter, place }: VariantMarkProps) {
  const number = variantColorNumber(place);
  const colors = {
    '--mark': `var(--variant-${number})`,
    '--mark-soft': `var(--variant-${number}-soft)`,
  } as CSSProperties;
  return (
    <span className={styles.mark} style={colors}>
      {letter}
    </span>
  );
}
