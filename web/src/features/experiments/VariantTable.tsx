import { useMemo } from 'react';
import { classNames } from '../../design/classNames.ts';
import { DataTable, type DataColumn } from '../../design/DataTable.tsx';
import { formatCount, formatInterval, formatRate } from '../../design/numbers.ts';
import { VariantMark } from '../../design/VariantMark.tsx';
import { intervalScale, rateOf, type Arm } from './arms.ts';
import { RateRule, UniqueRateRule } from './CountingRules.tsx';
import { IntervalBar } from './IntervalBar.tsx';
import styles from './VariantTable.module.css';

interface VariantTableProps {
  testId: string;
  arms: readonly Arm[];
}

/** Counts and rates of an experiment, one row per variant. Ranks nothing: the rows stay in their order. */
export function VariantTable({ testId, arms }: VariantTableProps) {
  const scale = intervalScale(arms);
  const columns = useMemo((): DataColumn<Arm>[] => variantColumns(scale), [scale]);
  return (
    <>
      <DataTable
        stack
        caption={`Results of ${testId}`}
        columns={columns}
        rows={arms}
        rowId={(arm) => arm.letter}
      />
      <div className={styles.rules}>
        <RateRule text="Rate" />
        <UniqueRateRule text="Unique rate" />
      </div>
    </>
  );
}

function variantColumns(scale: number | null): DataColumn<Arm>[] {
  return [
    {
      id: 'variant',
      label: 'Variant',
      width: '23%',
      rowHeader: true,
      cell: (arm) => (
        <span className={styles.variant}>
          <VariantMark letter={arm.letter} place={arm.place} />
          <span>{arm.label}</span>
          {arm.control && <span className={styles.control}>control</span>}
        </span>
      ),
    },
    { id: 'exposures', label: 'Exposures', align: 'end', cell: (arm) => formatCount(arm.result?.exposures) },
    { id: 'events', label: 'Events', align: 'end', cell: (arm) => formatCount(arm.result?.events) },
    {
      id: 'rate',
      label: 'Rate',
      header: (
        <span className={styles.heading}>
          <RateRule /> Rate
        </span>
      ),
      align: 'end',
      cell: (arm) => formatRate(rateOf(arm, 'conversion_rate')),
    },
    {
      id: 'converters',
      label: 'Converters',
      align: 'end',
      cell: (arm) => formatCount(arm.result?.converters),
    },
    {
      id: 'unique-rate',
      label: 'Unique rate',
      header: (
        <span className={styles.wide}>
          <span className={styles.heading}>
            Unique rate, 95% interval <UniqueRateRule />
          </span>
          <span className={styles.scale} aria-hidden="true">
            <span>{scale !== null && '0%'}</span>
            <span>{scale === null ? '' : formatRate(scale, 0)}</span>
          </span>
        </span>
      ),
      width: '41%',
      cell: (arm) => <UniqueRate arm={arm} scale={scale} />,
    },
  ];
}

function UniqueRate({ arm, scale }: { arm: Arm; scale: number | null }) {
  const value = rateOf(arm, 'unique_conversion_rate');
  const interval = value === null ? null : (arm.result?.unique_conversion_rate_interval ?? null);
  return (
    <span className={styles.unique}>
      <span className={classNames(styles.numbers, 'tabular')}>
        <span className={styles.value}>{formatRate(value)}</span>
        {interval && (
          <span className={styles.interval}>
            <span className="visually-hidden">, 95% interval </span>
            {formatInterval(interval)}
          </span>
        )}
        {value === null && <span className={styles.interval}>no visitors yet</span>}
      </span>
      {scale !== null && <IntervalBar value={value} interval={interval} scale={scale} place={arm.place} />}
    </span>
  );
}
