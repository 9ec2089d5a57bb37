import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { Change } from '../../../api/types.ts';
import { Button } from '../../../design/Button.tsx';
import { Card } from '../../../design/Card.tsx';
import { DataTable, type DataColumn } from '../../../design/DataTable.tsx';
import { formatMoment } from '../../../design/dates.ts';
import { EmptyState } from '../../../design/EmptyState.tsx';
import { ErrorState } from '../../../design/ErrorState.tsx';
import { PageHeader } from '../../../design/PageHeader.tsx';
import { readableId } from '../../../design/readableId.ts';
import { Skeleton } from '../../../design/Skeleton.tsx';
import styles from './ChangesPage.module.css';
import { actionWords, listFields } from './lifeWords.ts';
import { useChanges } from './useChanges.ts';

/** Admin → Changes: who changed which experiment, when and why. */
export function ChangesPage() {
  const { test_id: testId } = useSearch({ from: '/administrators/admin/changes' });
  const navigate = useNavigate();
  const log = useChanges(testId);
  const changes = useMemo(() => log.data?.pages.flatMap((page) => page.changes) ?? [], [log.data]);
  return (
    <div className={styles.page}>
      <PageHeader
        eyebrow="Admin"
        title="Changes"
        lead="Every change of an experiment made on these pages or written into the file: who, when, what and why. Lines are never altered."
      />
      {testId !== undefined && (
        <div className={styles.filter}>
          <p>
            Only <strong>{readableId(testId)}</strong>
          </p>
          <Button size="sm" onClick={() => void navigate({ to: '/admin/changes' })}>
            Show all
          </Button>
        </div>
      )}
      {log.isError ? (
        <ErrorState
          title="The log could not be loaded"
          error={log.error}
          busy={log.isFetching}
          onRetry={() => void log.refetch()}
        />
      ) : log.isPending ? (
        <div role="status">
          <span className="visually-hidden">Loading the log</span>
          <Skeleton height="14rem" />
        </div>
      ) : (
        <Card>
          {changes.length === 0 ? (
            <EmptyState icon="clock" title="Nothing was changed yet">
              <p>
                “Manage” on an experiment’s card starts, stops and ramps it. Edits of the file are not listed
                here: its history is wherever you keep it.
              </p>
            </EmptyState>
          ) : (
            <DataTable
              stack
              caption="Changes of experiments, newest first"
              columns={COLUMNS}
              rows={changes}
              rowId={(change) => String(change.id)}
            />
          )}
          {log.hasNextPage && (
            <div className={styles.more}>
              <Button busy={log.isFetchingNextPage} onClick={() => void log.fetchNextPage()}>
                Load older changes
              </Button>
            </div>
          )}
        </Card>
      )}
    </div>
  );
}

const COLUMNS: readonly DataColumn<Change>[] = [
  {
    id: 'at',
    label: 'When',
    cell: (change) => <time dateTime={change.at}>{formatMoment(change.at)}</time>,
  },
  { id: 'by', label: 'Who', cell: (change) => change.by },
  {
    id: 'test',
    label: 'Experiment',
    rowHeader: true,
    cell: (change) => (change.test_id == null ? 'All experiments' : readableId(change.test_id)),
  },
  {
    id: 'what',
    label: 'What',
    cell: (change) => <span className={styles.what}>{actionWords(change.action)}</span>,
  },
  {
    id: 'fields',
    label: 'Before and after',
    width: '28%',
    cell: (change) => (
      <span className={styles.fields}>
        {listFields(change).map(({ field, before, after }) => (
          <span key={field}>
            {field}: {before !== '' && <>{before} → </>}
            <strong>{after}</strong>
          </span>
        ))}
      </span>
    ),
  },
  { id: 'reason', label: 'Why', width: '20%', cell: (change) => change.reason ?? '–' },
];
