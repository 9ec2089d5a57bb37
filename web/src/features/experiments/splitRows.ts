import type { ExperimentResult } from '../../api/types.ts';
import { formatCount, formatRate } from '../../design/numbers.ts';
import { listArms } from './arms.ts';

/** Observed and expected visitors of one variant, in words. */
export interface SplitRow {
  letter: string;
  label: string;
  place: number;
  observed: string;
  expected: string;
  /** Observed share of all visitors. */
  share: string;
}

/** How visitors came to the variants, beside what the design lets expect; the control first. */
export function splitRows(experiment: ExperimentResult): SplitRow[] {
  const { observed, expected } = experiment.sample_ratio;
  const all = Object.values(observed).reduce((sum, count) => sum + count, 0);
  return listArms(experiment).map(({ letter, label, place }) => ({
    letter,
    label,
    place,
    observed: formatCount(observed[letter]),
    expected: formatCount(expected[letter]),
    share: formatRate(all > 0 ? (observed[letter] ?? 0) / all : null, 1),
  }));
}
