import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { fetchNotices, markNoticesRead } from '../../../api/notices.ts';

const NOTICES_KEY = 'notices';
/** Pause between two looks for new ones, in milliseconds, while the window is visible. */
const REFRESH_MS = 30_000;

/** How many notices nobody has read. */
export function useUnread() {
  return useQuery({
    queryKey: [NOTICES_KEY, 'unread'],
    queryFn: ({ signal }) => fetchNotices(null, signal),
    select: (notices) => notices.unread,
    refetchInterval: REFRESH_MS,
    retry: false,
  });
}

/** All notices, page by page. */
export function useNotices() {
  return useInfiniteQuery({
    queryKey: [NOTICES_KEY, 'pages'],
    queryFn: ({ pageParam, signal }) => fetchNotices(pageParam, signal),
    initialPageParam: null as number | null,
    // A page that is not full is the last one.
    getNextPageParam: (last) => (last.notices.length < 20 ? null : (last.notices.at(-1)?.id ?? null)),
    retry: false,
  });
}

/** Marks notices as read. */
export function useMarkRead() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: markNoticesRead,
    onSettled: () => queries.invalidateQueries({ queryKey: [NOTICES_KEY] }),
  });
}
