import { useMemo } from 'react';
import { DataTable, type DataColumn } from '../../design/DataTable.tsx';
import { formatBucket } from '../../design/dates.ts';
import { formatCount, formatRate } from '../../design/numbers.ts';
import styles from './Timeline.module.css';
import type { TimelineSeries } from './timelineSeries.ts';

interface Row {
  at: string;
  index: number;
}

/** The numbers behind the chart, latest first: the chart's text alternative, and for everybody who wants them exact. */
export function TimelineTable({ series, testId }: { series: TimelineSeries; testId: string }) {
  const rows = useMemo(() => series.buckets.map((at, index): Row => ({ at, index })).reverse(), [series]);
  const columns = useMemo(
    (): DataColumn<Row>[] => [
      {
        id: 'at',
        label: `${series.grain === 'hour' ? 'Hour' : 'Day'} (UTC)`,
        rowHeader: true,
        cell: (row) => formatBucket(row.at, series.grain),
      },
      ...series.lines.flatMap((line): DataColumn<Row>[] => [
        {
          id: `${line.letter}-counts`,
          label: `${line.letter}: converters of exposures`,
          align: 'end',
          cell: (row) => {
            const counts = line.points[row.index]?.counts;
            return `${formatCount(counts?.converters)} of ${formatCount(counts?.exposures)}`;
          },
        },
        {
          id: `${line.letter}-rate`,
          label: `${line.letter}: unique rate`,
          align: 'end',
          cell: (row) => formatRate(line.points[row.index]?.rate),
        },
      ]),
    ],
    [series],
  );
  const caption = `Unique rate over time of ${testId}`;
  return (
    // A region that scrolls has to be reachable by keyboard.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className={styles.scroll} role="region" aria-label={`${caption}, table`} tabIndex={0}>
      <DataTable compact caption={caption} columns={columns} rows={rows} rowId={(row) => row.at} />
    </div>
  );
}
