import { describe, expect, it } from 'vitest';
import { group, NOTHING, others, usageReport } from './usageFixture.ts';
import { usageSeries, type UsageView } from './usageSeries.ts';

const REPORT = usageReport({
  totals: {
    ...NOTHING,
    calls: 13,
    answered: 9,
    failed: 3,
    refused: 1,
    all_tokens: 700,
    cost_micros: 2_500_000,
    p50_ms: 400,
    p95_ms: 900,
  },
  workspaces: [
    group('acme', { calls: 8, failed: 2, refused: 1, all_tokens: 600, cost_micros: 2_000_000, p95_ms: 800 }),
    group('-', { calls: 3, all_tokens: 80, cost_micros: 500_000, p95_ms: 1_200 }),
    { name: 'tiny', totals: { ...NOTHING, calls: 1 }, points: null },
    { name: 'small', totals: { ...NOTHING, calls: 1 }, points: null },
  ],
  others: {
    tasks: null,
    models: null,
    workspaces: others(2, { calls: 2, failed: 1, all_tokens: 20 }),
    callers: null,
  },
});

function lines(view: UsageView, by: 'all' | 'workspace') {
  return usageSeries(REPORT, view, by).parts.map(({ label, values }) => [label, ...values]);
}

describe('usage over time', () => {
  it('tells how calls went, without endings that never came', () => {
    expect(lines('calls', 'all')).toEqual([
      ['Answered', 0, 9],
      ['Refused', 0, 1],
      ['Failed', 0, 3],
    ]);
    expect(lines('errors', 'all')).toEqual([
      ['Failed', 0, 3],
      ['Refused', 0, 1],
    ]);
    expect(usageSeries(REPORT, 'calls', 'all').steps).toEqual(['Nov 24', 'Nov 25']);
  });

  it('compares the groups with points, and the others together', () => {
    expect(lines('calls', 'workspace')).toEqual([
      ['acme', 0, 8],
      ['No workspace', 0, 3],
      ['Others (2)', 0, 2],
    ]);
    expect(lines('tokens', 'workspace').map((line) => line[2])).toEqual([600, 80, 20]);
    expect(lines('cost', 'workspace')).toEqual([
      ['acme', 0, 2],
      ['No workspace', 0, 0.5],
    ]);
    expect(lines('errors', 'workspace')).toEqual([
      ['acme', 0, 3],
      ['Others (2)', 0, 1],
    ]);
  });

  it('adds up to the same numbers however it is told apart', () => {
    for (const view of ['calls', 'cost', 'errors'] as const) {
      const sums = (['all', 'workspace'] as const).map((by) =>
        usageSeries(REPORT, view, by).parts.reduce((sum, part) => sum + (part.values[1] ?? 0), 0),
      );
      expect(sums[1], view).toBe(sums[0]);
    }
  });

  it('draws durations as lines with gaps, and stacks the rest', () => {
    expect(usageSeries(REPORT, 'duration', 'workspace').stacked).toBe(false);
    expect(lines('duration', 'workspace')).toEqual([
      ['acme', null, 800],
      ['No workspace', null, 1_200],
    ]);
    expect(usageSeries(REPORT, 'errors', 'workspace').stacked).toBe(true);
  });

  it('keeps the colour of a group in every view, and gives every part an id of its own', () => {
    const report = {
      ...REPORT,
      workspaces: [
        group('quiet', { calls: 9 }),
        group('others', { calls: 1, cost_micros: 5 }),
        ...REPORT.workspaces.slice(2),
      ],
    };
    const calls = usageSeries(report, 'calls', 'workspace').parts;
    expect(calls.map(({ color }) => color)).toEqual(['--variant-1', '--variant-2', '--border-control']);
    expect(new Set(calls.map(({ id }) => id)).size).toBe(3);
    expect(usageSeries(report, 'cost', 'workspace').parts.map(({ color }) => color)).toEqual(['--variant-2']);
  });

  it('shows all parts when there is nothing anywhere, and none without groups', () => {
    const empty = usageReport({ models: [group('m', {})] });
    expect(usageSeries(empty, 'cost', 'model').parts.map(({ label }) => label)).toEqual(['m']);
    expect(usageSeries(empty, 'cost', 'task').parts).toEqual([]);
  });
});
