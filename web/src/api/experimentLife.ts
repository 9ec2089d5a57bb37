import { request } from './client.ts';
import type {
  ChangesResponse,
  HoldoutResponse,
  LifeResponse,
  LivesResponse,
  QaLinkRequest,
  QaLinkResponse,
  SettingsPatch,
} from './types.ts';

/** The life of every experiment: declared, changed, and in force. For administrators, as all of these. */
export function fetchLives(signal: AbortSignal): Promise<LivesResponse> {
  return request('/api/experiments/settings', { signal });
}

/** Changes settings of one experiment. Refused when somebody else changed it since `revision`. */
export function patchSettings(testId: string, patch: SettingsPatch): Promise<LifeResponse> {
  return request(`/api/experiments/${encodeURIComponent(testId)}/settings`, { method: 'PATCH', body: patch });
}

/** Forgets what was changed of one experiment: the file holds again. */
export function resetSettings(testId: string, revision: number, reason: string): Promise<LifeResponse> {
  return request(`/api/experiments/${encodeURIComponent(testId)}/settings`, {
    method: 'DELETE',
    body: { revision, reason },
  });
}

/** Changes the share of visitors who take part in nothing; null lets the file hold. */
export function patchHoldout(
  revision: number,
  share: number | null,
  reason: string,
): Promise<HoldoutResponse> {
  return request('/api/experiments/holdout', { method: 'PATCH', body: { revision, share, reason } });
}

/** A signed link that shows one variant to whoever opens it. */
export function createQaLink(testId: string, link: QaLinkRequest): Promise<QaLinkResponse> {
  return request(`/api/experiments/${encodeURIComponent(testId)}/qa-links`, { method: 'POST', body: link });
}

/** The log of changes, newest first; `before` continues an earlier page. */
export function fetchChanges(
  testId: string | undefined,
  before: number | null,
  signal: AbortSignal,
): Promise<ChangesResponse> {
  const query = new URLSearchParams();
  if (testId !== undefined) query.set('test_id', testId);
  if (before !== null) query.set('before', String(before));
  return request(`/api/experiments/changes?${query.toString()}`, { signal });
}
