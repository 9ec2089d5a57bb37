import { keepPreviousData, useMutation, useQuery } from '@tanstack/react-query';
import { checkAi, fetchAiStatus, fetchAiUsage } from '../../api/ai.ts';
import type { UsageFilter } from './usageGroupings.ts';

const REFRESH_MS = 15_000;
/** Months of calls hardly change within a minute, and take longer to add up. */
const LONG_HOURS = 72;
const LONG_REFRESH_MS = 60_000;

/** What the calls of a filter used in the last so many hours; read again while the page is looked at. */
export function useAiUsage(hours: number, filter: UsageFilter) {
  return useQuery({
    queryKey: ['ai-usage', hours, filter],
    queryFn: ({ signal }) => fetchAiUsage(hours, filter, signal),
    placeholderData: keepPreviousData,
    refetchInterval: hours > LONG_HOURS ? LONG_REFRESH_MS : REFRESH_MS,
    staleTime: 0,
    retry: false,
  });
}

/** Whether AI can be asked, and what bounds it now. */
export function useAiStatus() {
  return useQuery({
    queryKey: ['ai-status'],
    queryFn: ({ signal }) => fetchAiStatus(signal),
    refetchInterval: REFRESH_MS,
    staleTime: 0,
    retry: false,
  });
}

/** Asks the model a small question. */
export function useAiCheck() {
  return useMutation({ mutationFn: checkAi, retry: false });
}
