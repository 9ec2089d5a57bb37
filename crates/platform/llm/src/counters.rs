//! `GET /api/metrics` of the gateway, as far as others read it.

use serde::{Deserialize, Serialize};

/// Upper bounds of the classes of [`CounterRow::duration_counts`], in milliseconds, as OpenTelemetry proposes them for the
/// duration of model calls, with one between each two; the last class has no bound.
pub const DURATION_BOUNDS_MS: [u64; 27] = [
    10, 14, 20, 28, 40, 57, 80, 113, 160, 226, 320, 453, 640, 905, 1_280, 1_810, 2_560, 3_620, 5_120, 7_241,
    10_240, 14_482, 20_480, 28_963, 40_960, 57_926, 81_920,
];

/// Everything that one gateway process counted since its start.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Counters {
    /// Of the process: counters of another instance begin at nothing.
    pub instance: String,
    /// Since the start of the process.
    pub uptime_ms: u64,
    /// One for each kind of call that came.
    pub rows: Vec<CounterRow>,
    /// What bounds calls now.
    pub limits: GatewayLimits,
    /// Models that were called, and whether they are left alone after failures.
    pub breakers: Vec<ModelStanding>,
    /// Keys of the provider, by place; never the key itself.
    pub provider_keys: Vec<KeyStanding>,
    /// Budgets of named keys and of the service.
    pub budgets: Vec<BudgetStanding>,
}

/// The calls of one kind since the start.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CounterRow {
    /// Route template.
    pub task: String,
    /// `-` when no model was asked.
    pub model: String,
    /// `-` when none was named.
    pub workspace: String,
    /// Name of the key, `service` or `local`.
    pub caller: String,
    /// Status of the reply; 499 when the caller left before it.
    pub status: u16,
    /// `answered`, `provider_error`, `refused`, `failed` or `left`.
    pub outcome: String,
    /// How many.
    pub calls: u64,
    /// Tokens as the provider reported them.
    pub usage: TokenCounts,
    /// Tokens of answers that were cut before the provider reported: estimates.
    pub estimated_usage: TokenCounts,
    /// Millionths of a US dollar, estimates included.
    pub cost_micros: u64,
    /// Calls of models whose price is not known; they are not in the cost.
    pub calls_without_price: u64,
    /// All durations together, in milliseconds.
    pub total_duration_ms: f64,
    /// Calls by duration, see [`DURATION_BOUNDS_MS`]; one more class than bounds.
    pub duration_counts: Vec<u64>,
}

/// Tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenCounts {
    /// Read, those of the cache apart.
    pub input_tokens: u64,
    /// Written.
    pub output_tokens: u64,
    /// Written to the provider's cache for five minutes.
    pub cache_write_5m_tokens: u64,
    /// Written to the provider's cache for an hour.
    pub cache_write_1h_tokens: u64,
    /// Read from the provider's cache.
    pub cache_read_tokens: u64,
}

/// What bounds calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GatewayLimits {
    /// Of each address of callers without a token.
    pub requests_per_minute_per_address: u32,
    /// Of each workspace; none when there is no limit.
    pub requests_per_minute_per_workspace: Option<u32>,
    /// Of each workspace; none when there is no limit.
    pub tokens_per_minute_per_workspace: Option<u32>,
    /// Millionths of a US dollar of each workspace; none when there is no budget.
    pub daily_budget_micros_per_workspace: Option<u64>,
    /// Millionths of a US dollar of each workspace; none when there is no budget.
    pub monthly_budget_micros_per_workspace: Option<u64>,
    /// At most.
    pub calls_at_once: u64,
    /// At present.
    pub calls_in_progress: u64,
    /// Whether replicas share their counters.
    pub are_shared: bool,
}

/// How a model stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct ModelStanding {
    /// The provider's name.
    pub model: String,
    /// Left alone after failures.
    pub is_open: bool,
    /// One after the other, up to now.
    pub failures: u32,
}

/// How a key of the provider stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct KeyStanding {
    /// Place in the list, from 1.
    pub number: u32,
    /// Why it rests; none while it works.
    pub rests_because: Option<String>,
}

/// How a budget stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BudgetStanding {
    /// Name of the key, or `service`.
    pub key: String,
    /// `day` or `month`, in UTC.
    pub period: String,
    /// Millionths of a US dollar.
    pub limit_micros: u64,
    /// None when it cannot be told now.
    pub spent_micros: Option<u64>,
    /// For calls in progress; none when it cannot be told now.
    pub reserved_micros: Option<u64>,
}
