import { request } from './client.ts';
import type { AiCheckResponse, AiStatus, AiUsageReport } from './types.ts';

/** Whether AI can be asked, and what bounds it now. For administrators, as the others. */
export function fetchAiStatus(signal: AbortSignal): Promise<AiStatus> {
  return request('/api/ai/status', { signal });
}

/** What AI calls used in the last so many hours: all of them, or those with each of the given names. */
export function fetchAiUsage(
  hours: number,
  filter: Record<string, string>,
  signal: AbortSignal,
): Promise<AiUsageReport> {
  const parameters = new URLSearchParams({ hours: String(hours), ...filter });
  return request(`/api/ai/usage?${parameters.toString()}`, { signal });
}

/** Asks the model a small question; costs a fraction of a cent. */
export function checkAi(): Promise<AiCheckResponse> {
  return request('/api/ai/check', { method: 'POST', body: {} });
}
