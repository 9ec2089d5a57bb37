import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { fetchResults } from '../../api/experiments.ts';

/** Every query of results begins with it. */
export const RESULTS_KEY = 'experiment-results';

/** Pause between two automatic refreshes, in milliseconds. Results read kept totals, so asking is cheap. */
export const REFRESH_MS = 10_000;

/** The results of every experiment, archived ones on request. Refreshes itself while `live` and while the window is visible. */
export function useResults(live: boolean, archived = false) {
  return useQuery({
    queryKey: [RESULTS_KEY, archived],
    queryFn: ({ signal }) => fetchResults(archived, signal),
    placeholderData: keepPreviousData,
    staleTime: 0,
    refetchInterval: live ? REFRESH_MS : false,
    refetchOnWindowFocus: live,
    // A missed refresh keeps the last numbers on the page, marked as such; the next one comes by itself.
    retry: false,
  });
}
