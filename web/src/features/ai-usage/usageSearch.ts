import { GROUPINGS, type UsageFilter } from './usageGroupings.ts';
import type { Comparison, UsageView } from './usageSeries.ts';

/** Ranges of time that can be chosen. */
export const RANGES = [
  { value: '24', label: '24 hours' },
  { value: '168', label: '7 days' },
  { value: '720', label: '30 days' },
  { value: '2160', label: '90 days' },
] as const;

/** Hours of a range. */
export type UsageRange = (typeof RANGES)[number]['value'];

/** What the chart can show. */
export const VIEWS: readonly { value: UsageView; label: string }[] = [
  { value: 'calls', label: 'Calls' },
  { value: 'tokens', label: 'Tokens' },
  { value: 'cost', label: 'Cost' },
  { value: 'errors', label: 'Errors' },
  { value: 'duration', label: 'Duration' },
];

/** What the chart can tell apart. */
export const COMPARISONS: readonly { value: Comparison; label: string }[] = [
  { value: 'all', label: 'Nothing' },
  ...GROUPINGS,
];

/** What the page shows, as its address says it; what is absent is as {@link USAGE_DEFAULTS} has it. */
export interface UsageSearch extends UsageFilter {
  hours?: number;
  figure?: UsageView;
  by?: Comparison;
}

/** What the page shows when its address says nothing. */
export const USAGE_DEFAULTS = { hours: '168', figure: 'calls', by: 'all' } as const;

/** What the page knows of an address; what it does not know, and the defaults, are dropped. */
export function readUsageSearch(search: Record<string, unknown>): UsageSearch {
  const hours = chosen(RANGES, search.hours);
  const figure = chosen(VIEWS, search.figure);
  const by = chosen(COMPARISONS, search.by);
  return {
    ...(hours !== undefined && hours !== USAGE_DEFAULTS.hours ? { hours: Number(hours) } : {}),
    ...(figure !== undefined && figure !== USAGE_DEFAULTS.figure ? { figure } : {}),
    ...(by !== undefined && by !== USAGE_DEFAULTS.by ? { by } : {}),
    ...readFilter(search),
  };
}

/** The names in an address. A name of digits only comes as a number. */
export function readFilter(search: Record<string, unknown>): UsageFilter {
  const filter: UsageFilter = {};
  for (const { value: grouping } of GROUPINGS) {
    const name = search[grouping];
    if ((typeof name === 'string' && name !== '') || typeof name === 'number' || typeof name === 'boolean') {
      filter[grouping] = String(name);
    }
  }
  return filter;
}

function chosen<Value extends string>(
  options: readonly { value: Value }[],
  given: unknown,
): Value | undefined {
  return options.find(({ value }) => value === String(given))?.value;
}
