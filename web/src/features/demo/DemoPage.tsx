import { useQuery } from '@tanstack/react-query';
import { EXPERIMENT, fetchConfig, fetchDashboard } from '../../api/experiments.ts';
import { ErrorState } from '../../design/ErrorState.tsx';
import { PageHeader } from '../../design/PageHeader.tsx';
import { Skeleton } from '../../design/Skeleton.tsx';
import { DemoContent } from './DemoContent.tsx';
import styles from './DemoPage.module.css';

const NO_DEFINITIONS: never[] = [];

/** The experiment demo: the visitor meets two experiments, sees the variants they got and what is recorded. */
export function DemoPage() {
  const dashboard = useQuery({
    queryKey: ['dashboard-view'],
    queryFn: ({ signal }) => fetchDashboard(signal),
    staleTime: 0,
  });
  const config = useQuery({ queryKey: ['experiment-config'], queryFn: ({ signal }) => fetchConfig(signal) });

  return (
    <div className={styles.page}>
      <PageHeader
        title="Experiment demo"
        lead="You are a visitor now. Each experiment has drawn a variant for you; use the page and watch what is recorded."
      />
      {dashboard.isPending || (dashboard.isSuccess && config.isPending) ? (
        <div className={styles.pending} role="status">
          <span className="visually-hidden">Loading your variants</span>
          <Skeleton height="9rem" />
          <Skeleton height="12rem" />
        </div>
      ) : dashboard.isError ? (
        <ErrorState
          title="Your variants could not be loaded"
          error={dashboard.error}
          busy={dashboard.isFetching}
          onRetry={() => void dashboard.refetch()}
        />
      ) : (
        <DemoContent
          dashboard={dashboard.data}
          definitions={config.data?.experiments ?? NO_DEFINITIONS}
          scorecards={EXPERIMENT.kpiScorecard}
          onboarding={EXPERIMENT.onboarding}
        />
      )}
    </div>
  );
}
