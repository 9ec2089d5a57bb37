import type { DemoKpi } from './demoKpis.ts';
import styles from './KpiScorecards.module.css';
import { sparklinePath } from './sparklinePath.ts';

interface KpiCardProps {
  kpi: DemoKpi;
  onOpen: () => void;
}

const WIDTH = 160;
const HEIGHT = 40;

/** Variant B: a large card with the change, the week's course and a line of detail. */
export function KpiExpandedCard({ kpi, onOpen }: KpiCardProps) {
  return (
    <button type="button" className={styles.card} onClick={onOpen}>
      <span className={styles.row}>
        <span className={styles.label}>{kpi.label}</span>
        <span className={styles.change}>{kpi.change} vs last week</span>
      </span>
      <span className={styles.bigValue}>{kpi.value}</span>
      <svg
        className={styles.spark}
        viewBox={`0 -2 ${WIDTH} ${HEIGHT + 4}`}
        preserveAspectRatio="none"
        aria-hidden="true"
        focusable="false"
      >
        <path className={styles.area} d={`${sparklinePath(kpi.week, WIDTH, HEIGHT)}V${HEIGHT}H0Z`} />
        <path className={styles.line} d={sparklinePath(kpi.week, WIDTH, HEIGHT)} />
      </svg>
      <span className={styles.detail}>{kpi.detail}</span>
    </button>
  );
}
