import { Card } from '../../design/Card.tsx';
import { Skeleton } from '../../design/Skeleton.tsx';
import styles from './ExperimentsPage.module.css';

/** The shape of the results page while its first answer is on the way. */
export function ExperimentsSkeleton() {
  return (
    <div className={styles.page} role="status">
      <span className="visually-hidden">Loading the results</span>
      <Skeleton height="2.5rem" />
      <Skeleton height="6rem" />
      {[1, 2].map((card) => (
        <Card key={card} className={styles.skeletonCard}>
          <Skeleton height="1.5rem" width="14rem" />
          <Skeleton height="1rem" width="24rem" />
          <Skeleton height="7rem" />
          <Skeleton height="12rem" />
        </Card>
      ))}
    </div>
  );
}
