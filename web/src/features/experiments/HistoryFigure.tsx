import { lazy, Suspense, useMemo, useState } from 'react';
import type { ExperimentHistory, ExperimentResult } from '../../api/types.ts';
import { NumbersTable } from '../../design/NumbersTable.tsx';
import { Segmented } from '../../design/Segmented.tsx';
import { Skeleton } from '../../design/Skeleton.tsx';
import { VariantMark } from '../../design/VariantMark.tsx';
import { listArms } from './arms.ts';
import { PartCaption } from './PartCaption.tsx';
import styles from './History.module.css';
import { historySeries, type HistoryView } from './historySeries.ts';
import { HistoryTable } from './HistoryTable.tsx';

const HistoryChart = lazy(async () => ({ default: (await import('./HistoryChart.tsx')).HistoryChart }));

const VIEWS: readonly { value: HistoryView; label: string }[] = [
  { value: 'lift', label: 'Lift' },
  { value: 'rate', label: 'Rates' },
];

interface HistoryFigureProps {
  experiment: ExperimentResult;
  history: ExperimentHistory;
}

/** The loaded history: a chart with its legend, and the same numbers as a table. */
export function HistoryFigure({ experiment, history }: HistoryFigureProps) {
  const [view, setView] = useState<HistoryView>('lift');
  const series = useMemo(
    () => historySeries(history, listArms(experiment), view),
    [history, experiment, view],
  );
  const steps = series.steps.length;
  if (steps === 0) {
    return null;
  }
  const title = view === 'lift' ? 'Lift over time' : 'Unique rates over time';
  const caption = `${title} of ${experiment.test_id}`;
  return (
    <figure className={styles.figure} aria-label={caption}>
      <PartCaption
        as="figcaption"
        title={title}
        note={
          steps === 1
            ? `the first ${series.grain} is under way`
            : `everything up to the end of each ${series.grain} (UTC); the last one is still filling`
        }
        action={
          <Segmented
            label={`Shown over time for ${experiment.test_id}`}
            value={view}
            options={VIEWS}
            onChange={setView}
          />
        }
      />
      {steps === 1 ? (
        <p className={styles.beginning}>
          The chart begins with the second {series.grain}. Until then the numbers above are the whole history.
        </p>
      ) : (
        <>
          <ul className={styles.legend}>
            {series.lines.map((line) => (
              <li key={line.letter} className={styles.entry}>
                <VariantMark letter={line.letter} place={line.place} />
                {line.label}
              </li>
            ))}
            <li className={styles.note}>Band: where the true {view === 'lift' ? 'lift' : 'rate'} can be</li>
          </ul>
          <Suspense fallback={<Skeleton height="15rem" />}>
            <HistoryChart series={series} />
          </Suspense>
        </>
      )}
      <NumbersTable label={`${caption}, table`}>
        <HistoryTable series={series} caption={caption} />
      </NumbersTable>
    </figure>
  );
}
