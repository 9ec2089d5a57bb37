import { useQuery } from '@tanstack/react-query';
import { fetchHistory } from '../../api/experiments.ts';

/** Pause between two automatic refreshes of a history, in milliseconds: its steps are hours at the shortest. */
const REFRESH_MS = 60_000;

/** First part of the key of every history, for refreshing them all by hand. */
export const HISTORY_KEY = 'experiment-history';

/** The history of one experiment. Refreshes itself while `live` and while the window is visible. */
export function useHistory(testId: string, live: boolean) {
  return useQuery({
    queryKey: [HISTORY_KEY, testId],
    queryFn: ({ signal }) => fetchHistory(testId, signal),
    staleTime: 0,
    refetchInterval: live ? REFRESH_MS : false,
    refetchOnWindowFocus: live,
    retry: false,
  });
}
