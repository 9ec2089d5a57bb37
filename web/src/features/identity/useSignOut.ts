import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { signOut } from '../../api/auth.ts';
import { useToast } from '../../design/toastContext.ts';
import { sessionQuery } from './session.ts';
import { setSessionHint } from './sessionHint.ts';

/** Ends the session, forgets everything it had loaded, and opens the sign-in page. */
export function useSignOut() {
  const client = useQueryClient();
  const navigate = useNavigate();
  const showToast = useToast();
  return useMutation({
    mutationFn: signOut,
    onSuccess: async () => {
      setSessionHint(false);
      await client.cancelQueries();
      // Leave the guarded page first: losing the session there would add a way back to it.
      await navigate({ to: '/admin/login' });
      client.setQueryData(sessionQuery.queryKey, null);
      client.removeQueries({ predicate: (query) => query.queryKey[0] !== sessionQuery.queryKey[0] });
    },
    onError: () =>
      showToast({
        tone: 'danger',
        title: 'You are still signed in',
        detail: 'Signing out did not reach the server. Try again.',
      }),
  });
}
