import type { AiUsageGroup, AiUsageGroupPoints, AiUsageReport, AiUsageTotals } from '../../api/types.ts';

/** No calls. */
export const NOTHING: AiUsageTotals = {
  calls: 0,
  answered: 0,
  refused: 0,
  failed: 0,
  left: 0,
  input_tokens: 0,
  output_tokens: 0,
  cache_read_tokens: 0,
  cache_write_tokens: 0,
  estimated_tokens: 0,
  all_tokens: 0,
  cost_micros: 0,
  calls_without_price: 0,
  p50_ms: null,
  p95_ms: null,
};

/** Two points: nothing, then the calls of `totals`. */
function pointsOf(totals: AiUsageTotals): AiUsageGroupPoints {
  return {
    calls: [0, totals.calls],
    refused: [0, totals.refused],
    failed: [0, totals.failed],
    all_tokens: [0, totals.all_tokens],
    cost_micros: [0, totals.cost_micros],
    calls_without_price: [0, totals.calls_without_price],
    p50_ms: [null, totals.p50_ms ?? null],
    p95_ms: [null, totals.p95_ms ?? null],
  };
}

/** A group with some calls, all on the second day. */
export function group(name: string, some: Partial<AiUsageTotals>): AiUsageGroup {
  const totals = { ...NOTHING, ...some };
  return { name, totals, points: pointsOf(totals) };
}

/** A report of two days, with calls on the second one only: `totals` must be what the groups of each kind add up to. */
export function usageReport(changed: Partial<AiUsageReport>): AiUsageReport {
  const totals = changed.totals ?? NOTHING;
  return {
    from: '2026-11-24T13:00:00Z',
    to: '2026-11-25T13:00:00Z',
    filter: { task: null, model: null, workspace: null, caller: null },
    collected_at: '2026-11-25T12:59:00Z',
    interval: 'day',
    totals,
    points: [
      { start: '2026-11-24T00:00:00Z', totals: NOTHING },
      { start: '2026-11-25T00:00:00Z', totals },
    ],
    tasks: [],
    models: [],
    workspaces: [],
    callers: [],
    others: { tasks: null, models: null, workspaces: null, callers: null },
    ...changed,
  };
}

/** The groups that have no points of their own, with some calls on the second day. */
export function others(groups: number, some: Partial<AiUsageTotals>) {
  return { groups, points: pointsOf({ ...NOTHING, ...some }) };
}
