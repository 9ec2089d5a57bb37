import type { AiStatus } from '../../api/types.ts';
import { Badge } from '../../design/Badge.tsx';
import { Button } from '../../design/Button.tsx';
import { Notice } from '../../design/Notice.tsx';
import { formatMilliseconds, formatCost } from './usageWords.ts';
import { useAiCheck } from './useAiUsage.ts';
import styles from './AiUsage.module.css';

/** Whether AI can be asked; if not, what to do. With a button that asks the model a small question. */
export function StatusBar({ status }: { status: AiStatus }) {
  const check = useAiCheck();
  if (!status.configured) {
    return (
      <Notice
        tone={status.gateway !== null && !status.reachable ? 'danger' : 'info'}
        title={
          status.gateway !== null && !status.reachable ? 'The AI gateway is away' : 'AI is not configured'
        }
      >
        <p>{status.detail}</p>
        <p>
          Everything else works without it: Dashly computes its numbers itself, and a model only puts them
          into words.
        </p>
      </Notice>
    );
  }
  return (
    <div className={styles.status}>
      <div className={styles.caption}>
        <span className={styles.ready}>
          <Badge tone="positive" dot>
            AI is ready
          </Badge>
          <span className={styles.note}>through the gateway at {status.gateway}</span>
        </span>
        <Button size="sm" busy={check.isPending} onClick={() => check.mutate()}>
          Ask a test question
        </Button>
      </div>
      <p className={styles.note}>
        The test question is about made-up numbers and costs a fraction of a cent.
      </p>
      {check.isError && (
        <Notice tone="danger" urgent title="The model did not answer">
          <p>{check.error.message}</p>
        </Notice>
      )}
      {check.isSuccess && (
        <Notice
          tone="positive"
          urgent
          title={
            check.data.is_fake
              ? 'The demonstration provider answered'
              : `${check.data.model ?? 'The model'} answered`
          }
        >
          <p>“{check.data.answer}”</p>
          <p className={styles.note}>
            {check.data.tokens} tokens, {formatCost(check.data.cost_micros)},{' '}
            {formatMilliseconds(check.data.duration_ms)}
            {check.data.is_fake && '; no model was asked, the answer is scripted'}
          </p>
        </Notice>
      )}
    </div>
  );
}
