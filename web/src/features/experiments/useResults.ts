import { useQuery } from '@tanstack/react-query';
import { fetchResults } from '../../api/experiments.ts';

/** Pause between two automatic refreshes, in milliseconds. Results read kept totals, so asking is cheap. */
export const REFRESH_MS = 10_000;

/** The results of every experiment. Refreshes itself while `live` and while the window is visible. */
export function useResults(live: boolean) {
  return useQuery({
    queryKey: ['experiment-results'],
    queryFn: ({ signal }) => fetchResults(signal),
    staleTime: 0,
    refetchInterval: live ? REFRESH_MS : false,
    refetchOnWindowFocus: live,
    // A missed refresh keeps the last numbers on the page, marked as such; the next one comes by itself.
    retry: false,
  });
}
