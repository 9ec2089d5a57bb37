import { useMemo } from 'react';
import type { ExperimentResult } from '../../api/types.ts';
import { DataTable, type DataColumn } from '../../design/DataTable.tsx';
import { formatMoment } from '../../design/dates.ts';
import { Notice } from '../../design/Notice.tsx';
import { formatSplit } from '../../design/numbers.ts';
import { VariantMark } from '../../design/VariantMark.tsx';
import { listArms } from './arms.ts';
import { splitRows, type SplitRow } from './splitRows.ts';
import styles from './DataQuality.module.css';

const COLUMNS: DataColumn<SplitRow>[] = [
  {
    id: 'variant',
    label: 'Variant',
    rowHeader: true,
    cell: (row) => (
      <span className={styles.variant}>
        <VariantMark letter={row.letter} place={row.place} /> {row.label}
      </span>
    ),
  },
  { id: 'observed', label: 'Visitors', align: 'end', cell: (row) => row.observed },
  { id: 'expected', label: 'Expected', align: 'end', cell: (row) => row.expected },
  { id: 'share', label: 'Share', align: 'end', cell: (row) => row.share },
];

/** At length what is wrong with the split, because it makes every other number of the experiment worthless. */
export function SampleRatioMismatch({ experiment }: { experiment: ExperimentResult }) {
  const rows = useMemo(() => splitRows(experiment), [experiment]);
  const arms = listArms(experiment);
  const since = experiment.sample_ratio.found_at;
  return (
    <Notice
      tone="danger"
      title={`Sample ratio mismatch${since ? `, found ${formatMoment(since)}` : ''}: do not read the rates`}
    >
      <p>
        Designed: {formatSplit(arms.map((arm) => arm.share))}. Look for a redirect, an error or a cache that
        affects one variant only, and for bots. Then start again under a new id.
      </p>
      <div className={styles.split}>
        <DataTable
          compact
          caption={`Split of ${experiment.test_id}`}
          columns={COLUMNS}
          rows={rows}
          rowId={(row) => row.letter}
        />
      </div>
    </Notice>
  );
}
