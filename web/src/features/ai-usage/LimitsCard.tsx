import type { AiStatus } from '../../api/types.ts';
import { Badge } from '../../design/Badge.tsx';
import { Card } from '../../design/Card.tsx';
import { formatCount } from '../../design/numbers.ts';
import { ProgressBar } from '../../design/ProgressBar.tsx';
import { formatCost } from './usageWords.ts';
import styles from './AiUsage.module.css';

/** What bounds AI calls now: budgets, limits, and how models and keys of the provider stand. */
export function LimitsCard({ status }: { status: AiStatus }) {
  return (
    <Card className={styles.card} aria-labelledby="ai-limits">
      <h2 id="ai-limits" className={styles.title}>
        Limits, budgets and models now
      </h2>
      <Budgets status={status} />
      <Limits status={status} />
      <Models status={status} />
    </Card>
  );
}

function Budgets({ status }: { status: AiStatus }) {
  if (status.budgets.length === 0) {
    return (
      <p className={styles.text}>
        No budget is set. To cap what is spent, set <code>daily_budget_usd</code> or{' '}
        <code>monthly_budget_usd</code> in <code>gateway.toml</code>, under <code>[service]</code>, a key or{' '}
        <code>[workspaces]</code>.
      </p>
    );
  }
  return (
    <ul className={styles.budgets}>
      {status.budgets.map((budget) => {
        const owner = budget.key === 'service' ? 'This server' : budget.key;
        const name = `${owner}, this ${budget.period}`;
        const known = typeof budget.spent_micros === 'number';
        const spent = `${formatCost(budget.spent_micros)} of ${formatCost(budget.limit_micros)}`;
        const reserved = budget.reserved_micros ?? 0;
        return (
          <li key={`${budget.key} ${budget.period}`} className={styles.budget}>
            <span className={styles.caption}>
              <strong>{name}</strong>
              <span className="tabular">
                {known ? spent : `not known now; at most ${formatCost(budget.limit_micros)}`}
              </span>
            </span>
            {known && (
              <ProgressBar
                label={`Budget: ${name}`}
                value={(budget.spent_micros ?? 0) / Math.max(1, budget.limit_micros)}
                text={spent}
              />
            )}
            {reserved > 0 && (
              <span className={styles.note}>{formatCost(reserved)} reserved for calls in progress</span>
            )}
          </li>
        );
      })}
    </ul>
  );
}

function Limits({ status }: { status: AiStatus }) {
  const { limits } = status;
  if (!limits) {
    return null;
  }
  const count = (value: number | null | undefined) =>
    typeof value === 'number' ? formatCount(value) : 'no limit';
  const money = (value: number | null | undefined) =>
    typeof value === 'number' ? formatCost(value) : 'no budget';
  const rows: [string, string][] = [
    ['Calls in progress', `${formatCount(limits.calls_in_progress)} of ${formatCount(limits.calls_at_once)}`],
    ['Requests per minute of a workspace', count(limits.requests_per_minute_per_workspace)],
    ['Tokens per minute of a workspace', count(limits.tokens_per_minute_per_workspace)],
    ['Daily budget of a workspace', money(limits.daily_budget_micros_per_workspace)],
    ['Monthly budget of a workspace', money(limits.monthly_budget_micros_per_workspace)],
    ['Counted', limits.are_shared ? 'over all replicas of the gateway' : 'in the one gateway process'],
  ];
  return (
    <dl className={styles.limits}>
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd className="tabular">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Models({ status }: { status: AiStatus }) {
  return (
    <ul className={styles.states}>
      {status.provider_keys.map((key) => (
        <li key={key.number}>
          <span>Key {key.number} of the provider</span>
          {key.rests_because ? (
            <Badge tone="warning" icon="alert">
              Rests: {key.rests_because}
            </Badge>
          ) : (
            <Badge tone="positive" icon="check">
              Works
            </Badge>
          )}
        </li>
      ))}
      {status.models.map((model) => (
        <li key={model.name}>
          <span>{model.name}</span>
          {model.is_left_alone ? (
            <Badge tone="warning" icon="alert">
              Left alone after {model.failures} failures
            </Badge>
          ) : (
            <Badge tone="positive" icon="check">
              {model.failures === 0 ? 'Answers' : `${model.failures} failed just now`}
            </Badge>
          )}
        </li>
      ))}
    </ul>
  );
}
