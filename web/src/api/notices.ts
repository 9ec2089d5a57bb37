import { request } from './client.ts';
import type { NoticesReadResponse, NoticesResponse } from './types.ts';

/** Notices, newest first; `before` continues an earlier page. For administrators, as the other. */
export function fetchNotices(before: number | null, signal: AbortSignal): Promise<NoticesResponse> {
  return request(`/api/notices${before === null ? '' : `?before=${before}`}`, { signal });
}

/** Marks a notice and all older ones as read, for all administrators. */
export function markNoticesRead(upTo: number): Promise<NoticesReadResponse> {
  return request('/api/notices/read', { method: 'POST', body: { up_to: upTo } });
}
