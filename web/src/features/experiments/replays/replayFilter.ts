import type { ReplaySeries } from '../../../api/types.ts';

/** Which series are shown. */
export type ReplayFilter = 'all' | 'lost' | 'sequence';

/** Crossed at some look, and not at the last: an answer that was there and is gone. */
export function isLost(series: ReplaySeries): boolean {
  return series.crossed_at_some_look && !series.crossed_at_last_look;
}

/** The series of a filter that a text is part of, the strongest first. */
export function filterSeries(
  series: readonly ReplaySeries[],
  filter: ReplayFilter,
  text: string,
): ReplaySeries[] {
  const wanted = text.trim().toLowerCase();
  return series
    .filter((one) => filter === 'all' || (filter === 'lost' ? isLost(one) : one.sequence_excludes_zero))
    .filter((one) => wanted === '' || one.experiment_id.toLowerCase().includes(wanted))
    .sort((one, other) => other.largest_z - one.largest_z);
}
