//! Requests and tokens per minute.

use super::Caller;
use crate::config::{Allowance, GatewayFile};
use dashly_cache::{Decision, RateLimiter, Rule, Status};
use std::sync::Arc;
use std::time::Duration;

const MINUTE: Duration = Duration::from_mins(1);

/// Which limit was reached, and when the same call fits again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("more than {limit} {what} per minute of this {whose}")]
pub(crate) struct LimitReached {
    /// `requests` or `tokens`.
    pub(crate) what: &'static str,
    /// `address`, `key` or `workspace`.
    pub(crate) whose: &'static str,
    pub(crate) limit: u32,
    pub(crate) retry_after: Duration,
}

/// Counts requests and tokens, over all replicas where there is a Redis.
#[derive(Debug)]
pub(crate) struct Limiter {
    limiter: Arc<RateLimiter>,
    requests_per_address: u32,
}

/// What was counted for a call, so that it can be put right at its end.
#[derive(Debug, Default)]
pub(crate) struct Counted {
    tokens: Vec<(Rule, String)>,
    estimate: u32,
}

impl Limiter {
    pub(crate) fn new(limiter: Arc<RateLimiter>, requests_per_address: u32) -> Self {
        Self { limiter, requests_per_address }
    }

    pub(crate) fn status(&self) -> Status {
        self.limiter.status()
    }

    pub(crate) async fn probe(&self) -> Status {
        self.limiter.probe().await
    }

    /// Counts one request.
    pub(crate) async fn admit_request(
        &self,
        file: &GatewayFile,
        caller: &Caller,
        workspace: Option<&str>,
    ) -> Result<(), LimitReached> {
        let own = match caller {
            Caller::Service => None,
            Caller::Local(address) => Some(("address", self.requests_per_address, address.to_string())),
            Caller::Key(key) => {
                key.allowance.requests_per_minute.map(|limit| ("key", limit, key.name.to_string()))
            }
        };
        let of_workspace = workspace.and_then(|workspace| {
            file.workspaces.requests_per_minute.map(|limit| ("workspace", limit, workspace.to_owned()))
        });
        let mut counted: Vec<(Rule, String)> = Vec::new();
        for (whose, limit, name) in own.into_iter().chain(of_workspace) {
            let rule = Rule { name: request_counter(whose), limit, window: MINUTE };
            if let Decision::Limited { retry_after } = self.limiter.check(&rule, &name, 1).await {
                // A call that is refused by one limit must not use up another.
                for (rule, name) in &counted {
                    self.limiter.refund(rule, name, 1).await;
                }
                return Err(LimitReached { what: "requests", whose, limit, retry_after });
            }
            counted.push((rule, name));
        }
        Ok(())
    }

    /// Counts the tokens that a call is expected to use.
    pub(crate) async fn admit_tokens(
        &self,
        file: &GatewayFile,
        caller: &Caller,
        workspace: Option<&str>,
        estimate: u64,
    ) -> Result<Counted, LimitReached> {
        let estimate = u32::try_from(estimate).unwrap_or(u32::MAX);
        let limit_of = |allowance: Allowance| allowance.tokens_per_minute;
        let own = match caller {
            Caller::Key(key) => limit_of(key.allowance).map(|limit| ("key", limit, key.name.to_string())),
            Caller::Service | Caller::Local(_) => None,
        };
        let of_workspace = workspace.and_then(|workspace| {
            limit_of(file.workspaces).map(|limit| ("workspace", limit, workspace.to_owned()))
        });
        let mut counted = Counted { tokens: Vec::new(), estimate };
        for (whose, limit, name) in own.into_iter().chain(of_workspace) {
            let rule = Rule { name: token_counter(whose), limit, window: MINUTE };
            if let Decision::Limited { retry_after } = self.limiter.check(&rule, &name, estimate).await {
                self.settle_tokens(&counted, 0).await;
                return Err(LimitReached { what: "tokens", whose, limit, retry_after });
            }
            counted.tokens.push((rule, name));
        }
        Ok(counted)
    }

    /// Puts the count right once it is known what the call used.
    pub(crate) async fn settle_tokens(&self, counted: &Counted, used: u64) {
        let used = u32::try_from(used).unwrap_or(u32::MAX);
        let unused = counted.estimate.saturating_sub(used);
        if unused > 0 {
            for (rule, name) in &counted.tokens {
                self.limiter.refund(rule, name, unused).await;
            }
        }
    }
}

impl Counted {
    /// Whether anything has to be put right.
    pub(crate) fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }
}

fn request_counter(whose: &str) -> &'static str {
    match whose {
        "address" => "gateway-requests-address",
        "key" => "gateway-requests-key",
        _ => "gateway-requests-workspace",
    }
}

fn token_counter(whose: &str) -> &'static str {
    match whose {
        "key" => "gateway-tokens-key",
        _ => "gateway-tokens-workspace",
    }
}
