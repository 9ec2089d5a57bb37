import { Button } from '../../design/Button.tsx';
import { formatClock } from '../../design/dates.ts';
import { Switch } from '../../design/Switch.tsx';
import styles from './RefreshBar.module.css';

interface RefreshBarProps {
  /** When the server computed the numbers; null before the first answer. */
  generatedAt: string | null;
  live: boolean;
  refreshing: boolean;
  onLiveChange: (live: boolean) => void;
  onRefresh: () => void;
}

/** Says how old the numbers are and lets the reader refresh them, or hold them still while reading. */
export function RefreshBar({ generatedAt, live, refreshing, onLiveChange, onRefresh }: RefreshBarProps) {
  return (
    <div className={styles.bar}>
      <p className={styles.updated}>
        Last updated <span className="tabular">{formatClock(generatedAt)}</span>
      </p>
      <Switch label="Refresh every 10 s" checked={live} onChange={onLiveChange} />
      <Button size="sm" icon="refresh" aria-disabled={refreshing} onClick={onRefresh}>
        Refresh
      </Button>
    </div>
  );
}
