import { useState } from 'react';
import { Button } from '../../design/Button.tsx';
import { ErrorState } from '../../design/ErrorState.tsx';
import { formatClock } from '../../design/dates.ts';
import { Notice } from '../../design/Notice.tsx';
import { PageHeader } from '../../design/PageHeader.tsx';
import styles from './ExperimentsPage.module.css';
import { ExperimentsSkeleton } from './ExperimentsSkeleton.tsx';
import { RefreshBar } from './RefreshBar.tsx';
import { ResultsView } from './ResultsView.tsx';
import { useResults } from './useResults.ts';

/** Admin → A/B Experiments: what every experiment has measured, and whether the measuring itself is sound. */
export function ExperimentsPage() {
  const [live, setLive] = useState(true);
  const results = useResults(live);
  const refresh = () => void results.refetch();

  return (
    <div className={styles.page}>
      <PageHeader
        eyebrow="Admin"
        title="A/B Experiments"
        lead="Every visitor counts once, under the variant they saw first. Intervals show how sure a rate is; Dashly names no winner from raw rates."
        actions={
          <RefreshBar
            generatedAt={results.data?.generated_at ?? null}
            live={live}
            refreshing={results.isFetching}
            onLiveChange={setLive}
            onRefresh={refresh}
          />
        }
      />
      {results.data ? (
        <>
          {results.isError && (
            <Notice
              tone="warning"
              urgent
              title={`The last refresh failed; these numbers are from ${formatClock(results.data.generated_at)}`}
              action={
                <Button size="sm" busy={results.isFetching} onClick={refresh}>
                  Try again
                </Button>
              }
            >
              <p>{results.error.message}</p>
            </Notice>
          )}
          <ResultsView results={results.data} />
        </>
      ) : results.isError ? (
        <ErrorState
          title="The results could not be loaded"
          error={results.error}
          busy={results.isFetching}
          onRetry={refresh}
        />
      ) : (
        <ExperimentsSkeleton />
      )}
    </div>
  );
}
