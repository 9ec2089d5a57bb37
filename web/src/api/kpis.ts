import { request } from './client.ts';
import type { KpisResponse } from './types.ts';

/** The team's key figures, for administrators. */
export function fetchKpis(signal: AbortSignal): Promise<KpisResponse> {
  return request('/api/kpis', { signal });
}
