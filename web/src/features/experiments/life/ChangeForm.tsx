import { useState, type ReactNode } from 'react';
import { ApiError } from '../../../api/ApiError.ts';
import { Button } from '../../../design/Button.tsx';
import { Field } from '../../../design/Field.tsx';
import { Notice } from '../../../design/Notice.tsx';
import styles from './ChangeForm.module.css';
import { useChange } from './useLives.ts';

interface ChangeFormProps<Answer> {
  /** What will happen, and the inputs for it. */
  children: ReactNode;
  /** Words on the button, such as "Stop the experiment". */
  action: string;
  /** Said once it is done, such as "The experiment is stopped". */
  done: string;
  /** The change takes something away from visitors or numbers. */
  danger?: boolean;
  /** Why it cannot be sent yet; the button then waits. */
  incomplete?: boolean;
  make: (reason: string) => Promise<Answer>;
  onClose: () => void;
}

/** A change that is confirmed: what it does, an optional reason for the log, and what the server said against it. */
export function ChangeForm<Answer>(props: ChangeFormProps<Answer>) {
  const { children, action, done, danger = false, incomplete = false, make, onClose } = props;
  const [reason, setReason] = useState('');
  const change = useChange(() => make(reason), done, onClose);
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        if (!incomplete) {
          change.mutate();
        }
      }}
    >
      {children}
      <Field
        label="Why (optional, for the log)"
        value={reason}
        maxLength={500}
        autoComplete="off"
        onChange={(event) => setReason(event.currentTarget.value)}
      />
      {change.isError && (
        <Notice tone="danger" urgent title={refusalTitle(change.error)}>
          <p>{change.error.message}</p>
        </Notice>
      )}
      <div className={styles.actions}>
        <Button type="button" onClick={onClose}>
          Cancel
        </Button>
        <Button
          type="submit"
          variant={danger ? 'danger' : 'primary'}
          busy={change.isPending}
          disabled={incomplete}
        >
          {action}
        </Button>
      </div>
    </form>
  );
}

function refusalTitle(error: Error): string {
  return error instanceof ApiError && error.status === 409
    ? 'Somebody else changed it meanwhile'
    : 'Nothing was changed';
}
