import { lazy, Suspense, useMemo } from 'react';
import type { ExperimentResult } from '../../api/types.ts';
import { Skeleton } from '../../design/Skeleton.tsx';
import { VariantMark } from '../../design/VariantMark.tsx';
import styles from './Timeline.module.css';
import { TimelineTable } from './TimelineTable.tsx';
import { timelineSeries } from './timelineSeries.ts';

const TimelineChart = lazy(async () => ({ default: (await import('./TimelineChart.tsx')).TimelineChart }));

/** How the unique rates of an experiment developed: a chart with its legend, and the same numbers as a table. */
export function Timeline({ experiment }: { experiment: ExperimentResult }) {
  const series = useMemo(() => timelineSeries(experiment), [experiment]);
  const buckets = series.buckets.length;
  if (buckets === 0) {
    return null;
  }
  const unit = series.grain;
  return (
    <figure className={styles.figure} aria-label={`Unique rate over time of ${experiment.test_id}`}>
      <figcaption className={styles.caption}>
        <span className={styles.title}>Unique rate over time</span>
        <span className={styles.note}>
          {buckets === 1
            ? `First ${unit} so far: one point per variant, the line begins with the next ${unit}`
            : `Cumulative, at the end of each ${unit} (UTC); the last one is still filling`}
        </span>
        <ul className={styles.legend}>
          {series.lines.map((line) => (
            <li key={line.letter} className={styles.entry}>
              <VariantMark letter={line.letter} place={line.place} />
              {line.label}
            </li>
          ))}
        </ul>
      </figcaption>
      <Suspense fallback={<Skeleton height="13rem" />}>
        <TimelineChart series={series} />
      </Suspense>
      <details className={styles.details}>
        <summary className={styles.summary}>Show these numbers as a table</summary>
        <TimelineTable series={series} testId={experiment.test_id} />
      </details>
    </figure>
  );
}
