import { QueryCache, QueryClient } from '@tanstack/react-query';
import { ApiError, isStatus } from '../api/ApiError.ts';
import { sessionQuery } from '../features/identity/session.ts';

/**
 * Server state of the whole app. A refusal is an answer and is not asked for again; a lost connection is retried once
 * before the person sees it.
 */
export const queryClient: QueryClient = new QueryClient({
  queryCache: new QueryCache({
    // A session that ended while a page was open: the guard around admin pages then leads to the sign-in.
    onError: (error) => {
      if (isStatus(error, 401)) {
        queryClient.setQueryData(sessionQuery.queryKey, null);
      }
    },
  }),
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      refetchOnWindowFocus: false,
      retryDelay: 600,
      retry: (failures, error) => failures < 1 && error instanceof ApiError && error.kind === 'network',
    },
  },
});
