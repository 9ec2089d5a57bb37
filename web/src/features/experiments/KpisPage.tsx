import { Card } from '../../design/Card.tsx';
import { EmptyState } from '../../design/EmptyState.tsx';
import { ErrorState } from '../../design/ErrorState.tsx';
import { Notice } from '../../design/Notice.tsx';
import { PageHeader } from '../../design/PageHeader.tsx';
import { Skeleton } from '../../design/Skeleton.tsx';
import { KpiCard } from './KpiCard.tsx';
import styles from './KpisPage.module.css';
import { useKpis } from './useKpis.ts';

/** Admin → Key figures: what each means, and what is known of it. A figure without data shows none. */
export function KpisPage() {
  const kpis = useKpis();
  return (
    <div className={styles.page}>
      <PageHeader
        eyebrow="Admin"
        title="Key figures"
        lead="What each figure means and how it is counted. A figure shows a number only once Dashly can count it; until then it says what is missing."
      />
      {kpis.data ? (
        <>
          {kpis.data.problem !== null && kpis.data.problem !== undefined && (
            <Notice tone="danger" title="The file of key figures cannot be used">
              <p>{kpis.data.problem}</p>
            </Notice>
          )}
          {kpis.data.kpis.length === 0 && !kpis.data.problem && (
            <Card>
              <EmptyState icon="bars" title="No key figure is defined">
                <p>
                  Add an entry to <code>{kpis.data.file}</code> and open this page again.
                </p>
              </EmptyState>
            </Card>
          )}
          <div className={styles.cards}>
            {kpis.data.kpis.map((kpi) => (
              <KpiCard key={kpi.kpi_id} kpi={kpi} at={kpis.data.generated_at} />
            ))}
          </div>
        </>
      ) : kpis.isError ? (
        <ErrorState
          title="The key figures could not be loaded"
          error={kpis.error}
          busy={kpis.isFetching}
          onRetry={() => void kpis.refetch()}
        />
      ) : (
        <div role="status">
          <span className="visually-hidden">Loading the key figures</span>
          <div className={styles.cards}>
            <Skeleton height="14rem" />
            <Skeleton height="14rem" />
          </div>
        </div>
      )}
    </div>
  );
}
