import { request } from './client.ts';
import type { AiCheckResponse, AiStatus, AiUsageReport } from './types.ts';

/** Whether AI can be asked, and what bounds it now. For administrators, as the others. */
export function fetchAiStatus(signal: AbortSignal): Promise<AiStatus> {
  return request('/api/ai/status', { signal });
}

/** What AI calls used in the last so many hours. */
export function fetchAiUsage(hours: number, signal: AbortSignal): Promise<AiUsageReport> {
  return request(`/api/ai/usage?hours=${hours}`, { signal });
}

/** Asks the model a small question; costs a fraction of a cent. */
export function checkAi(): Promise<AiCheckResponse> {
  return request('/api/ai/check', { method: 'POST', body: {} });
}
