import type { ExperimentResult } from '../../api/types.ts';

/** A small running experiment for unit tests. */
export function experimentFixture(changes: Partial<ExperimentResult> = {}): ExperimentResult {
  return {
    test_id: 'kpi_scorecard_layout',
    description: 'Compact or expanded scorecards',
    target_event: 'kpi_click',
    status: 'running',
    control: 'A',
    variants: { A: 'compact', B: 'expanded' },
    shares: { A: 0.5, B: 0.5 },
    results: {
      A: {
        exposures: 100,
        events: 20,
        conversion_rate: 0.2,
        converters: 15,
        unique_conversion_rate: 0.15,
        unique_conversion_rate_interval: { low: 0.093, high: 0.233 },
      },
      B: {
        exposures: 0,
        events: 0,
        conversion_rate: 0,
        converters: 0,
        unique_conversion_rate: 0,
        unique_conversion_rate_interval: null,
      },
    },
    timeline: { grain: 'hour', points: [] },
    health: { false_variants: 0, early_events: 0, several_variants: 0, stopped_events: 0 },
    ...changes,
  };
}
