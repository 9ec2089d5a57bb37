import type { DemoKpi } from './demoKpis.ts';
import styles from './KpiScorecards.module.css';

interface KpiCardProps {
  kpi: DemoKpi;
  onOpen: () => void;
}

/** Variant A: name and value, four in a row. */
export function KpiCompactCard({ kpi, onOpen }: KpiCardProps) {
  return (
    <button type="button" className={styles.card} onClick={onOpen}>
      <span className={styles.label}>{kpi.label}</span>
      <span className={styles.value}>{kpi.value}</span>
    </button>
  );
}
