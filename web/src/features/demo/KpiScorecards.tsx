import { DEMO_KPIS } from './demoKpis.ts';
import { KpiCompactCard } from './KpiCompactCard.tsx';
import { KpiExpandedCard } from './KpiExpandedCard.tsx';
import styles from './KpiScorecards.module.css';

interface KpiScorecardsProps {
  variant: string;
  onOpen: () => void;
}

/** The scorecards under experiment: B shows large cards with a week's course, anything else the compact row. */
export function KpiScorecards({ variant, onOpen }: KpiScorecardsProps) {
  const expanded = variant === 'B';
  return (
    <ul
      className={expanded ? styles.expanded : styles.compact}
      data-layout={expanded ? 'expanded' : 'compact'}
    >
      {DEMO_KPIS.map((kpi) => (
        <li key={kpi.id}>
          {expanded ? (
            <KpiExpandedCard kpi={kpi} onOpen={onOpen} />
          ) : (
            <KpiCompactCard kpi={kpi} onOpen={onOpen} />
          )}
        </li>
      ))}
    </ul>
  );
}
