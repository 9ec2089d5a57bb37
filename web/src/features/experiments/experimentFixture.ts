import type { Comparison, ExperimentResult, MetricResult } from '../../api/types.ts';

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
    health: {
      false_variants: 0,
      early_events: 0,
      several_variants: 0,
      stopped_events: 0,
      late_events: 0,
      unknown_events: 0,
      bots: 0,
      joined_visitors: 0,
    },
    verdict: {
      decision: 'keep_running',
      variant: null,
      decided_at: null,
      sentence: 'Too few conversions to tell the variants apart. Keep running.',
      guardrails_harmed: [],
    },
    comparisons: { B: comparisonFixture() },
    metrics: [],
    guardrails: [],
    sample_ratio: {
      status: 'ok',
      p_value: 1,
      found_at: null,
      observed: { A: 100, B: 0 },
      expected: { A: 50, B: 50 },
    },
    progress: {
      visitors_per_day: null,
      planned_visitors: null,
      needed_visitors: null,
      days_to_decision: null,
    },
    compared: { A: { exposures: 100, converters: 15 }, B: { exposures: 0, converters: 0 } },
    practical_margin: 0.01,
    conversion_window_seconds: null,
    ...changes,
  };
}

/** A metric of which nothing is known yet. */
export function metricFixture(changes: Partial<MetricResult> = {}): MetricResult {
  const nobody = { visitors: 0, converters: 0, total: 0, mean: null, interval: null };
  return {
    name: 'revenue',
    event: 'purchase',
    kind: 'value',
    direction: 'increase',
    cap: 500,
    window_seconds: 604_800,
    counted_from: null,
    exact: false,
    variants: { A: nobody, B: nobody },
    comparisons: {
      B: {
        decision: 'keep_running',
        decided_at: null,
        lift: null,
        lift_interval: null,
        difference: null,
        difference_interval: null,
        p_value: 1,
        adjusted_p_value: 1,
      },
    },
    ...changes,
  };
}

/** A comparison of which nothing is known yet. */
export function comparisonFixture(changes: Partial<Comparison> = {}): Comparison {
  return {
    decision: 'keep_running',
    decided_at: null,
    lift: null,
    lift_interval: null,
    p_value: 1,
    adjusted_p_value: 1,
    difference: null,
    difference_interval: null,
    bayesian: null,
    ...changes,
  };
}
