import { Link } from '@tanstack/react-router';
import type { ExperimentNotice } from '../../../api/types.ts';
import { Badge, type Tone } from '../../../design/Badge.tsx';
import { Button } from '../../../design/Button.tsx';
import { Card } from '../../../design/Card.tsx';
import { formatMoment } from '../../../design/dates.ts';
import { EmptyState } from '../../../design/EmptyState.tsx';
import { ErrorState } from '../../../design/ErrorState.tsx';
import type { IconName } from '../../../design/Icon.tsx';
import { Notice } from '../../../design/Notice.tsx';
import { PageHeader } from '../../../design/PageHeader.tsx';
import { readableId } from '../../../design/readableId.ts';
import { Skeleton } from '../../../design/Skeleton.tsx';
import styles from './Notices.module.css';
import { useMarkRead, useNotices } from './useNotices.ts';

const LOOKS: Record<ExperimentNotice['kind'], { label: string; tone: Tone; icon: IconName }> = {
  decided: { label: 'Decided', tone: 'positive', icon: 'check' },
  sample_ratio_mismatch: { label: 'Sample ratio broken', tone: 'danger', icon: 'alert' },
  guardrail_harmed: { label: 'Guardrail got worse', tone: 'danger', icon: 'alert' },
};

/** Admin → Notices: what was found while nobody looked. */
export function NoticesPage() {
  const log = useNotices();
  const read = useMarkRead();
  const notices = log.data?.pages.flatMap((page) => page.notices) ?? [];
  const unread = log.data?.pages[0]?.unread ?? 0;
  const newest = notices[0];
  return (
    <div className={styles.page}>
      <PageHeader
        eyebrow="Admin"
        title="Notices"
        lead="When a test decides, its sample ratio breaks or a guardrail gets worse, it is said here once, and sent to the webhook if there is one."
        actions={
          newest !== undefined &&
          unread > 0 && (
            <Button size="sm" icon="check" busy={read.isPending} onClick={() => read.mutate(newest.id)}>
              Mark all as read
            </Button>
          )
        }
      />
      {read.isError && (
        <Notice tone="warning" urgent title="They could not be marked">
          <p>{read.error.message}</p>
        </Notice>
      )}
      {log.isError ? (
        <ErrorState
          title="The notices could not be loaded"
          error={log.error}
          busy={log.isFetching}
          onRetry={() => void log.refetch()}
        />
      ) : log.isPending ? (
        <div role="status">
          <span className="visually-hidden">Loading the notices</span>
          <Skeleton height="10rem" />
        </div>
      ) : notices.length === 0 ? (
        <Card>
          <EmptyState icon="bell" title="Nothing was found yet">
            <p>
              You need not wait here: a number at the bell says that there is something. Set{' '}
              <code>NOTICE_WEBHOOK_URL</code> to be told elsewhere too.
            </p>
          </EmptyState>
        </Card>
      ) : (
        <ul className={styles.list}>
          {notices.map((notice) => (
            <li key={notice.id}>
              <OneNotice notice={notice} />
            </li>
          ))}
        </ul>
      )}
      {log.hasNextPage && (
        <div className={styles.more}>
          <Button busy={log.isFetchingNextPage} onClick={() => void log.fetchNextPage()}>
            Load older notices
          </Button>
        </div>
      )}
    </div>
  );
}

function OneNotice({ notice }: { notice: ExperimentNotice }) {
  const look = LOOKS[notice.kind];
  return (
    <Card className={styles.notice}>
      <div className={styles.heading}>
        <Badge tone={look.tone} icon={look.icon}>
          {look.label}
        </Badge>
        {notice.read_at == null && <Badge tone="accent">New</Badge>}
        <time className={styles.when} dateTime={notice.created_at}>
          {formatMoment(notice.created_at)}
        </time>
      </div>
      <h2 className={styles.title}>
        <Link to="/admin/experiments" hash={`experiment-${notice.test_id}`}>
          {readableId(notice.test_id)}
        </Link>
      </h2>
      <p>{notice.sentence}</p>
    </Card>
  );
}
