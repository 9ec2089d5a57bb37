import type { HistorySeries } from './historySeries.ts';
import { roundScale } from './liftScale.ts';

/** Ends of the vertical axis and the distance of its marks. */
export interface HistoryScale {
  low: number;
  high: number;
  step: number;
}

/**
 * The axis of a history. It is made for the later half of the steps: bands begin enormously wide, and an axis that held
 * all of them would press everything worth seeing into one line. Early bands run out of the picture.
 */
export function historyScale({ view, lines }: HistorySeries): HistoryScale {
  const late = lines.flatMap((line) => line.spots.slice(Math.floor(line.spots.length / 2)));
  const values = lines.flatMap((line) => line.spots.flatMap((spot) => spot.value ?? []));
  const highs = late.flatMap((spot) => spot.high ?? []);
  const lows = late.flatMap((spot) => spot.low ?? []);
  if (view === 'rate') {
    const high = Math.min(1, Math.max(0.01, ...values, ...highs));
    return ends(0, high, 1);
  }
  const room = Math.max(0.2, ...values.map((value) => Math.abs(value) * 4));
  const high = Math.max(0.05, Math.min(room, Math.max(...values, ...highs)));
  const low = Math.min(-0.05, Math.max(-1, -room, Math.min(...values, ...lows)));
  return ends(low, high, Number.POSITIVE_INFINITY);
}

function ends(low: number, high: number, highest: number): HistoryScale {
  const scale = roundScale(low, high);
  const [first = 0, second = scale.high] = scale.ticks;
  return { low: scale.low, high: Math.min(highest, scale.high), step: second - first };
}
