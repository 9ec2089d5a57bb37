import { Link } from '@tanstack/react-router';
import { Icon } from '../../../design/Icon.tsx';
import styles from './Notices.module.css';
import { useUnread } from './useNotices.ts';

/** The way to the notices, with the number of those that nobody has read. */
export function NoticesBell() {
  const unread = useUnread().data ?? 0;
  const label = unread === 0 ? 'Notices' : `Notices, ${unread} unread`;
  return (
    <Link to="/admin/notices" className={styles.bell} aria-label={label} title={label}>
      <Icon name="bell" />
      {unread > 0 && (
        <span className={styles.count} aria-hidden="true">
          {unread > 99 ? '99+' : unread}
        </span>
      )}
    </Link>
  );
}
