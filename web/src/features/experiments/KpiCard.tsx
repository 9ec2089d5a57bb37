import { Link } from '@tanstack/react-router';
import type { Kpi, KpiExperiment } from '../../api/types.ts';
import { Badge } from '../../design/Badge.tsx';
import { Card } from '../../design/Card.tsx';
import { formatSignedRate } from '../../design/numbers.ts';
import { readableId } from '../../design/readableId.ts';
import { decisionLook } from './decisions.ts';
import styles from './KpisPage.module.css';
import { VerdictBanner } from './VerdictBanner.tsx';

/** One key figure: its name, its value or what is missing, what it means, and the experiment that bears on it. */
export function KpiCard({ kpi, at }: { kpi: Kpi; at: string }) {
  const headingId = `kpi-${kpi.kpi_id}`;
  return (
    <Card className={styles.card} aria-labelledby={headingId}>
      <header className={styles.header}>
        <h2 id={headingId} className={styles.title}>
          {kpi.name}
        </h2>
        {typeof kpi.value === 'number' ? (
          <p className={styles.value}>
            <strong className="tabular">
              {kpi.value.toLocaleString('en', { maximumFractionDigits: 4 })}
            </strong>
            {typeof kpi.trend === 'number' && <span>{formatSignedRate(kpi.trend)}</span>}
          </p>
        ) : (
          <Badge tone="neutral" icon="clock">
            Not measured yet
          </Badge>
        )}
      </header>
      <p className={styles.definition}>{kpi.definition}</p>
      {kpi.needs && (
        <p className={styles.needs}>
          <strong>Needs:</strong> {kpi.needs}.
        </p>
      )}
      <dl className={styles.details}>
        {kpi.how_measured && (
          <div>
            <dt>How it is counted</dt>
            <dd>{kpi.how_measured}</dd>
          </div>
        )}
        {kpi.why_well_defined && (
          <div>
            <dt>Why everybody gets the same number</dt>
            <dd>{kpi.why_well_defined}</dd>
          </div>
        )}
      </dl>
      {kpi.experiment && <KpiVerdict experiment={kpi.experiment} note={kpi.note ?? null} at={at} />}
    </Card>
  );
}

interface KpiVerdictProps {
  experiment: KpiExperiment;
  note: string | null;
  at: string;
}

/** The verdict of an experiment on the figure; it is not the figure's value. */
function KpiVerdict({ experiment, note, at }: KpiVerdictProps) {
  const { verdict } = experiment;
  const look = decisionLook(verdict.decision, verdict.variant);
  return (
    <section className={styles.experiment} aria-label={`Experiment ${readableId(experiment.test_id)}`}>
      <h3 className={styles.subtitle}>
        Experiment:{' '}
        <Link to="/admin/experiments" hash={`experiment-${experiment.test_id}`}>
          {readableId(experiment.test_id)}
        </Link>
      </h3>
      {note !== null && <p className={styles.note}>{note}</p>}
      <VerdictBanner
        verdict={{
          ...look,
          sentence: verdict.sentence,
          decidedAt: verdict.decided_at ?? null,
          harmed: verdict.guardrails_harmed,
        }}
        at={at}
      />
    </section>
  );
}
