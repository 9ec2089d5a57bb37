import { useMemo } from 'react';
import { DataTable, type DataColumn } from '../../design/DataTable.tsx';
import { formatBucket } from '../../design/dates.ts';
import { formatCount } from '../../design/numbers.ts';
import type { HistorySeries } from './historySeries.ts';
import { spotWords } from './spotWords.ts';

interface Row {
  at: string;
  index: number;
}

const STEP_NAMES = { hour: 'Hour (UTC)', day: 'Day (UTC)', week: 'Week from (UTC)' } as const;

/** The numbers behind the chart, latest first: the chart's text alternative, and for everybody who wants them exact. */
export function HistoryTable({ series, caption }: { series: HistorySeries; caption: string }) {
  const rows = useMemo(() => series.steps.map((at, index): Row => ({ at, index })).reverse(), [series]);
  const columns = useMemo(() => historyColumns(series), [series]);
  return <DataTable compact caption={caption} columns={columns} rows={rows} rowId={(row) => row.at} />;
}

function historyColumns(series: HistorySeries): DataColumn<Row>[] {
  const name = series.view === 'lift' ? 'lift' : 'unique rate';
  return [
    {
      id: 'at',
      label: STEP_NAMES[series.grain],
      rowHeader: true,
      cell: (row) => formatBucket(row.at, series.grain),
    },
    ...series.lines.flatMap((line): DataColumn<Row>[] => [
      ...(series.view === 'rate'
        ? [
            {
              id: `${line.letter}-counts`,
              label: `${line.letter}: converters of exposures`,
              align: 'end' as const,
              cell: (row: Row) => {
                const counts = line.spots[row.index]?.counts;
                return `${formatCount(counts?.converters)} of ${formatCount(counts?.exposures)}`;
              },
            },
          ]
        : []),
      {
        id: `${line.letter}-value`,
        label: `${line.letter}: ${name}`,
        align: 'end',
        cell: (row) => spotWords(line.spots[row.index], series.view).value,
      },
      {
        id: `${line.letter}-interval`,
        label: `${line.letter}: interval`,
        align: 'end',
        cell: (row) => spotWords(line.spots[row.index], series.view).interval,
      },
    ]),
  ];
}
