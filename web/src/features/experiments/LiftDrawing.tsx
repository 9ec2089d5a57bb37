import type { ReactNode } from 'react';
import { formatSignedRate } from '../../design/numbers.ts';
import { variantColorNumber } from '../../design/variantColor.ts';
import styles from './LiftDrawing.module.css';
import { placeOn, type LiftScale } from './liftScale.ts';
import type { Treatment } from './treatments.ts';

/** Height of the axis, in pixels. */
const AXIS = 24;

interface LiftDrawingProps {
  scale: LiftScale;
  margin: number;
  treatments: readonly Treatment[];
  /** Height of one row, in pixels; the rows beside the drawing are as high. */
  row: number;
  /** The drawing in words. */
  label: string;
}

/**
 * Dots and bars on one axis. Widths are percentages and heights pixels, so that the drawing follows its container
 * without a script and its text never shrinks.
 */
export function LiftDrawing({ scale, margin, treatments, row, label }: LiftDrawingProps) {
  const height = treatments.length * row;
  const x = (lift: number) => `${Math.min(1, Math.max(0, placeOn(scale, lift))) * 100}%`;
  const decimals = scale.ticks.some((tick) => Math.round(tick * 100) !== tick * 100) ? 1 : 0;
  const band = Math.max(0.8, (placeOn(scale, margin) - placeOn(scale, -margin)) * 100);
  const zero = placeOn(scale, 0) * 100;
  return (
    <svg className={styles.drawing} width="100%" height={height + AXIS} role="img" aria-label={label}>
      <rect className={styles.margin} x={`${zero - band / 2}%`} y={0} width={`${band}%`} height={height} />
      {scale.ticks.map((tick) => (
        <g key={tick}>
          <line
            className={tick === 0 ? styles.zero : styles.grid}
            x1={x(tick)}
            x2={x(tick)}
            y1={0}
            y2={height}
          />
          <text className={styles.tick} x={x(tick)} y={height + 17} textAnchor="middle">
            {tick === 0 ? '0%' : formatSignedRate(tick, decimals)}
          </text>
        </g>
      ))}
      {treatments.map((treatment, place) => (
        <Row key={treatment.arm.letter} treatment={treatment} scale={scale} x={x} y={(place + 0.5) * row} />
      ))}
    </svg>
  );
}

interface RowProps {
  treatment: Treatment;
  scale: LiftScale;
  x: (lift: number) => string;
  y: number;
}

function Row({ treatment, scale, x, y }: RowProps) {
  const { lift, lift_interval: interval } = treatment.comparison;
  if (lift === null || lift === undefined) {
    return (
      <text className={styles.unknown} x="50%" y={y + 4} textAnchor="middle">
        not known yet
      </text>
    );
  }
  const low = interval?.low ?? null;
  const high = interval?.high ?? null;
  const goesLeft = low === null || low < scale.low;
  const goesRight = high === null || high > scale.high;
  const left = x(low ?? scale.low);
  const right = x(high ?? scale.high);
  const color = `var(--variant-${variantColorNumber(treatment.arm.place)})`;
  return (
    <g stroke={color} fill={color}>
      {interval && (
        <>
          <line className={styles.bar} x1={left} x2={right} y1={y} y2={y} />
          <End at={left} y={y}>
            {goesLeft ? <path d="M7-6-1 0l8 6Z" /> : <path className={styles.cap} d="M0-7V7" />}
          </End>
          <End at={right} y={y}>
            {goesRight ? <path d="M-7-6 1 0l-8 6Z" /> : <path className={styles.cap} d="M0-7V7" />}
          </End>
        </>
      )}
      <circle className={styles.dot} cx={x(lift)} cy={y} r={6.5} />
    </g>
  );
}

/** Places a shape at a percentage: an inner drawing has its own origin. */
function End({ at, y, children }: { at: string; y: number; children: ReactNode }) {
  return (
    <svg x={at} y={y} overflow="visible">
      {children}
    </svg>
  );
}
