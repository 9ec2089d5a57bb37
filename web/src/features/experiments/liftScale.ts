import type { OpenInterval } from '../../api/types.ts';

/** A stretch of lifts with its marks. */
export interface LiftScale {
  low: number;
  high: number;
  /** Evenly spaced, ascending, 0 among them. */
  ticks: number[];
}

/** What a scale has to make room for. */
export interface LiftReading {
  lift: number | null | undefined;
  interval: OpenInterval | null | undefined;
}

/** No variant can convert less than nobody. */
const LOWEST = -1;
const STEPS = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5, 1, 2, 5, 10, 20, 50, 100];
const MOST_TICKS = 6;

/**
 * A scale around 0 for some lifts. Far ends of wide intervals are cut off, so that the lifts themselves stay readable
 * while little is known: whoever draws them marks a cut end.
 */
export function liftScale(readings: readonly LiftReading[], margin: number): LiftScale {
  const lifts = readings.flatMap(({ lift }) => (isNumber(lift) ? [lift] : []));
  const ends = readings.flatMap(({ interval }) => [interval?.low, interval?.high].filter(isNumber));
  const furthest = Math.max(margin * 3, ...lifts.map(Math.abs));
  const room = Math.max(0.1, furthest * 3);
  const high = Math.min(room, Math.max(furthest * 0.25, margin * 3, ...lifts, ...ends));
  const low = Math.max(LOWEST, -room, Math.min(-furthest * 0.25, -margin * 3, ...lifts, ...ends));
  return roundScale(low, high);
}

/** The narrowest scale with round marks that holds both ends. */
export function roundScale(low: number, high: number): LiftScale {
  const marks = (step: number) => Math.ceil(tidy(high / step)) - Math.floor(tidy(low / step)) + 1;
  const step = STEPS.find((candidate) => marks(candidate) <= MOST_TICKS) ?? 1000;
  const first = Math.max(Math.floor(tidy(low / step)), Math.ceil(LOWEST / step));
  const last = Math.ceil(tidy(high / step));
  const ticks = Array.from({ length: last - first + 1 }, (_, index) => tidy((first + index) * step));
  const start = Math.max(LOWEST, tidy(Math.floor(tidy(low / step)) * step));
  return { low: start, high: tidy(last * step), ticks };
}

/** Place of a lift on the scale, 0 at its low and 1 at its high end; outside values stay outside. */
export function placeOn(scale: LiftScale, lift: number): number {
  return (lift - scale.low) / (scale.high - scale.low);
}

function isNumber(value: number | null | undefined): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

/** Takes away what binary fractions leave: 3 × 0.1 is 0.3. */
function tidy(value: number): number {
  return Math.round(value * 1e9) / 1e9;
}
