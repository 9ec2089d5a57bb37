/** Wording of the Pro plan's call to action. */
export interface CallToAction {
  button: string;
  /** A line of benefit above the button; the control has none. */
  benefit: string | null;
}

/**
 * Wording by variant: B promises the value, everything else (the control, no variant at all, an unknown one) uses the
 * standard words, so that the page works without the experiment.
 */
export function callToAction(variant: string | undefined): CallToAction {
  return variant === 'B'
    ? {
        button: 'Get full access: 14 days free',
        benefit: 'Every platform from the first day. Cancel any time.',
      }
    : { button: 'Start free trial', benefit: null };
}
