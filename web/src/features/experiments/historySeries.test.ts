import { describe, expect, it } from 'vitest';
import type { ExperimentHistory } from '../../api/types.ts';
import { listArms } from './arms.ts';
import { experimentFixture } from './experimentFixture.ts';
import { historyScale } from './historyScale.ts';
import { historySeries } from './historySeries.ts';
import { spotWords } from './spotWords.ts';

const NOBODY = { exposures: 0, converters: 0, unique_conversion_rate: null, interval: null };
const HISTORY: ExperimentHistory = {
  success: true,
  test_id: 'kpi_scorecard_layout',
  grain: 'day',
  points: [
    {
      at: '2026-11-21T00:00:00Z',
      variants: {
        A: { exposures: 40, converters: 8, unique_conversion_rate: 0.2, interval: { low: 0, high: 0.7 } },
        B: NOBODY,
      },
      comparisons: { B: { lift: null, lift_interval: null, adjusted_p_value: 1 } },
    },
    {
      at: '2026-11-22T00:00:00Z',
      variants: {
        A: { exposures: 80, converters: 16, unique_conversion_rate: 0.2, interval: { low: 0.1, high: 0.3 } },
        B: { exposures: 80, converters: 20, unique_conversion_rate: 0.25, interval: { low: 0.1, high: 0.4 } },
      },
      comparisons: { B: { lift: 0.25, lift_interval: { low: -0.4, high: null }, adjusted_p_value: 0.6 } },
    },
  ],
};
const ARMS = listArms(experimentFixture());

describe('historySeries', () => {
  it('gives lifts of the treatments, with a gap where nothing is known', () => {
    const series = historySeries(HISTORY, ARMS, 'lift');

    expect(series.lines.map((line) => line.letter)).toEqual(['B']);
    expect(series.lines[0]?.spots.map((spot) => [spot.value, spot.bounded, spot.low, spot.high])).toEqual([
      [null, false, null, null],
      [0.25, true, -0.4, null],
    ]);
  });

  it('gives rates of every variant', () => {
    const series = historySeries(HISTORY, ARMS, 'rate');

    expect(series.lines.map((line) => line.spots.map((spot) => spot.value))).toEqual([
      [0.2, 0.2],
      [null, 0.25],
    ]);
  });
});

describe('historyScale', () => {
  it('is made for the later steps and holds zero', () => {
    const lift = historyScale(historySeries(HISTORY, ARMS, 'lift'));
    const rate = historyScale(historySeries(HISTORY, ARMS, 'rate'));

    expect(lift.low).toBeLessThanOrEqual(-0.4);
    expect(lift.high).toBeGreaterThanOrEqual(0.25);
    expect(rate.low).toBe(0);
    expect(rate.high).toBeLessThan(0.7);
  });

  it('stands for a history of nothing', () => {
    const empty = historySeries({ ...HISTORY, points: [] }, ARMS, 'lift');

    expect(historyScale(empty).high).toBeGreaterThan(0);
  });
});

it('puts a step into words', () => {
  const [line] = historySeries(HISTORY, ARMS, 'lift').lines;

  expect(spotWords(line?.spots[0], 'lift')).toEqual({ value: '–', interval: '–' });
  expect(spotWords(line?.spots[1], 'lift')).toEqual({ value: '+25.0%', interval: 'above −40.0%' });
});
