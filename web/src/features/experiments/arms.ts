import type { ExperimentResult, VariantResult } from '../../api/types.ts';

/** One variant of an experiment with everything its table row and its line in the chart need. */
export interface Arm {
  letter: string;
  label: string;
  control: boolean;
  /** Place among the variants, control first: decides colour and point shape. */
  place: number;
  share: number | null;
  result: VariantResult | null;
}

/** The variants of an experiment, the control first, then by letter. A variant without numbers keeps its place. */
export function listArms(experiment: ExperimentResult): Arm[] {
  const letters = Object.keys(experiment.variants).sort(
    (one, other) =>
      Number(other === experiment.control) - Number(one === experiment.control) || one.localeCompare(other),
  );
  return letters.map((letter, place) => ({
    letter,
    label: experiment.variants[letter] ?? letter,
    control: letter === experiment.control,
    place,
    share: experiment.shares[letter] ?? null,
    result: experiment.results[letter] ?? null,
  }));
}

/** A rate of a variant, or null while nobody has seen it: 0 of 0 is not 0 %. */
export function rateOf(arm: Arm, rate: 'conversion_rate' | 'unique_conversion_rate'): number | null {
  return arm.result && arm.result.exposures > 0 ? arm.result[rate] : null;
}

/** True once any variant of the experiment was seen by somebody. */
export function hasVisitors(experiment: ExperimentResult): boolean {
  return Object.values(experiment.results).some((result) => result.exposures > 0);
}

/**
 * Upper end of the scale on which the intervals of one experiment are drawn: the next round share above all of them,
 * so that the bars of its variants can be compared by eye. Null while nobody has seen any variant.
 */
export function intervalScale(arms: readonly Arm[]): number | null {
  if (!arms.some((arm) => arm.result && arm.result.exposures > 0)) {
    return null;
  }
  const highest = Math.max(
    0,
    ...arms.map(
      (arm) =>
        arm.result?.unique_conversion_rate_interval?.high ?? rateOf(arm, 'unique_conversion_rate') ?? 0,
    ),
  );
  const steps = [0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.8, 1];
  return steps.find((step) => step >= highest) ?? 1;
}

/** Sums over experiments for the headline numbers. Null when there is no experiment to sum over. */
export function sumResults(
  experiments: readonly ExperimentResult[],
  field: 'exposures' | 'events' | 'converters',
): number | null {
  const results = experiments.flatMap((experiment) => Object.values(experiment.results));
  return results.length === 0 ? null : results.reduce((sum, result) => sum + result[field], 0);
}
