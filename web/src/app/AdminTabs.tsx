import { Link } from '@tanstack/react-router';
import styles from './AdminTabs.module.css';

const TABS = [
  { to: '/admin/experiments', label: 'A/B Experiments' },
  { to: '/admin/kpis', label: 'Key figures' },
  { to: '/admin/changes', label: 'Changes' },
  { to: '/admin/replays', label: 'Replays' },
  { to: '/admin/ai', label: 'AI usage' },
] as const;

/** The pages for administrators. */
export function AdminTabs() {
  return (
    <nav className={styles.tabs} aria-label="Admin">
      {TABS.map(({ to, label }) => (
        <Link key={to} to={to} className={styles.tab}>
          {label}
        </Link>
      ))}
    </nav>
  );
}
