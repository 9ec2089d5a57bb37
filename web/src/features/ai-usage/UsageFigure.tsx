import { lazy, Suspense, useMemo, useState, type CSSProperties } from 'react';
import type { AiUsageReport } from '../../api/types.ts';
import { DataTable, type DataColumn } from '../../design/DataTable.tsx';
import { NumbersTable } from '../../design/NumbersTable.tsx';
import { Segmented } from '../../design/Segmented.tsx';
import { Skeleton } from '../../design/Skeleton.tsx';
import { formatPart, usageSeries, type UsageSeries, type UsageView } from './usageSeries.ts';
import styles from './AiUsage.module.css';

const UsageChart = lazy(async () => ({ default: (await import('./UsageChart.tsx')).UsageChart }));

const VIEWS: readonly { value: UsageView; label: string }[] = [
  { value: 'calls', label: 'Calls' },
  { value: 'tokens', label: 'Tokens' },
  { value: 'cost', label: 'Cost' },
  { value: 'duration', label: 'Duration' },
];

/** Usage over time: a chart with its legend, and the same numbers as a table. */
export function UsageFigure({ report }: { report: AiUsageReport }) {
  const [view, setView] = useState<UsageView>('calls');
  const series = useMemo(() => usageSeries(report, view), [report, view]);
  const title = `${VIEWS.find((one) => one.value === view)?.label ?? ''} over time`;
  return (
    <figure className={styles.figure} aria-label={title}>
      <figcaption className={styles.caption}>
        <span>
          <strong className={styles.subtitle}>{title}</strong>
          <span className={styles.note}>by the {report.interval}, in UTC; the last one is still filling</span>
        </span>
        <Segmented label="Shown over time" value={view} options={VIEWS} onChange={setView} />
      </figcaption>
      <ul className={styles.legend}>
        {series.parts.map((part) => (
          <li key={part.label} className={styles.entry}>
            <span
              className={styles.swatch}
              style={{ '--swatch': `var(${part.color})` } as CSSProperties}
              aria-hidden="true"
            />
            {part.label}
          </li>
        ))}
      </ul>
      <Suspense fallback={<Skeleton height="15rem" />}>
        <UsageChart series={series} />
      </Suspense>
      <NumbersTable label={`Table: ${title}`}>
        <StepsTable series={series} title={title} />
      </NumbersTable>
    </figure>
  );
}

function StepsTable({ series, title }: { series: UsageSeries; title: string }) {
  type Step = UsageSeries['steps'][number];
  const columns = useMemo(
    (): DataColumn<Step>[] => [
      { id: 'step', label: 'Time (UTC)', rowHeader: true, cell: (step) => step.label },
      ...series.parts.map((part) => ({
        id: part.label,
        label: part.label,
        align: 'end' as const,
        cell: (step: Step) => formatPart(series.view, part.of(step.totals)),
      })),
    ],
    [series],
  );
  return (
    <DataTable caption={title} columns={columns} rows={series.steps} rowId={(step) => step.label} compact />
  );
}
