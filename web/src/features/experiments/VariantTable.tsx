import { useMemo } from 'react';
import type { ExperimentResult } from '../../api/types.ts';
import { classNames } from '../../design/classNames.ts';
import { DataTable, type DataColumn } from '../../design/DataTable.tsx';
import { formatChance, formatCount, formatInterval, formatRate, MISSING } from '../../design/numbers.ts';
import { VariantMark } from '../../design/VariantMark.tsx';
import { intervalScale, rateOf, type Arm } from './arms.ts';
import { ChanceRule, LiftRule, RateRule, UniqueRateRule } from './CountingRules.tsx';
import { IntervalBar } from './IntervalBar.tsx';
import { LiftValue } from './LiftValue.tsx';
import styles from './VariantTable.module.css';

interface VariantTableProps {
  testId: string;
  arms: readonly Arm[];
  comparisons: Comparisons;
}

type Comparisons = ExperimentResult['comparisons'];

/** Counts and rates of an experiment, one row per variant. Ranks nothing: the rows stay in their order. */
export function VariantTable({ testId, arms, comparisons }: VariantTableProps) {
  const scale = intervalScale(arms);
  const columns = useMemo((): DataColumn<Arm>[] => variantColumns(scale, comparisons), [scale, comparisons]);
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
        <LiftRule text="Lift" />
        <ChanceRule text="Chance to beat control" />
      </div>
    </>
  );
}

function variantColumns(scale: number | null, comparisons: Comparisons): DataColumn<Arm>[] {
  return [
    {
      id: 'variant',
      label: 'Variant',
      width: '16%',
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
            Unique rate <UniqueRateRule />
          </span>
          {scale !== null && <Scale end={scale} />}
        </span>
      ),
      width: '25%',
      cell: (arm) => <UniqueRate arm={arm} scale={scale} />,
    },
    {
      id: 'lift',
      label: 'Lift',
      header: (
        <span className={styles.heading}>
          Lift <LiftRule />
        </span>
      ),
      cell: (arm) => <Lift arm={arm} comparisons={comparisons} />,
    },
    {
      id: 'chance',
      label: 'Chance to beat control',
      header: (
        <span className={styles.heading}>
          <ChanceRule /> Chance to beat
        </span>
      ),
      align: 'end',
      cell: (arm) =>
        arm.control ? MISSING : formatChance(comparisons[arm.letter]?.bayesian?.chance_to_beat_control),
    },
  ];
}

function Lift({ arm, comparisons }: { arm: Arm; comparisons: Comparisons }) {
  const comparison = comparisons[arm.letter];
  if (arm.control || !comparison) {
    return MISSING;
  }
  return <LiftValue comparison={comparison} />;
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
      {scale !== null && (
        <>
          <IntervalBar value={value} interval={interval} scale={scale} place={arm.place} />
          <Scale end={scale} />
        </>
      )}
    </span>
  );
}

/** The ends of the bars: once above them all, and on a phone, where there is no heading, below each. */
function Scale({ end }: { end: number }) {
  return (
    <span className={styles.scale} aria-hidden="true">
      <span>0%</span>
      <span>{formatRate(end, 0)}</span>
    </span>
  );
}
