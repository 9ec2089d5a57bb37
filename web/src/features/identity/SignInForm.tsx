import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { useState, type FormEvent } from 'react';
import { ApiError, isStatus } from '../../api/ApiError.ts';
import { signIn, type Credentials } from '../../api/auth.ts';
import { Button } from '../../design/Button.tsx';
import { formatDuration } from '../../design/dates.ts';
import { Field } from '../../design/Field.tsx';
import { Notice } from '../../design/Notice.tsx';
import { PasswordField } from './PasswordField.tsx';
import { safeNext } from './safeNext.ts';
import { sessionQuery } from './session.ts';
import { setSessionHint } from './sessionHint.ts';
import styles from './SignInPage.module.css';
import { useCountdown } from './useCountdown.ts';

/** Wait after "too many attempts" when the server does not say how long, in seconds. */
const DEFAULT_WAIT_SECONDS = 60;

/** The sign-in form: says which field is empty, that a pair is wrong (never which half), or how long to wait. */
export function SignInForm({ next }: { next: string | undefined }) {
  const client = useQueryClient();
  const router = useRouter();
  const [submitted, setSubmitted] = useState(false);
  const [values, setValues] = useState<Credentials>({ account: '', password: '' });
  const [waitUntil, setWaitUntil] = useState<number | null>(null);
  const waitSeconds = useCountdown(waitUntil);

  const attempt = useMutation({
    mutationFn: signIn,
    onSuccess: (user) => {
      setSessionHint(true);
      // Nothing a former session has loaded may be shown to this one.
      client.removeQueries({ predicate: (query) => query.queryKey[0] !== sessionQuery.queryKey[0] });
      client.setQueryData(sessionQuery.queryKey, user);
      const target = safeNext(next);
      if (target.startsWith('/api/')) {
        window.location.assign(target);
      } else {
        router.history.replace(target);
      }
    },
    onError: (error) => {
      if (isStatus(error, 429)) {
        setWaitUntil(Date.now() + (error.retryAfterSeconds ?? DEFAULT_WAIT_SECONDS) * 1000);
      }
    },
  });

  function submit(event: FormEvent) {
    event.preventDefault();
    setSubmitted(true);
    const account = values.account.trim();
    if (account !== '' && values.password !== '' && waitSeconds === 0 && !attempt.isPending) {
      attempt.mutate({ account, password: values.password });
    }
  }

  return (
    <form className={styles.form} onSubmit={submit} noValidate>
      {waitSeconds > 0 ? (
        <Notice tone="warning" urgent title="Too many attempts">
          <p>
            Signing in is paused for a while.{' '}
            <span aria-hidden="true">Wait {formatDuration(waitSeconds)}.</span>
          </p>
        </Notice>
      ) : (
        attempt.isError && <SignInError error={attempt.error} />
      )}
      <Field
        label="User name or e-mail"
        name="username"
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        value={values.account}
        onChange={(event) => setValues({ ...values, account: event.target.value })}
        error={
          submitted && values.account.trim() === '' ? 'Enter your user name or e-mail address.' : undefined
        }
      />
      <PasswordField
        label="Password"
        name="password"
        autoComplete="current-password"
        value={values.password}
        onChange={(event) => setValues({ ...values, password: event.target.value })}
        error={submitted && values.password === '' ? 'Enter your password.' : undefined}
      />
      <Button
        type="submit"
        variant="primary"
        size="lg"
        block
        busy={attempt.isPending}
        disabled={waitSeconds > 0}
      >
        {waitSeconds > 0 ? `Try again in ${formatDuration(waitSeconds)}` : 'Sign in'}
      </Button>
    </form>
  );
}

function SignInError({ error }: { error: Error }) {
  if (isStatus(error, 401)) {
    return (
      <Notice tone="danger" urgent title="User name or password is wrong">
        <p>Check both and try again. Passwords are case-sensitive.</p>
      </Notice>
    );
  }
  return (
    <Notice tone="danger" urgent title="Signing in did not work">
      <p>{error instanceof ApiError ? error.detail : 'Something went wrong on this page.'}</p>
    </Notice>
  );
}
