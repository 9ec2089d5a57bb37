import type { Interval, OpenInterval } from '../api/types.ts';

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

/** A ratio as a percentage with its sign (`+12.3%`, `−4.0%`), or an en dash. Zero after rounding has no sign. */
export function formatSignedRate(ratio: MaybeNumber, decimals = 1): string {
  const points = formatPointDifference(ratio, 0, decimals);
  return points === MISSING ? MISSING : `${points}%`;
}

/**
 * A range whose ends may be missing, as signed percentages: `+13.0% to +42.1%`, `above +4.0%`, `below +9.0%`. Without
 * any end it is an en dash: nothing is known yet.
 */
export function formatOpenInterval(interval: OpenInterval | null | undefined, decimals = 1): string {
  const low = interval?.low;
  const high = interval?.high;
  if (isKnown(low) && isKnown(high)) {
    return `${formatSignedRate(low, decimals)} to ${formatSignedRate(high, decimals)}`;
  }
  if (isKnown(low)) {
    return `above ${formatSignedRate(low, decimals)}`;
  }
  return isKnown(high) ? `below ${formatSignedRate(high, decimals)}` : MISSING;
}

/** A probability as a percentage that never rounds to certainty: `94.2%`, `> 99.9%`, `< 0.1%`, or an en dash. */
export function formatChance(chance: MaybeNumber): string {
  if (!isKnown(chance)) {
    return MISSING;
  }
  if (chance > 0.999) {
    return '> 99.9%';
  }
  return chance < 0.001 ? '< 0.1%' : formatRate(chance, 1);
}

/** A p-value with as many decimals as it deserves: `0.42`, `0.013`, `0.0004`, `< 0.0001`, or an en dash. */
export function formatPValue(value: MaybeNumber): string {
  if (!isKnown(value)) {
    return MISSING;
  }
  if (value < 0.0001) {
    return '< 0.0001';
  }
  return value.toFixed(value < 0.001 ? 4 : value < 0.1 ? 3 : 2);
}
