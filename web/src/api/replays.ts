import { request } from './client.ts';
import type { ReplayLooksResponse, ReplaySeries, ReplaysResponse } from './types.ts';

/** What every imported series says, for administrators. */
export function fetchReplays(signal: AbortSignal): Promise<ReplaysResponse> {
  return request('/api/experiments/replays', { signal });
}

/** Every look of one imported series, for administrators. */
export function fetchReplayLooks(series: ReplaySeries, signal: AbortSignal): Promise<ReplayLooksResponse> {
  const { source, experiment_id, variant_id, metric_id } = series;
  const query = new URLSearchParams({ source, experiment_id, variant_id, metric_id });
  return request(`/api/experiments/replays/looks?${query.toString()}`, { signal });
}
