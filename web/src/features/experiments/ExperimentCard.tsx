import { useMemo } from 'react';
import type { ExperimentResult, ExperimentStatus } from '../../api/types.ts';
import { Badge, type Tone } from '../../design/Badge.tsx';
import { Card } from '../../design/Card.tsx';
import { formatSplit } from '../../design/numbers.ts';
import { readableId } from '../../design/readableId.ts';
import { hasVisitors, listArms } from './arms.ts';
import { DataQuality } from './DataQuality.tsx';
import { verdictView } from './decisions.ts';
import styles from './ExperimentCard.module.css';
import { History } from './History.tsx';
import { LiftPlot } from './LiftPlot.tsx';
import { Metrics } from './Metrics.tsx';
import { ChangedBadge } from './life/ChangedBadge.tsx';
import { RetiredBadge } from './life/RetiredBadge.tsx';
import { LifeMenu } from './life/LifeMenu.tsx';
import { Progress } from './Progress.tsx';
import { Segments } from './Segments.tsx';
import { listTreatments } from './treatments.ts';
import { VariantTable } from './VariantTable.tsx';
import { VerdictBanner } from './VerdictBanner.tsx';

const STATUS: Record<ExperimentStatus, { label: string; tone: Tone }> = {
  draft: { label: 'Draft', tone: 'neutral' },
  running: { label: 'Running', tone: 'positive' },
  stopped: { label: 'Stopped', tone: 'warning' },
  archived: { label: 'Archived', tone: 'neutral' },
};

interface ExperimentCardProps {
  experiment: ExperimentResult;
  /** When the numbers were read. */
  at: string;
  /** Whether what is loaded on its own refreshes itself. */
  live: boolean;
}

/** Everything about one experiment: the answer first, then what it rests on, from the plain to the detailed. */
export function ExperimentCard({ experiment, at, live }: ExperimentCardProps) {
  const arms = useMemo(() => listArms(experiment), [experiment]);
  const treatments = useMemo(() => listTreatments(experiment), [experiment]);
  const control = arms.find((arm) => arm.control);
  const seen = hasVisitors(experiment);
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
            <ChangedBadge testId={experiment.test_id} />
            <RetiredBadge testId={experiment.test_id} />
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
        <LifeMenu experiment={experiment} />
      </header>
      <VerdictBanner verdict={verdictView(experiment)} at={at} />
      {seen && control && treatments.length > 0 && (
        <LiftPlot
          testId={experiment.test_id}
          control={control}
          treatments={treatments}
          margin={experiment.practical_margin}
        />
      )}
      <VariantTable testId={experiment.test_id} arms={arms} comparisons={experiment.comparisons} />
      <Metrics experiment={experiment} />
      <Progress experiment={experiment} />
      {seen && <History experiment={experiment} live={live} />}
      <DataQuality experiment={experiment} />
      {seen && <Segments experiment={experiment} />}
    </Card>
  );
}
