import { Link } from '@tanstack/react-router';
import type { User } from '../../api/types.ts';
import { Button } from '../../design/Button.tsx';
import { EmptyState } from '../../design/EmptyState.tsx';
import { PageHeader } from '../../design/PageHeader.tsx';
import { buttonClass } from '../../design/buttonClass.ts';
import { useSignOut } from './useSignOut.ts';

/** Tells a signed-in person without the administrator role why there is nothing to see, and what helps. */
export function NeedsAdminPage({ user }: { user: User }) {
  const signOut = useSignOut();
  return (
    <>
      <PageHeader eyebrow="Admin" title="This page needs an administrator" tabTitle="Administrators only" />
      <EmptyState
        icon="lock"
        title={`You are signed in as ${user.username}`}
        action={
          <>
            <Button variant="primary" busy={signOut.isPending} onClick={() => signOut.mutate()}>
              Sign in with another account
            </Button>
            <Link to="/" className={buttonClass('secondary')}>
              Go to the start page
            </Link>
          </>
        }
      >
        <p>
          Experiment results are visible to administrators. Ask the person who runs this install to give your
          account that role.
        </p>
      </EmptyState>
    </>
  );
}
