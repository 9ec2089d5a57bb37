import { request } from './client.ts';
import type {
  ConfigResponse,
  DashboardResponse,
  EventRequest,
  EventResponse,
  ExperimentHistory,
  ExperimentPlan,
  ExperimentSlices,
  PlanRequest,
  PricingViewResponse,
  ResultsResponse,
  Segment,
} from './types.ts';

/** Experiment ids the pages draw by hand. Every other experiment is shown by its definition alone. */
export const EXPERIMENT = {
  kpiScorecard: 'kpi_scorecard_layout',
  onboarding: 'guided_onboarding',
  pricing: 'pricing_cta_upgrade',
} as const;

/** The visitor's variants; asking is what exposes them to the dashboard experiments. */
export function fetchDashboard(signal: AbortSignal): Promise<DashboardResponse> {
  return request('/api/experiments/dashboard', { signal });
}

/** The visitor's variant of the pricing experiment; asking is what exposes them to it. */
export function fetchPricingView(signal: AbortSignal): Promise<PricingViewResponse> {
  return request('/api/experiments/pricing-view', { signal });
}

/** Definitions of the running experiments. Sets no cookie and exposes nobody. */
export function fetchConfig(signal: AbortSignal): Promise<ConfigResponse> {
  return request('/api/experiments/config', { signal });
}

/** Results of every experiment, archived ones on request, for administrators. */
export function fetchResults(archived: boolean, signal: AbortSignal): Promise<ResultsResponse> {
  return request(`/api/experiments/results${archived ? '?archived=true' : ''}`, { signal });
}

/** How the answer of one experiment came about, for administrators. */
export function fetchHistory(testId: string, signal: AbortSignal): Promise<ExperimentHistory> {
  return request(`/api/experiments/${encodeURIComponent(testId)}/timeseries`, { signal });
}

/** The results of one experiment split by a segment, for administrators. For exploring only. */
export function fetchSlices(
  testId: string,
  segment: Segment,
  signal: AbortSignal,
): Promise<ExperimentSlices> {
  return request(`/api/experiments/${encodeURIComponent(testId)}/results?segment=${segment}`, { signal });
}

/** What finding a lift costs in visitors. Changes nothing on the server. */
export function fetchPlan(testId: string, plan: PlanRequest, signal: AbortSignal): Promise<ExperimentPlan> {
  return request(`/api/experiments/${encodeURIComponent(testId)}/plan`, {
    method: 'POST',
    body: plan,
    signal,
  });
}

/** Records what the visitor did. Resolves only when the server has committed it. */
export function sendEvent(event: EventRequest): Promise<EventResponse> {
  return request('/api/experiments/events', { method: 'POST', body: event, keepalive: true });
}
