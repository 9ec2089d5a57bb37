//! Requests and tokens per minute.

use super::limit_reached::{LimitReached, Limited};
use super::{Caller, accounts};
use crate::config::GatewayFile;
use dashly_cache::{Decision, RateLimiter, Rule, Status};
use std::sync::Arc;
use std::time::Duration;

const MINUTE: Duration = Duration::from_mins(1);

/// Counts requests and tokens, over all replicas where there is a Redis.
#[derive(Debug)]
pub(crate) struct Limiter {
    limiter: Arc<RateLimiter>,
    requests_per_address: u32,
}

/// What was counted for a call, so that it can be put right at its end.
#[derive(Debug, Default)]
pub(crate) struct Counted {
    tokens: Vec<(Rule, Arc<str>)>,
    estimate: u32,
}

impl Limiter {
    pub(crate) fn new(limiter: Arc<RateLimiter>, requests_per_address: u32) -> Self {
        Self { limiter, requests_per_address }
    }

    pub(crate) const fn requests_per_address(&self) -> u32 {
        self.requests_per_address
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
        workspace: Option<&Arc<str>>,
    ) -> Result<(), LimitReached> {
        let by_address = match caller {
            Caller::Local(address) => {
                Some(("address", self.requests_per_address, Arc::from(address.to_string())))
            }
            Caller::Service | Caller::Key(_) => None,
        };
        let limits = accounts(file, caller, workspace).filter_map(|account| {
            account.allowance.requests_per_minute.map(|limit| (account.whose, limit, account.name))
        });
        let limits = by_address.into_iter().chain(limits);
        self.count(limits, Limited::Requests, 1).await.map(drop)
    }

    /// Counts the tokens that a call is expected to use.
    pub(crate) async fn admit_tokens(
        &self,
        file: &GatewayFile,
        caller: &Caller,
        workspace: Option<&Arc<str>>,
        estimate: u64,
    ) -> Result<Counted, LimitReached> {
        let estimate = u32::try_from(estimate).unwrap_or(u32::MAX);
        let limits = accounts(file, caller, workspace).filter_map(|account| {
            account.allowance.tokens_per_minute.map(|limit| (account.whose, limit, account.name))
        });
        let tokens = self.count(limits, Limited::Tokens, estimate).await?;
        Ok(Counted { tokens, estimate })
    }

    async fn count(
        &self,
        limits: impl Iterator<Item = (&'static str, u32, Arc<str>)>,
        what: Limited,
        cost: u32,
    ) -> Result<Vec<(Rule, Arc<str>)>, LimitReached> {
        let mut counted: Vec<(Rule, Arc<str>)> = Vec::new();
        for (whose, limit, name) in limits {
            let rule = Rule { name: counter(what, whose), limit, window: MINUTE };
            if let Decision::Limited { retry_after } = self.limiter.check(&rule, &name, cost).await {
                // A call that is refused by one limit must not use up another.
                for (rule, name) in &counted {
                    self.limiter.refund(rule, name, cost).await;
                }
                return Err(LimitReached { what, whose, limit: u64::from(limit), retry_after });
            }
            counted.push((rule, name));
        }
        Ok(counted)
    }

    /// Puts the count right once it is known what the call used.
    pub(crate) async fn settle_tokens(&self, counted: &Counted, used: u64) {
        let used = u32::try_from(used).unwrap_or(u32::MAX);
        for (rule, name) in &counted.tokens {
            match used.checked_sub(counted.estimate) {
                None => self.limiter.refund(rule, name, counted.estimate.saturating_sub(used)).await,
                Some(0) => {}
                Some(more) => self.limiter.record(rule, name, more).await,
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

fn counter(what: Limited, whose: &str) -> &'static str {
    match (what, whose) {
        (Limited::Tokens, "key") => "gateway-tokens-key",
        (Limited::Tokens, _) => "gateway-tokens-workspace",
        (_, "address") => "gateway-requests-address",
        (_, "key") => "gateway-requests-key",
        _ => "gateway-requests-workspace",
    }
}
