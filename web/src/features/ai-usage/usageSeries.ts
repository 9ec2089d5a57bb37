import type { AiUsageGroupPoints, AiUsageReport, AiUsageTotals } from '../../api/types.ts';
import { formatBucket } from '../../design/dates.ts';
import { formatCount } from '../../design/numbers.ts';
import { variantColorNumber } from '../../design/variantColor.ts';
import { groupsOf, othersOf, type Grouping } from './usageGroupings.ts';
import { formatCost, formatMilliseconds, formatTokens, groupName } from './usageWords.ts';

/** What the chart shows. */
export type UsageView = 'calls' | 'tokens' | 'cost' | 'errors' | 'duration';

/** What is told apart in the chart: how calls went and what they used, or their groups. */
export type Comparison = 'all' | Grouping;

/** One colour of the chart. */
export interface UsagePart {
  id: string;
  label: string;
  /** The colour's name among the design's tokens. */
  color: string;
  /** By step, in the unit of the view; null where there is nothing to measure. */
  values: readonly (number | null)[];
}

/** A report as bars or lines. */
export interface UsageSeries {
  view: UsageView;
  /** Whether parts add up, so that they stand on each other. */
  stacked: boolean;
  parts: readonly UsagePart[];
  /** When each step begins, in words. */
  steps: readonly string[];
}

interface Kind {
  label: string;
  color: string;
  of: (totals: AiUsageTotals) => number | null;
}

const OTHERS_COLOR = '--border-control';

const REFUSED: Kind = { label: 'Refused', color: '--warning-mark', of: (totals) => totals.refused };
const FAILED: Kind = { label: 'Failed', color: '--danger-mark', of: (totals) => totals.failed };

const KINDS: Record<UsageView, readonly Kind[]> = {
  calls: [
    { label: 'Answered', color: '--variant-1', of: (totals) => totals.answered },
    REFUSED,
    FAILED,
    { label: 'Left by the caller', color: '--border-control', of: (totals) => totals.left },
  ],
  tokens: [
    { label: 'Read', color: '--variant-1', of: (totals) => totals.input_tokens },
    { label: 'Written', color: '--variant-2', of: (totals) => totals.output_tokens },
    {
      label: 'Cached',
      color: '--variant-3',
      of: (totals) => totals.cache_read_tokens + totals.cache_write_tokens,
    },
    { label: 'Estimated', color: '--border-control', of: (totals) => totals.estimated_tokens },
  ],
  cost: [{ label: 'Cost', color: '--variant-1', of: (totals) => totals.cost_micros / 1e6 }],
  errors: [FAILED, REFUSED],
  duration: [
    { label: 'Half of all calls', color: '--variant-1', of: (totals) => totals.p50_ms ?? null },
    { label: '95 of 100 calls', color: '--variant-2', of: (totals) => totals.p95_ms ?? null },
  ],
};

const VALUES: Record<UsageView, (points: AiUsageGroupPoints) => readonly (number | null)[]> = {
  calls: (points) => points.calls,
  tokens: (points) => points.all_tokens,
  // What has no known price is not free.
  cost: (points) =>
    points.cost_micros.map((micros, step) =>
      micros === 0 && (points.calls_without_price[step] ?? 0) > 0 ? null : micros / 1e6,
    ),
  errors: (points) => points.failed.map((failed, step) => failed + (points.refused[step] ?? 0)),
  duration: (points) => points.p95_ms,
};

/** The chart of a report in one view. Parts that are nothing everywhere are left out, unless all are. */
export function usageSeries(report: AiUsageReport, view: UsageView, by: Comparison): UsageSeries {
  const parts = by === 'all' ? kindParts(report, view) : groupParts(report, view, by);
  const present = parts.filter((part) => part.values.some((value) => (value ?? 0) > 0));
  return {
    view,
    stacked: view !== 'duration',
    parts: present.length > 0 ? present : parts,
    steps: report.points.map((point) => formatBucket(point.start, report.interval)),
  };
}

function kindParts(report: AiUsageReport, view: UsageView): UsagePart[] {
  return KINDS[view].map(({ label, color, of }) => ({
    id: label,
    label,
    color,
    values: report.points.map((point) => of(point.totals)),
  }));
}

function groupParts(report: AiUsageReport, view: UsageView, by: Grouping): UsagePart[] {
  const parts: UsagePart[] = [];
  for (const { name, points } of groupsOf(report, by)) {
    if (points) {
      parts.push({
        id: `group ${name}`,
        label: groupName(name, by),
        color: `--variant-${variantColorNumber(parts.length)}`,
        values: VALUES[view](points),
      });
    }
  }
  const others = othersOf(report, by);
  if (others) {
    parts.push({
      id: 'others',
      label: `Others (${formatCount(others.groups)})`,
      color: OTHERS_COLOR,
      values: VALUES[view](others.points),
    });
  }
  return parts;
}

/** A number of a view in its unit. */
export function formatPart(view: UsageView, value: number | null): string {
  switch (view) {
    case 'calls':
    case 'errors':
      return formatCount(value);
    case 'tokens':
      return value === null ? formatCount(null) : formatTokens(value);
    case 'cost':
      return value === null ? formatCost(null) : formatCost(value * 1e6);
    case 'duration':
      return formatMilliseconds(value);
  }
}
