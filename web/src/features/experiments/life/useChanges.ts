import { useInfiniteQuery } from '@tanstack/react-query';
import { fetchChanges } from '../../../api/experimentLife.ts';

/** Every query of the log begins with it. */
export const CHANGES_KEY = 'experiment-changes';

/** The log of changes, page by page, of one experiment or of all. */
export function useChanges(testId: string | undefined) {
  return useInfiniteQuery({
    queryKey: [CHANGES_KEY, testId ?? null],
    queryFn: ({ pageParam, signal }) => fetchChanges(testId, pageParam, signal),
    initialPageParam: null as number | null,
    getNextPageParam: (last) => last.next_before ?? null,
    retry: false,
  });
}
