import { useMemo } from 'react';
import type { ExperimentResult, MetricResult } from '../../api/types.ts';
import { DataTable, type DataColumn } from '../../design/DataTable.tsx';
import { formatBucket } from '../../design/dates.ts';
import { InfoTip } from '../../design/InfoTip.tsx';
import { formatCount, formatPValue, MISSING } from '../../design/numbers.ts';
import { listArms, type Arm } from './arms.ts';
import { DecisionBadge } from './DecisionBadge.tsx';
import { LiftValue } from './LiftValue.tsx';
import styles from './Metrics.module.css';
import { describeMetric, formatMean, metricLook } from './metricWords.ts';
import { PartCaption } from './PartCaption.tsx';

/** What else changed: guardrails first, since harm matters more than a gain elsewhere. Nothing without either. */
export function Metrics({ experiment }: { experiment: ExperimentResult }) {
  const { guardrails, metrics, verdict } = experiment;
  const harmed = verdict.guardrails_harmed.length;
  return (
    <>
      {guardrails.length > 0 && (
        <MetricList
          experiment={experiment}
          metrics={guardrails}
          guardrail
          title="Guardrails"
          note={harmed === 0 ? 'nothing got worse so far' : `${harmed} of ${guardrails.length} got worse`}
        />
      )}
      {metrics.length > 0 && (
        <MetricList
          experiment={experiment}
          metrics={metrics}
          guardrail={false}
          title="Other metrics"
          note="of interest beside the target event; they do not decide"
        />
      )}
    </>
  );
}

interface MetricListProps {
  experiment: ExperimentResult;
  metrics: readonly MetricResult[];
  guardrail: boolean;
  title: string;
  note: string;
}

function MetricList({ experiment, metrics, guardrail, title, note }: MetricListProps) {
  const columns = useMemo(() => metricColumns(listArms(experiment), guardrail), [experiment, guardrail]);
  return (
    <section aria-label={`${title} of ${experiment.test_id}`}>
      <PartCaption title={title} note={note} action={guardrail ? <GuardrailRule /> : <OtherMetricsRule />} />
      <DataTable
        stack
        compact
        caption={`${title} of ${experiment.test_id}`}
        columns={columns}
        rows={metrics}
        rowId={(metric) => metric.name}
      />
    </section>
  );
}

function metricColumns(arms: readonly Arm[], guardrail: boolean): DataColumn<MetricResult>[] {
  return [
    {
      id: 'name',
      label: 'Metric',
      rowHeader: true,
      width: '32%',
      cell: (metric) => (
        <span className={styles.metric}>
          <span className={styles.name}>{metric.name}</span>
          <span className={styles.note}>{describeMetric(metric)}</span>
          {metric.counted_from != null && (
            <span className={styles.note}>visitors since {formatBucket(metric.counted_from, 'day')}</span>
          )}
        </span>
      ),
    },
    ...arms.map((arm): DataColumn<MetricResult> => ({
      id: `mean-${arm.letter}`,
      label: arm.letter,
      align: 'end',
      cell: (metric) => <Mean metric={metric} letter={arm.letter} />,
    })),
    ...arms
      .filter((arm) => !arm.control)
      .map((arm): DataColumn<MetricResult> => ({
        id: `lift-${arm.letter}`,
        label: `${arm.letter} against ${arms.find((one) => one.control)?.letter ?? 'control'}`,
        cell: (metric) => <Answer metric={metric} letter={arm.letter} guardrail={guardrail} />,
      })),
  ];
}

function Mean({ metric, letter }: { metric: MetricResult; letter: string }) {
  const arm = metric.variants[letter];
  if (!arm || arm.visitors === 0) {
    return MISSING;
  }
  return (
    <span className={styles.mean}>
      <span className="tabular">{formatMean(metric, arm.mean)}</span>
      <span className={styles.note}>{formatCount(arm.visitors)} visitors</span>
    </span>
  );
}

function Answer({ metric, letter, guardrail }: { metric: MetricResult; letter: string; guardrail: boolean }) {
  const comparison = metric.comparisons[letter];
  if (!comparison) {
    return MISSING;
  }
  return (
    <span className={styles.answer}>
      <DecisionBadge look={metricLook(comparison, guardrail)} />
      {comparison.lift != null && <LiftValue comparison={comparison} />}
      <span className={styles.note}>
        anytime p {formatPValue(comparison.adjusted_p_value ?? comparison.p_value)}
      </span>
    </span>
  );
}

function GuardrailRule() {
  return (
    <InfoTip label="How guardrails are judged" text="How they are judged">
      <p>
        <strong>A guardrail must not get worse.</strong> It is called worse as soon as its own anytime p-value
        is at most 0.05 in the bad direction. It is not corrected for the number of guardrails: a correction
        would hide harm.
      </p>
      <EvidenceRule />
    </InfoTip>
  );
}

function OtherMetricsRule() {
  return (
    <InfoTip label="How other metrics are judged" text="How they are judged">
      <p>
        <strong>Whoever watches many metrics finds differences by chance.</strong> So the p-values here are
        corrected for all metrics and variants together (Benjamini and Yekutieli), and the target event alone
        decides.
      </p>
      <EvidenceRule />
    </InfoTip>
  );
}

function EvidenceRule() {
  return (
    <p>
      Shares of visitors are compared exactly. Counts and values are means that hold for large numbers
      (asymptotic), over visitors whose window has closed: the visitors of a day enter together.
    </p>
  );
}
