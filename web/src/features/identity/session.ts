import { queryOptions, useQuery } from '@tanstack/react-query';
import { fetchSession } from '../../api/auth.ts';
import { hasSessionHint, setSessionHint } from './sessionHint.ts';

/** The signed-in person as server state; null when nobody is. */
export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: async ({ signal }) => {
    const user = await fetchSession(signal);
    setSessionHint(user !== null);
    return user;
  },
  staleTime: 60_000,
});

/**
 * The session. `required` pages always ask the server; elsewhere it is asked only when somebody signed in here before.
 */
export function useSession(required: boolean) {
  return useQuery({ ...sessionQuery, enabled: required || hasSessionHint() });
}
