import { describe, expect, it } from 'vitest';
import { experimentFixture } from './experimentFixture.ts';
import { timelineSeries } from './timelineSeries.ts';

const POINT = {
  at: '2026-11-22T19:00:00Z',
  variants: {
    A: { exposures: 40, events: 9, converters: 8 },
    B: { exposures: 0, events: 0, converters: 0 },
  },
};

describe('timelineSeries', () => {
  it('gives one line per variant with converters over exposures', () => {
    const series = timelineSeries(experimentFixture({ timeline: { grain: 'hour', points: [POINT] } }));

    expect(series.buckets).toEqual(['2026-11-22T19:00:00Z']);
    expect(series.lines.map((line) => [line.letter, line.points[0]?.rate])).toEqual([
      ['A', 0.2],
      ['B', null],
    ]);
  });

  it('leaves a gap where a variant is absent from a bucket', () => {
    const later = {
      at: '2026-11-22T20:00:00Z',
      variants: { A: { exposures: 50, events: 9, converters: 10 } },
    };
    const series = timelineSeries(experimentFixture({ timeline: { grain: 'hour', points: [POINT, later] } }));

    expect(series.lines[1]?.points[1]).toEqual({ at: later.at, rate: null, counts: null });
    expect(series.lines[0]?.points[1]?.rate).toBe(0.2);
  });

  it('is empty for an experiment without a timeline', () => {
    const series = timelineSeries(experimentFixture());

    expect(series.buckets).toEqual([]);
    expect(series.lines.every((line) => line.points.length === 0)).toBe(true);
  });
});
