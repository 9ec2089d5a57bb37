import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { ResultsResponse } from '../../api/types.ts';
import { Button } from '../../design/Button.tsx';
import { ErrorState } from '../../design/ErrorState.tsx';
import { formatClock } from '../../design/dates.ts';
import { Notice } from '../../design/Notice.tsx';
import { PageHeader } from '../../design/PageHeader.tsx';
import { Switch } from '../../design/Switch.tsx';
import { downloadText } from '../../design/downloadText.ts';
import { csvFileName, resultsCsv } from './csv.ts';
import styles from './ExperimentsPage.module.css';
import { ExperimentsSkeleton } from './ExperimentsSkeleton.tsx';
import { HelpButton } from './HelpButton.tsx';
import { HoldoutButton } from './life/HoldoutButton.tsx';
import { RefreshBar } from './RefreshBar.tsx';
import { ResultsView } from './ResultsView.tsx';
import { HISTORY_KEY } from './useHistory.ts';
import { useResults } from './useResults.ts';

/** Admin → A/B Experiments: the answer of every experiment, what it rests on, and whether the measuring is sound. */
export function ExperimentsPage() {
  const [live, setLive] = useState(true);
  const [archived, setArchived] = useState(false);
  const results = useResults(live, archived);
  const queries = useQueryClient();
  const refresh = () => {
    void results.refetch();
    void queries.invalidateQueries({ queryKey: [HISTORY_KEY] });
  };

  return (
    <div className={styles.page}>
      <PageHeader
        eyebrow="Admin"
        title="A/B Experiments"
        lead="Each experiment begins with its answer. Look as often as you like: the answers are made for being watched, and a variant is called better only when the numbers bear it."
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
          <div className={styles.tools}>
            <HelpButton />
            <HoldoutButton />
            <Button size="sm" icon="download" onClick={() => download(results.data)}>
              Download CSV
            </Button>
            <Switch label="Show archived" checked={archived} onChange={setArchived} />
          </div>
          <ResultsView results={results.data} live={live} />
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

function download(results: ResultsResponse): void {
  downloadText(csvFileName(results.generated_at), resultsCsv(results), 'text/csv');
}
