import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { fetchSlices } from '../../api/experiments.ts';
import type { ExperimentResult, Segment } from '../../api/types.ts';
import { Badge } from '../../design/Badge.tsx';
import { Button } from '../../design/Button.tsx';
import { Notice } from '../../design/Notice.tsx';
import { Segmented } from '../../design/Segmented.tsx';
import { Skeleton } from '../../design/Skeleton.tsx';
import { SegmentsTable } from './SegmentsTable.tsx';
import styles from './Segments.module.css';

const SEGMENTS: readonly { value: Segment; label: string }[] = [
  { value: 'device', label: 'Device' },
  { value: 'visitor_kind', label: 'New or returning' },
  { value: 'app_version', label: 'Version' },
];

/** The results of parts of the visitors: asked for on demand, and marked as something to explore only. */
export function Segments({ experiment }: { experiment: ExperimentResult }) {
  const [open, setOpen] = useState(false);
  return (
    <details className={styles.details} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary className={styles.summary}>
        <span className={styles.title}>Segments</span> <Badge>Exploratory</Badge>
      </summary>
      {open && <OpenSegments experiment={experiment} />}
    </details>
  );
}

function OpenSegments({ experiment }: { experiment: ExperimentResult }) {
  const [segment, setSegment] = useState<Segment>('device');
  const slices = useQuery({
    queryKey: ['experiment-slices', experiment.test_id, segment],
    queryFn: ({ signal }) => fetchSlices(experiment.test_id, segment, signal),
    staleTime: 10_000,
    retry: false,
  });
  return (
    <div className={styles.content}>
      <Notice tone="info" title="For exploring, not for deciding">
        <p>
          Whoever looks at many small groups finds differences by chance. Take one as an idea for the next
          experiment; the verdict above counts all visitors.
        </p>
      </Notice>
      <Segmented label="Split visitors by" value={segment} options={SEGMENTS} onChange={setSegment} />
      {slices.data ? (
        <SegmentsTable experiment={experiment} slices={slices.data} />
      ) : slices.isError ? (
        <Notice
          tone="warning"
          urgent
          title="The segments could not be loaded"
          action={
            <Button size="sm" busy={slices.isFetching} onClick={() => void slices.refetch()}>
              Try again
            </Button>
          }
        >
          <p>{slices.error.message}</p>
        </Notice>
      ) : (
        <div role="status">
          <span className="visually-hidden">Loading the segments</span>
          <Skeleton height="6rem" />
        </div>
      )}
    </div>
  );
}
