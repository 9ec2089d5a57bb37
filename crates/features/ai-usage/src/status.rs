//! Whether AI can be asked, and what bounds it now.

use dashly_llm::{Counters, LlmError};
use serde::Serialize;
use utoipa::ToSchema;

/// How AI stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct AiStatus {
    /// Whether questions can be answered by a model: a gateway is known, reachable, and has a provider's key.
    pub configured: bool,
    /// For people: what is missing, or that nothing is.
    pub detail: String,
    /// Where the gateway is; null when none is known.
    pub gateway: Option<String>,
    /// Whether the gateway answered just now.
    pub reachable: bool,
    /// What bounds calls now; null when the gateway did not say.
    pub limits: Option<AiLimits>,
    /// Models that were called since the gateway's start.
    pub models: Vec<AiModel>,
    /// Keys of the provider, by place; never the key itself.
    pub provider_keys: Vec<AiProviderKey>,
    /// Budgets of named keys and of this server.
    pub budgets: Vec<AiBudget>,
}

/// What bounds calls; what is null is not limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AiLimits {
    /// Of each address of callers without a token.
    pub requests_per_minute_per_address: u32,
    /// Of each workspace.
    pub requests_per_minute_per_workspace: Option<u32>,
    /// Of each workspace.
    pub tokens_per_minute_per_workspace: Option<u32>,
    /// Of each workspace, in millionths of a US dollar.
    pub daily_budget_micros_per_workspace: Option<u64>,
    /// Of each workspace, in millionths of a US dollar.
    pub monthly_budget_micros_per_workspace: Option<u64>,
    /// At most.
    pub calls_at_once: u64,
    /// At present.
    pub calls_in_progress: u64,
    /// Whether replicas of the gateway count together.
    pub are_shared: bool,
}

/// How a model stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AiModel {
    /// The provider's name.
    pub name: String,
    /// Left alone for a moment after failures.
    pub is_left_alone: bool,
    /// Failures one after the other, up to now.
    pub failures: u32,
}

/// How a key of the provider stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AiProviderKey {
    /// Place in the list, from 1.
    pub number: u32,
    /// Why it rests; null while it works.
    pub rests_because: Option<String>,
}

/// How a budget stands, in millionths of a US dollar.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AiBudget {
    /// Name of the key, or `service`: this server.
    pub key: String,
    /// `day` or `month`, in UTC.
    pub period: String,
    /// The most.
    pub limit_micros: u64,
    /// Null when it cannot be told now.
    pub spent_micros: Option<u64>,
    /// For calls in progress; null when it cannot be told now.
    pub reserved_micros: Option<u64>,
}

impl AiStatus {
    /// What the gateway said of itself, or why it said nothing.
    pub(crate) fn of(gateway: Option<String>, asked: Result<Counters, LlmError>) -> Self {
        let counters = match asked {
            Ok(counters) => counters,
            Err(error) => {
                let detail = sentence(&error);
                return Self { detail, gateway, ..Self::default() };
            }
        };
        let configured = !counters.provider_keys.is_empty();
        let detail = if configured {
            "AI is ready.".to_owned()
        } else {
            sentence(&LlmError::NotConfigured("set ANTHROPIC_API_KEY for the gateway".to_owned()))
        };
        let limits = counters.limits;
        Self {
            configured,
            detail,
            gateway,
            reachable: true,
            limits: Some(AiLimits {
                requests_per_minute_per_address: limits.requests_per_minute_per_address,
                requests_per_minute_per_workspace: limits.requests_per_minute_per_workspace,
                tokens_per_minute_per_workspace: limits.tokens_per_minute_per_workspace,
                daily_budget_micros_per_workspace: limits.daily_budget_micros_per_workspace,
                monthly_budget_micros_per_workspace: limits.monthly_budget_micros_per_workspace,
                calls_at_once: limits.calls_at_once,
                calls_in_progress: limits.calls_in_progress,
                are_shared: limits.are_shared,
            }),
            models: counters
                .breakers
                .into_iter()
                .map(|model| AiModel {
                    name: model.model,
                    is_left_alone: model.is_open,
                    failures: model.failures,
                })
                .collect(),
            provider_keys: counters
                .provider_keys
                .into_iter()
                .map(|key| AiProviderKey { number: key.number, rests_because: key.rests_because })
                .collect(),
            budgets: counters
                .budgets
                .into_iter()
                .map(|budget| AiBudget {
                    key: budget.key,
                    period: budget.period,
                    limit_micros: budget.limit_micros,
                    spent_micros: budget.spent_micros,
                    reserved_micros: budget.reserved_micros,
                })
                .collect(),
        }
    }
}

/// As people read it.
fn sentence(error: &LlmError) -> String {
    let text = error.to_string();
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}
