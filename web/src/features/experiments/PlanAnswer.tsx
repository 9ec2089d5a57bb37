import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { fetchPlan } from '../../api/experiments.ts';
import { Button } from '../../design/Button.tsx';
import { classNames } from '../../design/classNames.ts';
import { Notice } from '../../design/Notice.tsx';
import { formatCount, MISSING } from '../../design/numbers.ts';
import styles from './PlanCalculator.module.css';
import { planQuestion, type PlanInput } from './planInput.ts';
import { daysText } from './progressWords.ts';

interface PlanAnswerProps {
  testId: string;
  input: PlanInput;
  /** The input is still changing: what is shown belongs to the one before. */
  pending: boolean;
  /** What is typed right now cannot be asked: an answer to what was typed before would mislead. */
  invalid: boolean;
}

/** What the server answers to the plan: visitors and days. */
export function PlanAnswer({ testId, input, pending, invalid }: PlanAnswerProps) {
  const question = planQuestion(input).request;
  const request = invalid ? undefined : question;
  const plan = useQuery({
    queryKey: ['experiment-plan', testId, request],
    queryFn: ({ signal }) => fetchPlan(testId, request ?? {}, signal),
    enabled: request !== undefined,
    placeholderData: keepPreviousData,
    staleTime: 60_000,
    retry: false,
  });
  if (request !== undefined && plan.isError) {
    return (
      <Notice
        tone="warning"
        urgent
        title="The plan could not be computed"
        action={
          <Button size="sm" busy={plan.isFetching} onClick={() => void plan.refetch()}>
            Try again
          </Button>
        }
      >
        <p>{plan.error.message}</p>
      </Notice>
    );
  }
  const answer = request === undefined ? undefined : plan.data;
  const busy = request !== undefined && (pending || plan.isFetching);
  const days = answer?.days ?? null;
  return (
    <div className={classNames(styles.answer, busy && styles.stale)} role="status" aria-busy={busy}>
      <dl className={styles.facts}>
        <div>
          <dt className={styles.note}>Visitors, all variants together</dt>
          <dd className={styles.value}>{formatCount(answer?.visitors)}</dd>
        </div>
        <div>
          <dt className={styles.note}>Of them in the smallest variant</dt>
          <dd className={styles.value}>{formatCount(answer?.visitors_in_smallest_variant)}</dd>
        </div>
        <div>
          <dt className={styles.note}>Time at the present traffic</dt>
          <dd className={styles.value}>{days === null ? MISSING : daysText(days)}</dd>
        </div>
      </dl>
      <p className={styles.note}>
        {answer && days === null
          ? 'The time is not known yet: it needs a first full day (UTC) of visitors.'
          : 'Real differences are often larger or smaller than planned, so the decision may come earlier or later.'}
      </p>
    </div>
  );
}
