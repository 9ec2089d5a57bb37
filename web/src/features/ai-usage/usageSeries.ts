import type { AiUsagePoint, AiUsageReport, AiUsageTotals } from '../../api/types.ts';
import { formatBucket } from '../../design/dates.ts';
import { formatCount } from '../../design/numbers.ts';
import { formatCost, formatMilliseconds, formatTokens } from './usageWords.ts';

/** What the chart shows. */
export type UsageView = 'calls' | 'tokens' | 'cost' | 'duration';

/** One colour of the bars. */
export interface UsagePart {
  label: string;
  /** The colour's name among the design's tokens. */
  color: string;
  of: (totals: AiUsageTotals) => number | null;
}

const PARTS: Record<UsageView, readonly UsagePart[]> = {
  calls: [
    { label: 'Answered', color: '--variant-1', of: (totals) => totals.answered },
    { label: 'Refused', color: '--warning-mark', of: (totals) => totals.refused },
    { label: 'Failed', color: '--danger-mark', of: (totals) => totals.failed },
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
  duration: [
    { label: 'Half of all calls', color: '--variant-1', of: (totals) => totals.p50_ms ?? null },
    { label: '95 of 100 calls', color: '--variant-2', of: (totals) => totals.p95_ms ?? null },
  ],
};

/** A report as bars. */
export interface UsageSeries {
  view: UsageView;
  /** Whether parts add up, so that they stand on each other. */
  stacked: boolean;
  parts: readonly UsagePart[];
  steps: readonly { label: string; totals: AiUsageTotals }[];
}

/** The bars of a report in one view. Parts that are nothing everywhere are left out, but never all. */
export function usageSeries(report: AiUsageReport, view: UsageView): UsageSeries {
  const present = PARTS[view].filter((part, index) => index === 0 || (part.of(report.totals) ?? 0) > 0);
  return {
    view,
    stacked: view !== 'duration',
    parts: present,
    steps: report.points.map((point: AiUsagePoint) => ({
      label: formatBucket(point.start, report.interval),
      totals: point.totals,
    })),
  };
}

/** A number of a view in its unit. */
export function formatPart(view: UsageView, value: number | null): string {
  switch (view) {
    case 'calls':
      return formatCount(value);
    case 'tokens':
      return value === null ? formatCount(null) : formatTokens(value);
    case 'cost':
      return value === null ? formatCost(null) : formatCost(value * 1e6);
    case 'duration':
      return formatMilliseconds(value);
  }
}
