import { Button } from '../design/Button.tsx';
import { EmptyState } from '../design/EmptyState.tsx';

/** Shown when a page's code could not be loaded or failed, typically after an update of the server. */
export function PageCrash() {
  return (
    <div role="alert">
      <EmptyState
        icon="alert"
        title="This page could not be shown"
        action={
          <Button variant="primary" icon="refresh" onClick={() => window.location.reload()}>
            Reload the page
          </Button>
        }
      >
        <p>The app may have been updated since you opened it, or the connection was lost on the way.</p>
      </EmptyState>
    </div>
  );
}
