import { useNavigate, useSearch } from '@tanstack/react-router';
import { GROUPINGS, type Grouping, type UsageFilter } from './usageGroupings.ts';
import {
  RANGES,
  readFilter,
  readUsageSearch,
  USAGE_DEFAULTS,
  type UsageRange,
  type UsageSearch,
} from './usageSearch.ts';
import type { Comparison, UsageView } from './usageSeries.ts';

/** What the page shows, kept in its address: it can be sent to others, and the browser's Back undoes a filter. */
export interface UsageViewState {
  range: UsageRange;
  figure: UsageView;
  by: Comparison;
  filter: UsageFilter;
  show: (changed: { range?: UsageRange; figure?: UsageView; by?: Comparison }) => void;
  /** Looks at one group only; without a name at all of them. */
  setFilter: (grouping: Grouping, name: string | undefined) => void;
  clearFilters: () => void;
}

/** Reads and changes what the page shows. */
export function useUsageView(): UsageViewState {
  const search = useSearch({ from: '/administrators/admin/ai' });
  const navigate = useNavigate({ from: '/admin/ai' });
  const change = (changed: Record<string, unknown>, replace: boolean) =>
    void navigate({
      search: (before: UsageSearch) => readUsageSearch({ ...before, ...changed }),
      replace,
      resetScroll: false,
    });
  return {
    range: RANGES.find(({ value }) => value === String(search.hours))?.value ?? USAGE_DEFAULTS.hours,
    figure: search.figure ?? USAGE_DEFAULTS.figure,
    by: search.by ?? USAGE_DEFAULTS.by,
    filter: readFilter({ ...search }),
    show: ({ range, ...rest }) => change({ ...(range === undefined ? {} : { hours: range }), ...rest }, true),
    setFilter: (grouping, name) => change({ [grouping]: name }, false),
    clearFilters: () => change(Object.fromEntries(GROUPINGS.map(({ value }) => [value, undefined])), false),
  };
}
