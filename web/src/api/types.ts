/**
 * Shapes of the Dashly API under the names the app uses.
 *
 * They are aliases of the types in `schema.d.ts`, which `npm run generate:api` writes from `openapi/api.json`: a change
 * of the server shows here as a type error. Only what the document cannot say is written by hand.
 */
import type { components } from './schema.d.ts';

type Schemas = components['schemas'];
type Some<Shape, Kept extends keyof Shape> = Pick<Shape, Kept> & Partial<Shape>;

/** One wrong field of a refused request. A proxy in front of Dashly may leave out the code. */
export type ProblemField = Some<Schemas['FieldError'], 'pointer' | 'detail'>;

/** Body of an error answer (RFC 9457) as far as it can be relied on: a proxy in front of Dashly may send less. */
export type Problem = Some<
  Pick<Schemas['Problem'], 'type' | 'title' | 'status' | 'detail' | 'instance' | 'request_id'>,
  'type' | 'title' | 'status' | 'detail'
> & { errors?: ProblemField[] };

/** Whether the person may see the admin pages. */
export type Role = Schemas['AccountRole'];

/** The signed-in person; only `GET /api/auth/me` tells the status. */
export type User = Schemas['LoginUser'] & Partial<Pick<Schemas['MeUser'], 'status'>>;

/** Answer of `POST /api/auth/login`. The token also arrives as an HttpOnly cookie, which is the one the app uses. */
export type LoginResponse = Schemas['LoginResponse'];

/** Answer of `GET /api/auth/me`. */
export type SessionResponse = Schemas['MeResponse'];

/** Answer of `GET /api/health`. */
export type HealthResponse = Schemas['HealthReply'];

/** Letter of a variant, `A` and `B` in most experiments. */
export type VariantLetter = string;

/** Answer of `GET /api/experiments/dashboard`. */
export type DashboardResponse = Schemas['DashboardReply'];

/** Answer of `GET /api/experiments/pricing-view`. */
export type PricingViewResponse = Schemas['PricingViewReply'];

/** Body of `POST /api/experiments/events`. This app always sends an id, so that a repeated request is harmless. */
export type EventRequest = Omit<Schemas['EventBody'], 'event_id'> & { event_id: string };

/** Answer of `POST /api/experiments/events`. */
export type EventResponse = Schemas['EventReply'];

/** A running experiment as anyone may see it (`GET /api/experiments/config`). */
export type ExperimentDefinition = Schemas['ConfigExperiment'];

/** Answer of `GET /api/experiments/config`. */
export type ConfigResponse = Schemas['ConfigReply'];

/** Bounds of an interval; both are ratios between 0 and 1. */
export type Interval = Schemas['Interval'];

/** Counts and rates of one variant. */
export type VariantResult = Schemas['VariantResults'];

/** What to do about an experiment, or what is known of one variant. */
export type Decision = Schemas['Decision'];

/** The answer of one experiment. */
export type Verdict = Schemas['Verdict'];

/** One variant against the control. */
export type Comparison = Schemas['Comparison'];

/** Bounds of a lift; a missing one is no bound. */
export type OpenInterval = Schemas['OpenInterval'];

/** A metric or guardrail of one experiment. */
export type MetricResult = Schemas['MetricResults'];

/** A metric of one variant against the control. */
export type MetricComparison = Schemas['MetricComparison'];

/** Whether visitors came to the variants in the designed shares. */
export type SampleRatio = Schemas['SampleRatio'];

/** How many visitors come, and how many are needed. */
export type ExperimentProgress = Schemas['Progress'];

/** Answer of `GET /api/experiments/{test_id}/timeseries`: how the answer of one experiment came about. */
export type ExperimentHistory = Schemas['ExperimentHistory'];

/** Length of one step of a history. */
export type HistoryGrain = Schemas['HistoryGrain'];

/** What visitors can be split by. */
export type Segment = Schemas['Segment'];

/** Answer of `GET /api/experiments/{test_id}/results`: parts of the visitors, for exploring only. */
export type ExperimentSlices = Schemas['ExperimentSlices'];

/** One part of the visitors. */
export type Slice = Schemas['Slice'];

/** Body of `POST /api/experiments/{test_id}/plan`. */
export type PlanRequest = Schemas['ExperimentPlanRequest'];

/** Answer of `POST /api/experiments/{test_id}/plan`. */
export type ExperimentPlan = Schemas['ExperimentPlan'];

