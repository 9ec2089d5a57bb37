import { ApiError } from '../api/ApiError.ts';
import { Button } from './Button.tsx';
import { EmptyState } from './EmptyState.tsx';

interface ErrorStateProps {
  /** What could not be done. */
  title: string;
  error: unknown;
  onRetry: () => void;
  busy?: boolean;
}

/** Stands where content would be when loading it failed: the reason, the request's id for the operator, and a retry. */
export function ErrorState({ title, error, onRetry, busy = false }: ErrorStateProps) {
  const detail = error instanceof ApiError ? error.detail : 'Something went wrong on this page.';
  const requestId = error instanceof ApiError ? error.requestId : null;
  return (
    <div role="alert">
      <EmptyState
        icon="alert"
        title={title}
        action={
          <Button icon="refresh" busy={busy} onClick={onRetry}>
            Try again
          </Button>
        }
      >
        <p>{detail}</p>
        {requestId !== null && (
          <p>
            Request <code>{requestId}</code>
          </p>
        )}
      </EmptyState>
    </div>
  );
}
