import { useMemo } from 'react';
import type { ExperimentResult, ExperimentSlices, Slice } from '../../api/types.ts';
import { DataTable, type DataColumn } from '../../design/DataTable.tsx';
import { formatCount, formatRate, MISSING } from '../../design/numbers.ts';
import { listArms, type Arm } from './arms.ts';
import { LiftValue } from './LiftValue.tsx';
import styles from './Segments.module.css';

const NAMES: Record<string, string> = {
  desktop: 'Desktop',
  mobile: 'Mobile',
  tablet: 'Tablet',
  unknown: 'Unknown device',
  new: 'New visitors',
  returning: 'Returning visitors',
  'not recorded': 'Version not recorded',
};

interface SegmentsTableProps {
  experiment: ExperimentResult;
  slices: ExperimentSlices;
}

/** One row per part of the visitors: the rate of each variant, and each lift from that part alone. */
export function SegmentsTable({ experiment, slices }: SegmentsTableProps) {
  const columns = useMemo(() => segmentColumns(listArms(experiment)), [experiment]);
  if (slices.slices.length === 0) {
    return <p className={styles.note}>No visitor has been seen yet, so there is nothing to split.</p>;
  }
  return (
    <DataTable
      stack
      compact
      caption={`Segments of ${experiment.test_id}, exploratory`}
      columns={columns}
      rows={slices.slices}
      rowId={(slice) => slice.name}
    />
  );
}

function segmentColumns(arms: readonly Arm[]): DataColumn<Slice>[] {
  return [
    { id: 'name', label: 'Segment', rowHeader: true, cell: (slice) => NAMES[slice.name] ?? slice.name },
    ...arms.map((arm): DataColumn<Slice> => ({
      id: `rate-${arm.letter}`,
      label: `${arm.letter}: unique rate`,
      align: 'end',
      cell: (slice) => {
        const counts = slice.compared[arm.letter];
        if (!counts || counts.exposures === 0) {
          return MISSING;
        }
        return (
          <span className={styles.rate}>
            {formatRate(counts.converters / counts.exposures, 1)}
            <span className={styles.note}>
              {formatCount(counts.converters)} of {formatCount(counts.exposures)}
            </span>
          </span>
        );
      },
    })),
    ...arms
      .filter((arm) => !arm.control)
      .map((arm): DataColumn<Slice> => ({
        id: `lift-${arm.letter}`,
        label: `${arm.letter}: lift`,
        align: 'end',
        cell: (slice) => {
          const comparison = slice.comparisons[arm.letter];
          return comparison ? <LiftValue comparison={comparison} /> : MISSING;
        },
      })),
  ];
}