/** Irregularities of one experiment, each a count. */
export type ExperimentHealth = Schemas['ExperimentHealth'];

/** Where an experiment stands in its life. */
export type ExperimentStatus = Schemas['ExperimentStatus'];

/** Everything the results page shows about one experiment. */
export type ExperimentResult = Schemas['ExperimentResults'];

/** State of the experiment definitions file. With a problem, the last good version stays in force. */
export type DefinitionsHealth = Schemas['DefinitionsHealth'];

/** State of the writer that commits exposures and events. */
export type WriterHealth = Schemas['WriterHealth'];

/** State of the JSON copies of the stored records. */
export type MirrorHealth = Schemas['MirrorReport'];

/** The parts every number on the results page depends on. */
export type ResultsHealth = Schemas['ResultsHealth'];

/** Answer of `GET /api/experiments/results` (administrators only). */
export type ResultsResponse = Schemas['ExperimentResultsReply'];

/** Answer of `GET /api/kpis` (administrators only). */
export type KpisResponse = Schemas['KpisReply'];

/** One key figure. Without a value it says what is missing. */
export type Kpi = Schemas['Kpi'];

/** What an experiment says about a key figure. */
export type KpiExperiment = Schemas['KpiExperiment'];

/** Answer of `GET /api/experiments/settings`: what is declared, changed and in force. */
export type LivesResponse = Schemas['ExperimentLivesReply'];

/** The life of one experiment. */
export type ExperimentLife = Schemas['ExperimentLife'];

/** Answer of a change of one experiment. */
export type LifeResponse = Schemas['ExperimentLifeReply'];

/** Body of `PATCH /api/experiments/{test_id}/settings`. */
export type SettingsPatch = Schemas['SettingsPatch'];

/** Visitors who take part in nothing. */
export type Holdout = Schemas['Holdout'];

/** Answer of `PATCH /api/experiments/holdout`. */
export type HoldoutResponse = Schemas['HoldoutReply'];

/** Body of `POST /api/experiments/{test_id}/qa-links`. */
export type QaLinkRequest = Schemas['QaLinkRequest'];

/** Answer of `POST /api/experiments/{test_id}/qa-links`. */
export type QaLinkResponse = Schemas['QaLinkReply'];

/** Answer of `GET /api/experiments/changes`. */
export type ChangesResponse = Schemas['ExperimentChangesReply'];

/** One line of the log of changes. */
export type Change = Schemas['ExperimentChange'];

/** Answer of `GET /api/experiments/replays`: what looking often does to the experiments of others. */
export type ReplaysResponse = Schemas['ReplaysReply'];

/** Where imported experiments are from, and what became of them. */
export type ReplaySource = Schemas['ReplaySource'];

/** One metric of one imported variant. */
export type ReplaySeries = Schemas['ReplaySeries'];

/** Answer of `GET /api/experiments/replays/looks`: every look of one series. */
export type ReplayLooksResponse = Schemas['ReplayLooksReply'];

/** One look. */
export type ReplayLook = Schemas['ReplayLook'];

/** Answer of `POST /api/experiments/variants` and of `…/exposures`: what a visitor of another site gets. */
export type SiteReply = Schemas['SiteReply'];

/** Answer of `GET /api/notices`: what was found. */
export type NoticesResponse = Schemas['NoticesReply'];

/** One thing that was found. */
export type ExperimentNotice = Schemas['ExperimentNotice'];

/** Answer of `POST /api/notices/read`. */
export type NoticesReadResponse = Schemas['NoticesReadReply'];

/** Answer of `GET /api/ai/status`: whether AI can be asked, and what bounds it now. */
export type AiStatus = Schemas['AiStatus'];

/** Answer of `GET /api/ai/usage`: what AI calls used in a range of time. */
export type AiUsageReport = Schemas['AiUsageReport'];

/** What calls used, and how they ended. */
export type AiUsageTotals = Schemas['AiUsageTotals'];

/** The calls of one task, model, workspace or key. */
export type AiUsageGroup = Schemas['AiUsageGroup'];

/** A group over time: lists of numbers, one for each point of the report. */
export type AiUsageGroupPoints = Schemas['AiUsageGroupPoints'];

/** The groups without points of their own, together. */
export type AiUsageOtherGroups = Schemas['AiUsageOtherGroups'];

/** Answer of `POST /api/ai/check`. */
export type AiCheckResponse = Schemas['AiCheckReply'];
