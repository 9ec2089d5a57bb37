import type { Interval } from '../api/types.ts';

/** Shown where a number is missing. Never 0: nothing measured and zero measured are different facts. */
export const MISSING = '–';

const LOCALE = 'en-US';
const integer = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 0 });

type MaybeNumber = number | null | undefined;

function isKnown(value: MaybeNumber): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function percentNumber(ratio: number, decimals: number): string {
  return new Intl.NumberFormat(LOCALE, {
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  }).format(ratio * 100);
}

/** A count with thousands separators, or an en dash. */
export function formatCount(value: MaybeNumber): string {
  return isKnown(value) ? integer.format(value) : MISSING;
}

/** A ratio as a percentage (0.1234 gives `12.34%`), or an en dash. */
export function formatRate(ratio: MaybeNumber, decimals = 2): string {
  return isKnown(ratio) ? `${percentNumber(ratio, decimals)}%` : MISSING;
}

/** Both bounds of an interval as percentages (`10.1% – 15.0%`), or one en dash when there is none. */
export function formatInterval(interval: Interval | null | undefined, decimals = 1): string {
  return interval && isKnown(interval.low) && isKnown(interval.high)
    ? `${formatRate(interval.low, decimals)} – ${formatRate(interval.high, decimals)}`
    : MISSING;
}

/**
 * A difference of two ratios in percentage points with its sign (`+2.31`), or an en dash when either side is missing.
 * The sign of a difference that rounds to zero is dropped.
 */
export function formatPointDifference(of: MaybeNumber, from: MaybeNumber, decimals = 2): string {
  if (!isKnown(of) || !isKnown(from)) {
    return MISSING;
  }
  const magnitude = percentNumber(Math.abs(of - from), decimals);
  if (Number(magnitude.replaceAll(',', '')) === 0) {
    return magnitude;
  }
  return `${of > from ? '+' : '−'}${magnitude}`;
}

/** Shares of a split as whole or one-decimal percentages (`50 / 50`, `33.3 / 66.7`), in the order given. */
export function formatSplit(shares: readonly MaybeNumber[]): string {
  return shares
    .map((share) => (isKnown(share) ? String(Math.round(share * 1000) / 10) : MISSING))
    .join(' / ');
}

/** `1 visitor`, `2 visitors`: the count with the right form of its noun. */
export function formatQuantity(count: number, singular: string, plural = `${singular}s`): string {
  return `${formatCount(count)} ${count === 1 ? singular : plural}`;
}
