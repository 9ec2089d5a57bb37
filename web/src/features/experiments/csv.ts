import type { ResultsResponse } from '../../api/types.ts';
import { listArms, rateOf } from './arms.ts';

type Cell = string | number | null | undefined;

const COLUMNS = [
  'test_id',
  'status',
  'verdict',
  'verdict_variant',
  'verdict_decided_at',
  'variant',
  'label',
  'is_control',
  'decision',
  'decided_at',
  'exposures',
  'events',
  'conversion_rate',
  'converters',
  'unique_conversion_rate',
  'unique_conversion_rate_low',
  'unique_conversion_rate_high',
  'compared_visitors',
  'compared_converters',
  'lift',
  'lift_low',
  'lift_high',
  'difference',
  'difference_low',
  'difference_high',
  'anytime_p_value',
  'adjusted_anytime_p_value',
  'chance_to_beat_control_bayesian',
  'expected_loss_bayesian',
  'guardrails_harmed',
  'sample_ratio_status',
  'sample_ratio_expected',
  'generated_at',
] as const;

/**
 * The shown results as comma-separated values (RFC 4180), one line per variant. Ratios are plain numbers, so that a
 * spreadsheet can go on computing; what is not known is an empty cell, never 0.
 */
export function resultsCsv(results: ResultsResponse): string {
  const lines = results.experiments.flatMap((experiment) =>
    listArms(experiment).map((arm): Record<(typeof COLUMNS)[number], Cell> => {
      const comparison = arm.control ? undefined : experiment.comparisons[arm.letter];
      const seen = arm.result !== null && arm.result.exposures > 0;
      const interval = seen ? arm.result?.unique_conversion_rate_interval : null;
      return {
        test_id: experiment.test_id,
        status: experiment.status,
        verdict: experiment.verdict.decision,
        verdict_variant: experiment.verdict.variant,
        verdict_decided_at: experiment.verdict.decided_at,
        variant: arm.letter,
        label: arm.label,
        is_control: String(arm.control),
        decision: comparison?.decision,
        decided_at: comparison?.decided_at,
        exposures: arm.result?.exposures,
        events: arm.result?.events,
        conversion_rate: rateOf(arm, 'conversion_rate'),
        converters: arm.result?.converters,
        unique_conversion_rate: rateOf(arm, 'unique_conversion_rate'),
        unique_conversion_rate_low: interval?.low,
        unique_conversion_rate_high: interval?.high,
        compared_visitors: experiment.compared[arm.letter]?.exposures,
        compared_converters: experiment.compared[arm.letter]?.converters,
        lift: comparison?.lift,
        lift_low: comparison?.lift_interval?.low,
        lift_high: comparison?.lift_interval?.high,
        difference: comparison?.difference,
        difference_low: comparison?.difference_interval?.low,
        difference_high: comparison?.difference_interval?.high,
        anytime_p_value: comparison?.p_value,
        adjusted_anytime_p_value: comparison?.adjusted_p_value,
        chance_to_beat_control_bayesian: comparison?.bayesian?.chance_to_beat_control,
        expected_loss_bayesian: comparison?.bayesian?.expected_loss,
        guardrails_harmed: experiment.verdict.guardrails_harmed.join(' '),
        sample_ratio_status: experiment.sample_ratio.status,
        sample_ratio_expected: experiment.sample_ratio.expected[arm.letter],
        generated_at: results.generated_at,
      };
    }),
  );
  const rows: readonly Cell[][] = lines.map((line) => COLUMNS.map((column) => line[column]));
  return [[...COLUMNS], ...rows].map((row) => `${row.map(csvCell).join(',')}\r\n`).join('');
}

/**
 * One cell. A text that a spreadsheet would take for a formula gets a leading apostrophe: ids and labels come from a
 * file that others may edit.
 */
export function csvCell(value: Cell): string {
  if (value === null || value === undefined) {
    return '';
  }
  if (typeof value === 'number') {
    return Number.isFinite(value) ? String(value) : '';
  }
  const safe = /^[=+\-@\t\r\n]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Name of the file, with the minute of the numbers in UTC. */
export function csvFileName(generatedAt: string): string {
  return `dashly-experiments-${generatedAt.slice(0, 16).replace('T', '-').replace(':', '')}.csv`;
}
