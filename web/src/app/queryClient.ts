import { QueryClient } from '@tanstack/react-query';
import { ApiError } from '../api/ApiError.ts';

/**
 * Server state of the whole app. A refusal is an answer and is not asked for again; a lost connection is retried once
 * before the person sees it.
 */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      refetchOnWindowFocus: false,
      retryDelay: 600,
      retry: (failures, error) => failures < 1 && error instanceof ApiError && error.kind === 'network',
    },
  },
});
