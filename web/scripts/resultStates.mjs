// States of the results page that a healthy server with data does not show by itself: its answers are changed on the way.

const EMPTY = {
  exposures: 0,
  events: 0,
  conversion_rate: 0,
  converters: 0,
  unique_conversion_rate: 0,
  unique_conversion_rate_interval: null,
};
const UNKNOWN = {
  decision: 'keep_running',
  decided_at: null,
  lift: null,
  lift_interval: null,
  p_value: 1,
  adjusted_p_value: 1,
  difference: null,
  difference_interval: null,
  bayesian: null,
};

/** Nobody has come yet. */
export function empty(results) {
  results.total_exposures = 0;
  results.total_events = 0;
  for (const experiment of results.experiments) {
    experiment.timeline.points = [];
    for (const letter of Object.keys(experiment.results)) {
      experiment.results[letter] = EMPTY;
      experiment.compared[letter] = { exposures: 0, converters: 0 };
      experiment.sample_ratio.observed[letter] = 0;
      experiment.sample_ratio.expected[letter] = 0;
    }
    experiment.comparisons = { B: UNKNOWN };
    Object.assign(experiment.progress, {
      visitors_per_day: null,
      needed_visitors: null,
      days_to_decision: null,
    });
    experiment.verdict = {
      guardrails_harmed: [],
      decision: 'keep_running',
      variant: null,
      decided_at: null,
      sentence: 'Too few conversions to tell the variants apart. Keep running.',
    };
  }
}

/** One visitor has come, to the control. */
export function first(results) {
  empty(results);
  results.total_exposures = 1;
  const [experiment] = results.experiments;
  experiment.results.A = { ...EMPTY, exposures: 1, unique_conversion_rate_interval: { low: 0, high: 0.793 } };
  experiment.compared.A = { exposures: 1, converters: 0 };
  experiment.sample_ratio.observed.A = 1;
  experiment.sample_ratio.expected = { A: 0.5, B: 0.5 };
}

/** The file of experiments and the writer are in trouble. */
export function broken(results) {
  results.health.definitions.status = 'error';
  results.health.definitions.problem = {
    detail:
      'the last good version stays in use: experiment `guided_onboarding`: `variants` must have 2 to 20 entries, found 1',
    errors: [
      {
        pointer: '/experiments/1/variants',
        detail: 'experiment `guided_onboarding`: `variants` must have 2 to 20 entries, found 1',
      },
      {
        pointer: '/experiments/2/traffic',
        detail: 'experiment `pricing_cta_upgrade`: `traffic` must be a share of the visitors from 0 to 1',
      },
    ],
  };
  results.health.writer.status = 'degraded';
  results.health.writer.last_error = 'the database cannot be reached';
  results.health.mirror.status = 'catching_up';
}

