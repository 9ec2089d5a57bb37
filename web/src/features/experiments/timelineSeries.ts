import type { ExperimentResult, TimelineCounts } from '../../api/types.ts';
import { listArms } from './arms.ts';

/** One point of a line: when, and the unique rate reached by then. */
export interface SeriesPoint {
  at: string;
  /** Null while nobody had seen the variant: the line has a gap there instead of a false 0. */
  rate: number | null;
  counts: TimelineCounts | null;
}

/** The line of one variant. */
export interface Series {
  letter: string;
  label: string;
  place: number;
  points: SeriesPoint[];
}

/** What the chart of an experiment draws; both the picture and its table are made from it. */
export interface TimelineSeries {
  grain: 'hour' | 'day';
  /** The buckets, ascending. */
  buckets: string[];
  lines: Series[];
}

/** Turns the cumulative counts of an experiment into one line of unique conversion rates per variant. */
export function timelineSeries(experiment: ExperimentResult): TimelineSeries {
  const { grain, points } = experiment.timeline;
  return {
    grain,
    buckets: points.map((point) => point.at),
    lines: listArms(experiment).map(({ letter, label, place }) => ({
      letter,
      label,
      place,
      points: points.map(({ at, variants }) => {
        const counts = variants[letter] ?? null;
        return {
          at,
          counts,
          rate: counts && counts.exposures > 0 ? counts.converters / counts.exposures : null,
        };
      }),
    })),
  };
}
