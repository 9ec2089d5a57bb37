import { Skeleton } from '../design/Skeleton.tsx';
import styles from './PagePending.module.css';

/** Shown while the code of a page is on its way. */
export function PagePending() {
  return (
    <div className={styles.pending} role="status">
      <span className="visually-hidden">Loading the page</span>
      <Skeleton height="2rem" width="16rem" />
      <Skeleton height="1rem" width="28rem" />
      <Skeleton height="14rem" />
    </div>
  );
}
