import type { ExperimentHistory, HistoryGrain } from '../../api/types.ts';
import type { Arm } from './arms.ts';

/** What of the history is looked at: lifts against the control, or the rate of each variant. */
export type HistoryView = 'lift' | 'rate';

/** One step of a line: the value reached by its end, and between which bounds the true one can be. */
export interface HistorySpot {
  /** Null while it is not known: the line has a gap there instead of a false 0. */
  value: number | null;
  /** False while there is no interval at all. */
  bounded: boolean;
  /** Null where there is no bound. */
  low: number | null;
  high: number | null;
  /** What the value is made of; only for rates. */
  counts: { converters: number; exposures: number } | null;
}

/** The line of one variant. */
export interface HistoryLine {
  letter: string;
  label: string;
  place: number;
  spots: HistorySpot[];
}

/** What the chart draws and the table lists. */
export interface HistorySeries {
  view: HistoryView;
  grain: HistoryGrain;
  /** Beginnings of the steps, ascending. */
  steps: string[];
  lines: HistoryLine[];
}

/** Turns a history into one line per variant, or for lifts per variant beside the control. */
export function historySeries(
  history: ExperimentHistory,
  arms: readonly Arm[],
  view: HistoryView,
): HistorySeries {
  const shown = view === 'lift' ? arms.filter((arm) => !arm.control) : arms;
  return {
    view,
    grain: history.grain,
    steps: history.points.map((point) => point.at),
    lines: shown.map(({ letter, label, place }) => ({
      letter,
      label,
      place,
      spots: history.points.map((point) =>
        view === 'lift' ? liftSpot(point.comparisons[letter]) : rateSpot(point.variants[letter]),
      ),
    })),
  };
}

type Point = ExperimentHistory['points'][number];

function liftSpot(comparison: Point['comparisons'][string] | undefined): HistorySpot {
  const interval = comparison?.lift_interval;
  return {
    value: comparison?.lift ?? null,
    bounded: interval !== null && interval !== undefined,
    low: interval?.low ?? null,
    high: interval?.high ?? null,
    counts: null,
  };
}

function rateSpot(rate: Point['variants'][string] | undefined): HistorySpot {
  const interval = rate?.interval;
  return {
    value: rate?.unique_conversion_rate ?? null,
    bounded: interval !== null && interval !== undefined,
    low: interval?.low ?? null,
    high: interval?.high ?? null,
    counts: rate ? { converters: rate.converters, exposures: rate.exposures } : null,
  };
}
