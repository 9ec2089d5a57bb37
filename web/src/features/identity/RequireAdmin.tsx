import type { ReactNode } from 'react';
import { ErrorState } from '../../design/ErrorState.tsx';
import { Skeleton } from '../../design/Skeleton.tsx';
import { NeedsAdminPage } from './NeedsAdminPage.tsx';
import { RedirectToSignIn } from './RedirectToSignIn.tsx';
import { useSession } from './session.ts';
import styles from './RequireAdmin.module.css';

/**
 * Lets administrators through; sends everybody else to sign in, or says that the account may not see the page.
 * A convenience only: the server checks the role of every request itself.
 */
export function RequireAdmin({ children }: { children: ReactNode }) {
  const session = useSession(true);

  if (session.isPending) {
    return (
      <div className={styles.pending} role="status">
        <span className="visually-hidden">Checking your session</span>
        <Skeleton height="2rem" width="16rem" />
        <Skeleton height="6rem" />
      </div>
    );
  }
  if (session.isError) {
    return (
      <ErrorState
        title="Your session could not be checked"
        error={session.error}
        busy={session.isFetching}
        onRetry={() => void session.refetch()}
      />
    );
  }
  if (session.data === null) {
    return <RedirectToSignIn />;
  }
  return session.data.role === 'admin' ? children : <NeedsAdminPage user={session.data} />;
}
