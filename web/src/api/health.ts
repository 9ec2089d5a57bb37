import { request } from './client.ts';
import type { HealthResponse } from './types.ts';

/** State of the server, shown on the home page. */
export function fetchHealth(signal: AbortSignal): Promise<HealthResponse> {
  return request('/api/health', { signal });
}
