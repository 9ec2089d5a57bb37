import type { ReplaySeries } from '../../../api/types.ts';

/** A series in words. */
export function seriesName({ experiment_id, variant_id, metric_id }: ReplaySeries): string {
  return `Experiment ${experiment_id}, variant ${variant_id}, metric ${metric_id}`;
}
