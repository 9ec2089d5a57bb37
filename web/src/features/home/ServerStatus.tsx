import { useQuery } from '@tanstack/react-query';
import { fetchHealth } from '../../api/health.ts';
import { Badge } from '../../design/Badge.tsx';
import { formatDuration } from '../../design/dates.ts';

/** Whether the server behind this page is well, in one badge. */
export function ServerStatus() {
  const health = useQuery({ queryKey: ['health'], queryFn: ({ signal }) => fetchHealth(signal) });
  if (health.isPending) {
    return <Badge dot>Asking the server</Badge>;
  }
  if (health.isError) {
    return (
      <Badge tone="danger" dot>
        Server does not answer
      </Badge>
    );
  }
  const { status, uptime } = health.data;
  return (
    <Badge tone={status === 'healthy' ? 'positive' : 'warning'} dot>
      Server {status}
      {uptime !== undefined && `, up ${formatDuration(uptime)}`}
    </Badge>
  );
}
