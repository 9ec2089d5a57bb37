//! Whether a request may evaluate flags.

use super::access::OfrepTokens;
use super::refusal::Refusal;
use axum::extract::FromRequestParts;
use dashly_cache::{Decision, RateLimiter, Rule};
use dashly_kernel::Clock;
use dashly_web::{ClientAddress, network_of};
use http::request::Parts;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

/// Short, since clients give every flag its default until they may ask again.
const WINDOW: Duration = Duration::from_secs(1);

/// Tokens where there are any; else a limit for each address, far above what a page or a server asks.
///
/// Counted in this process and not over all replicas: a flag must not wait for another machine.
pub(crate) struct Door {
    tokens: OfrepTokens,
    limiter: RateLimiter,
    per_second: Option<NonZeroU32>,
}

impl Door {
    pub(crate) fn new(tokens: OfrepTokens, per_second: Option<NonZeroU32>, clock: Arc<dyn Clock>) -> Self {
        let now = move || Duration::from_micros(u64::try_from(clock.now().unix_micros()).unwrap_or(0));
        Self { tokens, limiter: RateLimiter::memory(Arc::new(now)), per_second }
    }

    /// Lets a request in, or says why not.
    pub(super) async fn admit(&self, head: &mut Parts) -> Result<(), Refusal> {
        if !self.tokens.are_needed() {
            return self.count(head).await;
        }
        if self.tokens.admit(&head.headers) { Ok(()) } else { Err(Refusal::Unauthorized) }
    }

    async fn count(&self, head: &mut Parts) -> Result<(), Refusal> {
        let Some(limit) = self.per_second else { return Ok(()) };
        let Ok(ClientAddress(address)) = ClientAddress::from_request_parts(head, &()).await;
        let rule = Rule { name: "flags-address", limit: limit.get(), window: WINDOW };
        match self.limiter.check(&rule, &network_of(address).to_string(), 1).await {
            Decision::Allowed { .. } => Ok(()),
            Decision::Limited { retry_after } => Err(Refusal::TooManyRequests { retry_after }),
        }
    }
}
