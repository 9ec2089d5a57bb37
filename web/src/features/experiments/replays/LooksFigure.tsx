import { useQuery } from '@tanstack/react-query';
import { fetchReplayLooks } from '../../../api/replays.ts';
import type { ReplayLook, ReplaySeries } from '../../../api/types.ts';
import { DataTable, type DataColumn } from '../../../design/DataTable.tsx';
import { ErrorState } from '../../../design/ErrorState.tsx';
import { formatCount } from '../../../design/numbers.ts';
import { NumbersTable } from '../../../design/NumbersTable.tsx';
import { Skeleton } from '../../../design/Skeleton.tsx';
import { PartCaption } from '../PartCaption.tsx';
import { drawLooks, HEIGHT, WIDTH } from './looksPath.ts';
import styles from './Replays.module.css';
import { seriesName } from './seriesName.ts';

/** Every look of one series: the interval that a single test gives, and the sequence that holds at all looks. */
export function LooksFigure({ series }: { series: ReplaySeries }) {
  const looks = useQuery({
    queryKey: ['replay-looks', series.source, series.experiment_id, series.variant_id, series.metric_id],
    queryFn: ({ signal }) => fetchReplayLooks(series, signal),
    staleTime: Infinity,
    retry: false,
  });
  if (looks.isError) {
    return (
      <ErrorState
        title="The looks could not be loaded"
        error={looks.error}
        busy={looks.isFetching}
        onRetry={() => void looks.refetch()}
      />
    );
  }
  if (!looks.data) {
    return (
      <div role="status">
        <span className="visually-hidden">Loading the looks</span>
        <Skeleton height="16rem" />
      </div>
    );
  }
  const name = seriesName(series);
  const drawing = drawLooks(looks.data.looks);
  return (
    <figure className={styles.figure} aria-label={`Looks of ${name}`}>
      <PartCaption
        as="figcaption"
        title={name}
        note={`difference of the means at ${looks.data.looks.length} looks, from ${formatNumber(drawing.low)} to ${formatNumber(drawing.high)}`}
      />
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} className={styles.drawing} aria-hidden="true">
        <polygon points={drawing.sequence} className={styles.sequence} />
        <polygon points={drawing.interval} className={styles.interval} />
        <line x1={0} x2={WIDTH} y1={drawing.zero} y2={drawing.zero} className={styles.zero} />
        <polyline points={drawing.line} className={styles.line} />
        {drawing.crossings.map(({ x, y }) => (
          <circle key={x} cx={x} cy={y} r={3.5} className={styles.crossing} />
        ))}
      </svg>
      <ul className={styles.legend}>
        <li>
          <span className={styles.intervalKey} aria-hidden="true" /> 95% interval for a single look
        </li>
        <li>
          <span className={styles.sequenceKey} aria-hidden="true" /> 95% confidence sequence: all looks
          together
        </li>
        <li>
          <span className={styles.crossingKey} aria-hidden="true" /> a single test would call a difference
        </li>
      </ul>
      <NumbersTable label={`Looks of ${name}, table`}>
        <DataTable
          compact
          caption={`Looks of ${name}, as numbers`}
          columns={COLUMNS}
          rows={looks.data.looks}
          rowId={(look) => String(look.at)}
        />
      </NumbersTable>
    </figure>
  );
}

const COLUMNS: readonly DataColumn<ReplayLook>[] = [
  { id: 'at', label: 'Time', rowHeader: true, cell: (look) => formatNumber(look.at) },
  { id: 'visitors', label: 'Visitors', align: 'end', cell: (look) => formatCount(look.visitors) },
  { id: 'difference', label: 'Difference', align: 'end', cell: (look) => formatNumber(look.difference) },
  { id: 'z', label: 'z', align: 'end', cell: (look) => look.z.toFixed(2) },
  {
    id: 'sequence',
    label: 'Confidence sequence',
    align: 'end',
    cell: (look) => `${formatNumber(look.sequence.low)} to ${formatNumber(look.sequence.high)}`,
  },
];

function formatNumber(value: number): string {
  return new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3 }).format(value);
}