/** Other answers than the one a simulation leads to: open, broken, and three variants of which one is worse. */
export function verdicts(results) {
  const [open, split, several] = results.experiments;
  open.verdict = {
    guardrails_harmed: [],
    decision: 'keep_running',
    variant: null,
    decided_at: null,
    sentence:
      'The difference can still be chance: B against A, the lift is between −4.1% and +28.4%. Keep running.',
  };
  open.comparisons.B = {
    ...UNKNOWN,
    lift: 0.114,
    lift_interval: { low: -0.041, high: 0.284 },
    p_value: 0.31,
    adjusted_p_value: 0.31,
    difference: 0.0138,
    difference_interval: { low: -0.006, high: 0.034 },
    bayesian: {
      chance_to_beat_control: 0.962,
      expected_loss: 0.0001,
      lift_interval: { low: -0.01, high: 0.25 },
    },
  };
  open.progress = {
    visitors_per_day: 842.4,
    planned_visitors: 24_000,
    needed_visitors: 18_400,
    days_to_decision: 11.3,
  };
  open.compared = { A: { exposures: 4_412, converters: 534 }, B: { exposures: 4_398, converters: 593 } };
  open.conversion_window_seconds = 604_800;
  open.results.A.exposures = 5_100;
  open.results.B.exposures = 5_060;

  split.verdict = {
    guardrails_harmed: [],
    decision: 'broken',
    variant: null,
    decided_at: results.generated_at,
    sentence:
      'Visitors did not come to the variants in the designed shares, so the rates cannot be compared. Find out what loses or repeats visitors of one variant before reading on.',
  };
  split.sample_ratio = {
    status: 'mismatch',
    p_value: 0.00002,
    found_at: results.generated_at,
    observed: { A: 3_812, B: 3_106 },
    expected: { A: 3_459, B: 3_459 },
  };
  Object.assign(split.health, { several_variants: 31, early_events: 4, unknown_events: 212, bots: 1_204 });

  several.variants = { A: 'standard_cta', B: 'value_cta', C: 'a rather long label for a variant' };
  several.shares = { A: 0.34, B: 0.33, C: 0.33 };
  several.results.C = { ...several.results.A, converters: 41, unique_conversion_rate: 0.126 };
  several.comparisons.C = {
    ...UNKNOWN,
    decision: 'worse',
    decided_at: results.generated_at,
    lift: -0.24,
    lift_interval: { low: -0.61, high: -0.02 },
    p_value: 0.004,
    adjusted_p_value: 0.008,
    difference: -0.04,
    difference_interval: { low: -0.09, high: -0.001 },
    bayesian: {
      chance_to_beat_control: 0.0004,
      expected_loss: 0.04,
      lift_interval: { low: -0.5, high: -0.05 },
    },
  };
  several.comparisons.B.lift_interval = { low: 0.06, high: null };

  open.metrics = [
    metric(
      { name: 'revenue', event: 'purchase', kind: 'value', cap: 500, window_seconds: 604_800 },
      12.31,
      13.98,
      'better',
    ),
    metric(
      { name: 'kpi_click', event: 'kpi_click', kind: 'count', cap: 100, window_seconds: 604_800 },
      1.72,
      1.69,
      'keep_running',
    ),
  ];
  open.guardrails = [
    metric(
      {
        name: 'refund',
        event: 'refund',
        kind: 'conversion',
        direction: 'decrease',
        cap: null,
        window_seconds: null,
      },
      0.0312,
      0.0468,
      'worse',
    ),
    metric(
      {
        name: 'page_errors',
        event: 'page_error',
        kind: 'count',
        direction: 'decrease',
        cap: 100,
        window_seconds: 86_400,
      },
      0.21,
      0.2,
      'keep_running',
    ),
  ];
  open.verdict.guardrails_harmed = ['refund'];
  several.guardrails = [
    {
      ...metric(
        { name: 'unsubscribe', event: 'unsubscribe', kind: 'conversion', direction: 'decrease', cap: null },
        null,
        null,
        'keep_running',
      ),
      counted_from: results.generated_at,
    },
  ];
}

/** A metric with these means; without means nobody is counted yet. */
function metric(fields, control, treatment, decision) {
  const arm = (mean) =>
    mean === null
      ? { visitors: 0, converters: 0, total: 0, mean, interval: null }
      : { visitors: 4_400, converters: 900, total: mean * 4_400, mean, interval: null };
  const lift = control === null ? null : treatment / control - 1;
  const known = lift === null ? null : { low: lift - 0.08, high: lift + 0.09 };
  const p_value = decision === 'keep_running' ? 0.64 : 0.0008;
  return {
    direction: 'increase',
    window_seconds: null,
    counted_from: null,
    exact: fields.kind === 'conversion',
    ...fields,
    variants: { A: arm(control), B: arm(treatment) },
    comparisons: {
      B: {
        decision,
        decided_at: null,
        lift,
        lift_interval: known,
        difference: control === null ? null : treatment - control,
        difference_interval: null,
        p_value,
        adjusted_p_value: fields.direction === 'decrease' ? null : Math.min(1, p_value * 3),
      },
    },
  };
}

/** Four weeks in which the interval narrows, for the experiment that is asked about. */
export function longHistory(testId, days = 28) {
  const start = Date.UTC(2026, 9, 24);
  const points = Array.from({ length: days }, (_, day) => {
    const visitors = 160 * (day + 1);
    const wobble = Math.sin(day * 1.7) / (day + 2);
    const rates = { A: 0.152 + wobble * 0.04, B: 0.174 - wobble * 0.05 };
    const reach = 1.9 / Math.sqrt(visitors);
    const lift = rates.B / rates.A - 1;
    const width = reach * 6;
    return {
      at: new Date(start + day * 86_400_000).toISOString(),
      variants: Object.fromEntries(
        Object.entries(rates).map(([letter, rate]) => [
          letter,
          {
            exposures: visitors,
            converters: Math.round(visitors * rate),
            unique_conversion_rate: rate,
            interval: { low: Math.max(0, rate - reach), high: Math.min(1, rate + reach) },
          },
        ]),
      ),
      comparisons: {
        B: {
          lift,
          lift_interval: { low: Math.max(-1, lift - width), high: day < 2 ? null : lift + width * 1.3 },
          adjusted_p_value: Math.min(1, 0.9 / (day + 1)),
        },
      },
    };
  });
  return { success: true, test_id: testId, grain: 'day', points };
}
