const COLORS = 6;

/**
 * Number (1 to 6) of the colour and point shape of a variant, by its place among the experiment's variants: the control
 * is always the first. More than six variants repeat the palette; the letter still tells them apart.
 */
export function variantColorNumber(place: number): number {
  return (place % COLORS) + 1;
}
