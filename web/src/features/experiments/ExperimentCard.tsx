import { useMemo } from 'react';
import type { ExperimentResult, ExperimentStatus } from '../../api/types.ts';
import { Badge, type Tone } from '../../design/Badge.tsx';
import { Card } from '../../design/Card.tsx';
import { Notice } from '../../design/Notice.tsx';
import { formatSplit } from '../../design/numbers.ts';
import { readableId } from '../../design/readableId.ts';
import { hasVisitors, listArms } from './arms.ts';
import { Differences } from './Differences.tsx';
import styles from './ExperimentCard.module.css';
import { healthNotes } from './healthNotes.ts';
import { Timeline } from './Timeline.tsx';
import { VariantTable } from './VariantTable.tsx';

const STATUS: Record<ExperimentStatus, { label: string; tone: Tone }> = {
  draft: { label: 'Draft', tone: 'neutral' },
  running: { label: 'Running', tone: 'positive' },
  stopped: { label: 'Stopped', tone: 'warning' },
};

/** Everything about one experiment: what it is, its numbers, their course, and what to know about them. */
export function ExperimentCard({ experiment }: { experiment: ExperimentResult }) {
  const arms = useMemo(() => listArms(experiment), [experiment]);
  const notes = healthNotes(experiment.health);
  const status = STATUS[experiment.status];
  const headingId = `experiment-${experiment.test_id}`;

  return (
    <Card className={styles.card} aria-labelledby={headingId}>
      <header className={styles.header}>
        <div className={styles.words}>
          <div className={styles.heading}>
            <h2 id={headingId} className={styles.title}>
              {readableId(experiment.test_id)}
            </h2>
            <Badge tone={status.tone} dot>
              {status.label}
            </Badge>
          </div>
          <p className={styles.description}>{experiment.description}</p>
        </div>
        <dl className={styles.facts}>
          <div>
            <dt>Id</dt>
            <dd>
              <code>{experiment.test_id}</code>
            </dd>
          </div>
          <div>
            <dt>Target event</dt>
            <dd>
              <code>{experiment.target_event}</code>
            </dd>
          </div>
          <div>
            <dt>Split {arms.map((arm) => arm.letter).join(' / ')}</dt>
            <dd className="tabular">{formatSplit(arms.map((arm) => arm.share))}</dd>
          </div>
        </dl>
      </header>
      <VariantTable testId={experiment.test_id} arms={arms} />
      {hasVisitors(experiment) && (
        <>
          <Differences arms={arms} />
          <Timeline experiment={experiment} />
        </>
      )}
      {notes.length > 0 && (
        <Notice tone="warning" title="Worth knowing about these numbers">
          <ul className={styles.notes}>
            {notes.map((note) => (
              <li key={note}>{note}</li>
            ))}
          </ul>
        </Notice>
      )}
    </Card>
  );
}
