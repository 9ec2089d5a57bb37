import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { fetchReplays } from '../../../api/replays.ts';
import type { ReplaySeries } from '../../../api/types.ts';
import { Button } from '../../../design/Button.tsx';
import { Card } from '../../../design/Card.tsx';
import { CopyLine } from '../../../design/CopyLine.tsx';
import { DataTable, type DataColumn } from '../../../design/DataTable.tsx';
import { EmptyState } from '../../../design/EmptyState.tsx';
import { ErrorState } from '../../../design/ErrorState.tsx';
import { Field } from '../../../design/Field.tsx';
import { formatCount } from '../../../design/numbers.ts';
import { PageHeader } from '../../../design/PageHeader.tsx';
import { Segmented } from '../../../design/Segmented.tsx';
import { Skeleton } from '../../../design/Skeleton.tsx';
import { LooksFigure } from './LooksFigure.tsx';
import { filterSeries, type ReplayFilter } from './replayFilter.ts';
import styles from './Replays.module.css';
import { seriesName } from './seriesName.ts';
import { SourceSummary } from './SourceSummary.tsx';

const FILTERS: readonly { value: ReplayFilter; label: string }[] = [
  { value: 'all', label: 'All' },
  { value: 'lost', label: 'There and gone' },
  { value: 'sequence', label: 'Called by the sequence' },
];

/** Rows shown at once; "Show more" adds as many. */
const PAGE_ROWS = 12;

const IMPORT = 'dashly experiments import FILE.csv.gz --source NAME --licence LICENCE';

/** Admin → Replays: what looking often does to answers, on the experiments of others. */
export function ReplaysPage() {
  const replays = useQuery({
    queryKey: ['replays'],
    queryFn: ({ signal }) => fetchReplays(signal),
    staleTime: 60_000,
    retry: false,
  });
  return (
    <div className={styles.page}>
      <PageHeader
        eyebrow="Admin"
        title="Replays"
        lead="Published experiments, looked at again and again: how often an answer that was there at one look is gone at the next, and what a confidence sequence would have said."
      />
      {replays.data ? (
        replays.data.sources.length === 0 ? (
          <Card>
            <EmptyState icon="book" title="Nothing is imported yet">
              <p>Import a file of repeated looks, such as the ASOS Digital Experiments Dataset:</p>
              <CopyLine text={IMPORT} label="Copy the command" />
            </EmptyState>
          </Card>
        ) : (
          <>
            {replays.data.sources.map((source) => (
              <Card key={source.source}>
                <SourceSummary source={source} />
              </Card>
            ))}
            <SeriesCard all={replays.data.series} />
          </>
        )
      ) : replays.isError ? (
        <ErrorState
          title="The replays could not be loaded"
          error={replays.error}
          busy={replays.isFetching}
          onRetry={() => void replays.refetch()}
        />
      ) : (
        <div role="status">
          <span className="visually-hidden">Loading the replays</span>
          <Skeleton height="14rem" />
        </div>
      )}
    </div>
  );
}

function SeriesCard({ all }: { all: readonly ReplaySeries[] }) {
  const [filter, setFilter] = useState<ReplayFilter>('lost');
  const [text, setText] = useState('');
  const [shown, setShown] = useState(PAGE_ROWS);
  const [chosen, setChosen] = useState<ReplaySeries | null>(null);
  const found = useMemo(() => filterSeries(all, filter, text), [all, filter, text]);
  const rows = useMemo(() => found.slice(0, shown), [found, shown]);
  const columns = useMemo(() => seriesColumns(setChosen), []);
  const looked = chosen ?? found[0];
  return (
    <Card className={styles.series} aria-labelledby="replay-series">
      <h2 id="replay-series" className={styles.title}>
        Series
      </h2>
      {looked && <LooksFigure key={seriesName(looked)} series={looked} />}
      <div className={styles.filters}>
        <Segmented
          label="Which series"
          value={filter}
          options={FILTERS}
          onChange={(value) => {
            setFilter(value);
            setShown(PAGE_ROWS);
            setChosen(null);
          }}
        />
        <Field
          label="Experiment"
          value={text}
          autoComplete="off"
          placeholder="any"
          onChange={(event) => {
            setText(event.currentTarget.value);
            setChosen(null);
          }}
        />
      </div>
      <p role="status" className={styles.note}>
        {formatCount(found.length)} series, the strongest first
      </p>
      {rows.length > 0 && (
        <DataTable
          stack
          compact
          caption="Imported series"
          columns={columns}
          rows={rows}
          rowId={(series) => `${series.source} ${seriesName(series)}`}
        />
      )}
      {found.length > shown && (
        <div className={styles.more}>
          <Button onClick={() => setShown(shown + PAGE_ROWS)}>Show more</Button>
        </div>
      )}
    </Card>
  );
}

function seriesColumns(onChoose: (series: ReplaySeries) => void): DataColumn<ReplaySeries>[] {
  const yes = (holds: boolean) => (holds ? 'yes' : 'no');
  return [
    {
      id: 'name',
      label: 'Series',
      rowHeader: true,
      width: '34%',
      cell: (series) => (
        <button type="button" className={styles.choose} onClick={() => onChoose(series)}>
          {seriesName(series)}
        </button>
      ),
    },
    { id: 'looks', label: 'Looks', align: 'end', cell: (series) => formatCount(series.looks) },
    { id: 'visitors', label: 'Visitors', align: 'end', cell: (series) => formatCount(series.visitors) },
    { id: 'largest', label: 'Largest |z|', align: 'end', cell: (series) => series.largest_z.toFixed(2) },
    { id: 'last', label: 'z at the last look', align: 'end', cell: (series) => series.last_z.toFixed(2) },
    { id: 'some', label: 'Crossed', cell: (series) => yes(series.crossed_at_some_look) },
    { id: 'still', label: 'Still', cell: (series) => yes(series.crossed_at_last_look) },
    { id: 'sequence', label: 'Sequence', cell: (series) => yes(series.sequence_excludes_zero) },
  ];
}
