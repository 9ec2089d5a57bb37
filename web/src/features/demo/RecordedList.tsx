import { Badge, type Tone } from '../../design/Badge.tsx';
import { Button } from '../../design/Button.tsx';
import { Card } from '../../design/Card.tsx';
import { formatClock } from '../../design/dates.ts';
import type { Outcome } from './outcome.ts';
import styles from './RecordedList.module.css';
import type { Recorded } from './useRecorder.ts';

interface RecordedListProps {
  entries: readonly Recorded[];
  onRetry: (entry: Recorded) => void;
}

const STATE: Record<Outcome['state'], { tone: Tone; label: string }> = {
  pending: { tone: 'neutral', label: 'sending' },
  counted: { tone: 'positive', label: 'counted' },
  kept: { tone: 'warning', label: 'kept' },
  failed: { tone: 'danger', label: 'not stored' },
};

/** What this visit has recorded, newest first, with the server's answer to each event. */
export function RecordedList({ entries, onRetry }: RecordedListProps) {
  return (
    <Card flush aria-labelledby="recorded">
      <h2 id="recorded" className={styles.title}>
        Recorded in this visit
      </h2>
      {entries.length === 0 ? (
        <p className={styles.empty}>
          Nothing yet. Click a scorecard or open a tip, and the event shows up here.
        </p>
      ) : (
        <ol className={styles.list}>
          {entries.map((entry) => (
            <li key={entry.request.event_id} className={styles.entry}>
              <div className={styles.head}>
                <code className={styles.event}>{entry.request.event}</code>
                <Badge tone={STATE[entry.outcome.state].tone}>{STATE[entry.outcome.state].label}</Badge>
                <time className={styles.time} dateTime={entry.at}>
                  {formatClock(entry.at)}
                </time>
              </div>
              <p className={styles.text}>{entry.outcome.text}</p>
              {entry.outcome.state === 'failed' && (
                <Button size="sm" icon="refresh" onClick={() => onRetry(entry)}>
                  Send again
                </Button>
              )}
            </li>
          ))}
        </ol>
      )}
    </Card>
  );
}
