/**
 * Shapes of the Dashly API, as its answers arrive. Kept in this one file so that types generated from the OpenAPI
 * document can replace it without touching anything else.
 */

/** One wrong field of a refused request: where it is and what was expected. */
export interface ProblemField {
  pointer: string;
  code?: string;
  detail: string;
}

/** Body of every error answer (RFC 9457, `application/problem+json`). */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  instance?: string;
  request_id?: string;
  errors?: ProblemField[];
}

/** Whether the person may see the admin pages. */
export type Role = 'admin' | 'user';

/** The signed-in person. */
export interface User {
  id: string;
  username: string;
  email: string;
  role: Role;
  companyName: string | null;
  status?: string;
}

/** Answer of `POST /api/auth/login`. The token also arrives as an HttpOnly cookie, which is the one the app uses. */
export interface LoginResponse {
  success: true;
  message: string;
  token: string;
  user: User;
}

/** Answer of `GET /api/auth/me`. */
export interface SessionResponse {
  success: true;
  user: User;
}

/** Answer of `GET /api/health`, as far as the app reads it. */
export interface HealthResponse {
  success: boolean;
  status: string;
  timestamp: string;
  uptime?: number;
}

/** Letter of a variant, `A` and `B` in most experiments. */
export type VariantLetter = string;

/** What a view answers about one experiment of this visitor. */
export interface VariantDescription {
  variant: VariantLetter;
  description: string;
}

/** Answer of `GET /api/experiments/dashboard`. */
export interface DashboardResponse {
  success: true;
  variants: Record<string, VariantLetter>;
  variantDescriptions: Record<string, VariantDescription>;
  message: string;
  exposure_logged: boolean;
  enrolled: Record<string, boolean>;
}

/** Answer of `GET /api/experiments/pricing-view`. */
export interface PricingViewResponse {
  success: true;
  testId: string;
  variant: VariantLetter;
  description: string;
  message: string;
  exposure_logged: boolean;
  enrolled: boolean;
  variants: Record<string, VariantLetter>;
}

/** Body of `POST /api/experiments/events`. `event_id` makes a repeated request harmless. */
export interface EventRequest {
  event: string;
  testId?: string;
  variant?: VariantLetter;
  event_id: string;
  value?: number;
}

/** Something the server wants to say about an event it kept, for example that it came before the exposure. */
export interface EventWarning {
  code: string;
  detail: string;
}

/** Answer of `POST /api/experiments/events`. */
export interface EventResponse {
  success: true;
  message: string;
  event: string;
  testId: string | null;
  variant: VariantLetter | null;
  deduplicated: boolean;
  counted: boolean;
  warnings?: EventWarning[];
}

/** A running experiment as anyone may see it (`GET /api/experiments/config`). */
export interface ExperimentDefinition {
  test_id: string;
  description: string;
  variants: Record<VariantLetter, string>;
  target_event: string;
  change_type?: string | null;
  what_changes?: string | null;
}

/** Answer of `GET /api/experiments/config`. */
export interface ConfigResponse {
  success: true;
  experiments: ExperimentDefinition[];
}

/** Bounds of an interval; both are ratios between 0 and 1. */
export interface Interval {
  low: number;
  high: number;
}

/** Counts and rates of one variant. A rate that cannot be computed is null. */
export interface VariantResult {
  exposures: number;
  events: number;
  conversion_rate: number | null;
  converters: number;
  unique_conversion_rate: number | null;
  unique_conversion_rate_interval: Interval | null;
}

/** Cumulative counts of one variant at the end of a bucket. */
export interface TimelineCounts {
  exposures: number;
  events: number;
  converters: number;
}

/** One bucket of the timeline; `at` is the start of that hour or day, in UTC. */
export interface TimelinePoint {
  at: string;
  variants: Record<VariantLetter, TimelineCounts>;
}

/** Course of an experiment over time, ascending. */
export interface Timeline {
  grain: 'hour' | 'day';
  points: TimelinePoint[];
}

/** Irregularities of one experiment, each a count. */
export interface ExperimentHealth {
  false_variants: number;
  early_events: number;
  several_variants: number;
  stopped_events: number;
}

/** Where an experiment stands in its life. */
export type ExperimentStatus = 'draft' | 'running' | 'stopped';

/** Everything the results page shows about one experiment. */
export interface ExperimentResult {
  test_id: string;
  description: string;
  target_event: string;
  status: ExperimentStatus;
  control: VariantLetter;
  variants: Record<VariantLetter, string>;
  shares: Record<VariantLetter, number>;
  results: Record<VariantLetter, VariantResult>;
  timeline: Timeline;
  health: ExperimentHealth;
}

/** State of the experiment definitions file. With a problem, the last good version stays in force. */
export interface DefinitionsHealth {
  status: 'ok' | 'error';
  file: string;
  loaded_at: string | null;
  experiments: number;
  problem: { detail: string; errors: ProblemField[] } | null;
}

/** State of the writer that commits exposures and events. */
export interface WriterHealth {
  status: 'ok' | 'degraded';
  queued: number;
  queue_capacity: number;
  committed_records: number;
  last_commit_at: string | null;
  last_error: string | null;
}

/** State of the JSON copies of the stored records. */
export interface MirrorHealth {
  status: 'ok' | 'catching_up' | 'error' | 'off' | 'elsewhere';
  directory: string | null;
  exposures: number;
  events: number;
  problem: string | null;
}

/** The parts every number on the results page depends on. */
export interface ResultsHealth {
  definitions: DefinitionsHealth;
  writer: WriterHealth;
  mirror: MirrorHealth;
}

/** Answer of `GET /api/experiments/results` (administrators only). */
export interface ResultsResponse {
  success: true;
  generated_at: string;
  total_exposures: number;
  total_events: number;
  experiments: ExperimentResult[];
  health: ResultsHealth;
}
