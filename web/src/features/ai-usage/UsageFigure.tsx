import { lazy, Suspense, useMemo, type CSSProperties } from 'react';
import type { AiUsageReport } from '../../api/types.ts';
import { DataTable, type DataColumn } from '../../design/DataTable.tsx';
import { formatQuantity } from '../../design/numbers.ts';
import { NumbersTable } from '../../design/NumbersTable.tsx';
import { Segmented } from '../../design/Segmented.tsx';
import { Skeleton } from '../../design/Skeleton.tsx';
import { groupingLabel } from './usageGroupings.ts';
import { COMPARISONS, VIEWS } from './usageSearch.ts';
import { formatPart, usageSeries, type Comparison, type UsageSeries, type UsageView } from './usageSeries.ts';
import styles from './AiUsage.module.css';

const UsageChart = lazy(async () => ({ default: (await import('./UsageChart.tsx')).UsageChart }));

interface UsageFigureProps {
  report: AiUsageReport;
  view: UsageView;
  by: Comparison;
  onView: (view: UsageView) => void;
  onBy: (by: Comparison) => void;
}

/** Usage over time: a chart with its legend, and the same numbers as a table. */
export function UsageFigure({ report, view, by, onView, onBy }: UsageFigureProps) {
  const series = useMemo(() => usageSeries(report, view, by), [report, view, by]);
  const title = titleOf(view, by);
  return (
    <figure className={styles.figure} aria-label={title}>
      <figcaption className={styles.caption}>
        <span>
          <strong className={styles.subtitle}>{title}</strong>
          <span className={styles.note}>
            {noteOf(report, view, by)}by the {report.interval}, in UTC;{' '}
            {report.interval === 'day'
              ? 'the first and the last one are not whole'
              : 'the last one is still filling'}
          </span>
        </span>
        <Segmented label="Shown over time" value={view} options={VIEWS} onChange={onView} />
      </figcaption>
      <div className={styles.compare}>
        <span className={styles.text} aria-hidden="true">
          Compare by
        </span>
        <Segmented label="Compare by" value={by} options={COMPARISONS} onChange={onBy} />
      </div>
      <Legend series={series} />
      <Suspense fallback={<Skeleton height="15rem" />}>
        <UsageChart series={series} />
      </Suspense>
      <NumbersTable label={`Table: ${title}`}>
        <StepsTable series={series} title={title} />
      </NumbersTable>
    </figure>
  );
}

function titleOf(view: UsageView, by: Comparison): string {
  const figure = VIEWS.find((one) => one.value === view)?.label ?? '';
  return `${figure} over time${by === 'all' ? '' : ` by ${groupingLabel(by).toLowerCase()}`}`;
}

/** What the numbers of a view are, where its name does not say it. */
function noteOf(report: AiUsageReport, view: UsageView, by: Comparison): string {
  const unpriced = report.totals.calls_without_price;
  if (view === 'cost' && unpriced > 0) {
    return `without ${formatQuantity(unpriced, 'call')} whose model has no known price; `;
  }
  if (view === 'duration' && by !== 'all') {
    return '95 of 100 calls took no longer; ';
  }
  return view === 'errors' && by !== 'all' ? 'failed and refused calls, ' : '';
}

function Legend({ series }: { series: UsageSeries }) {
  return (
    <ul className={styles.legend}>
      {series.parts.map((part) => (
        <li key={part.id} className={styles.entry}>
          <span
            className={styles.swatch}
            style={{ '--swatch': `var(${part.color})` } as CSSProperties}
            aria-hidden="true"
          />
          {part.label}
        </li>
      ))}
    </ul>
  );
}

/** A row of the table: the number of a step. */
interface Step {
  place: number;
  label: string;
}

function StepsTable({ series, title }: { series: UsageSeries; title: string }) {
  const rows = useMemo(() => series.steps.map((label, place): Step => ({ place, label })), [series]);
  const columns = useMemo(
    (): DataColumn<Step>[] => [
      { id: 'step', label: 'Time (UTC)', rowHeader: true, cell: (step) => step.label },
      ...series.parts.map((part) => ({
        id: part.id,
        label: part.label,
        align: 'end' as const,
        cell: (step: Step) => formatPart(series.view, part.values[step.place] ?? null),
      })),
    ],
    [series],
  );
  return <DataTable caption={title} columns={columns} rows={rows} rowId={(step) => step.label} compact />;
}
