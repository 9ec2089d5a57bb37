import type { ExperimentResult } from '../../api/types.ts';
import { Button } from '../../design/Button.tsx';
import { Notice } from '../../design/Notice.tsx';
import { Skeleton } from '../../design/Skeleton.tsx';
import { HistoryFigure } from './HistoryFigure.tsx';
import styles from './History.module.css';
import { useHistory } from './useHistory.ts';

/** How the answer of an experiment came about. */
export function History({ experiment, live }: { experiment: ExperimentResult; live: boolean }) {
  const history = useHistory(experiment.test_id, live);
  if (history.data) {
    return <HistoryFigure experiment={experiment} history={history.data} />;
  }
  if (history.isError) {
    return (
      <Notice
        tone="warning"
        urgent
        title="The history could not be loaded"
        action={
          <Button size="sm" busy={history.isFetching} onClick={() => void history.refetch()}>
            Try again
          </Button>
        }
      >
        <p>{history.error.message}</p>
      </Notice>
    );
  }
  return (
    <div className={styles.loading} role="status">
      <span className="visually-hidden">Loading the history</span>
      <Skeleton height="14rem" />
    </div>
  );
}
