import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { fetchLives } from '../../../api/experimentLife.ts';
import type { ExperimentLife } from '../../../api/types.ts';
import { useToast } from '../../../design/toastContext.ts';
import { RESULTS_KEY } from '../useResults.ts';
import { CHANGES_KEY } from './useChanges.ts';

const LIVES_KEY = 'experiment-lives';

/** What is declared, changed and in force, of every experiment. */
export function useLives() {
  return useQuery({
    queryKey: [LIVES_KEY],
    queryFn: ({ signal }) => fetchLives(signal),
    staleTime: 5_000,
    retry: false,
  });
}

/** The life of one experiment; undefined while it is loaded. */
export function useLife(testId: string): ExperimentLife | undefined {
  return useLives().data?.experiments.find((life) => life.test_id === testId);
}

/**
 * Makes one change and says so. Everything that the change can touch is loaded again, also after a refusal: then
 * somebody else was faster.
 */
export function useChange<Answer>(make: () => Promise<Answer>, done: string, onDone: () => void) {
  const queries = useQueryClient();
  const toast = useToast();
  return useMutation({
    mutationFn: make,
    onSuccess: () => {
      toast({
        tone: 'positive',
        title: done,
        detail: 'In force now; other servers follow within two seconds.',
      });
      onDone();
    },
    onSettled: () =>
      Promise.all(
        [LIVES_KEY, RESULTS_KEY, CHANGES_KEY].map((key) => queries.invalidateQueries({ queryKey: [key] })),
      ),
  });
}
