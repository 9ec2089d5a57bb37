//! The rate limiter that callers see.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::digest::{Digest, DigestSecret};
use crate::memory::Memory;
use crate::rule::{Call, Decision, Operation, Rule};
use crate::shared::Shared;

/// Tells the time since any fixed moment. Only differences matter; it should not step back.
pub type Clock = Arc<dyn Fn() -> Duration + Send + Sync>;

/// How many keys per rule have counters of their own in memory (at most about 600 bytes each).
const MAX_KEYS: usize = 50_000;

/// The rule that [`RateLimiter::probe`] looks up.
const PROBE: Rule = Rule { name: "probe", limit: 1, window: Duration::from_secs(1) };

/// Where a limiter counts at present.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// In this process, as configured.
    Memory,
    /// In Redis, shared with the other replicas.
    Redis,
    /// In this process because Redis does not answer: limits hold per replica.
    RedisAway,
}

/// The address of Redis cannot be used, whether Redis is up or not.
#[derive(Debug, thiserror::Error)]
#[error("the address of redis is not a usable redis:// URL")]
pub struct RedisUrlError {
    #[source]
    pub(crate) cause: redis::RedisError,
}

/// Sliding-window rate limits.
///
/// In any stretch of a rule's window, [`check`](Self::check) allows at most the rule's limit per key: in this process
/// ([`memory`](Self::memory)) or over all replicas of one Redis ([`redis`](Self::redis)). When Redis does not answer
/// within a second the limits stay on, counted in this process, which has counted its own share of the traffic all along;
/// Redis is then tried again once a second by the calls that come in, for 250 ms each. No call ever fails.
///
/// A call costs about a microsecond in memory and one round trip with Redis.
pub struct RateLimiter {
    clock: Clock,
    secret: DigestSecret,
    local: Memory,
    shared: Option<Shared>,
}

impl RateLimiter {
    /// Counts in this process.
    pub fn memory(clock: Clock) -> Self {
        Self { clock, secret: DigestSecret::new(&[]), local: Memory::new(MAX_KEYS), shared: None }
    }

    /// Counts in the Redis at `url` (version 5 or newer), and tries to reach it once, which takes at most 250 ms.
    /// # Errors
    /// [`RedisUrlError`] when `url` is malformed. That Redis is down is no error: see [`status`](Self::status).
    pub async fn redis(url: &str, clock: Clock) -> Result<Self, RedisUrlError> {
        let client = redis::Client::open(url).map_err(|cause| RedisUrlError { cause })?;
        let limiter = Self { shared: Some(Shared::new(client)), ..Self::memory(clock) };
        limiter.probe().await;
        Ok(limiter)
    }

    /// Keeps counters of their own for at most `max_keys` keys per rule in this process. Further keys share 1024
    /// counters, so that memory is bounded and no flood of keys makes a counter forget. Default: 50,000.
    #[must_use]
    pub fn with_max_keys(mut self, max_keys: usize) -> Self {
        self.local = Memory::new(max_keys);
        self
    }

    /// Mixes `secret` into the hash of keys. Without it somebody who reads Redis can find short keys, such as IPv4
    /// addresses, by trying all of them. Replicas that share a Redis need the same secret.
    #[must_use]
    pub fn with_key_secret(mut self, secret: &[u8]) -> Self {
        self.secret = DigestSecret::new(secret);
        self
    }

    /// Counts `cost` for `key` if it still fits under the rule's limit, in one step.
    ///
    /// A refused call counts nothing. A `cost` above the limit never fits. `remaining` is what is left afterwards.
    pub async fn check(&self, rule: &Rule, key: &str, cost: u32) -> Decision {
        self.apply(rule, key, Operation::Check { cost }).await
    }

    /// Whether one more would be allowed; counts nothing.
    ///
    /// Callers who peek first and record later can be passed by many at once: between the two calls all of them are
    /// allowed. Where that matters, [`check`](Self::check) first and [`refund`](Self::refund) the good ones.
    pub async fn peek(&self, rule: &Rule, key: &str) -> Decision {
        self.apply(rule, key, Operation::Peek).await
    }

    /// Counts one failure even past the limit, and answers whether one more attempt would be allowed.
    pub async fn record_failure(&self, rule: &Rule, key: &str) -> Decision {
        self.apply(rule, key, Operation::Record { cost: 1 }).await
    }

    /// Counts `cost` even past the limit: more was used than was thought.
    pub async fn record(&self, rule: &Rule, key: &str, cost: u32) {
        self.apply(rule, key, Operation::Record { cost }).await;
    }

    /// Takes back `cost` that an earlier [`check`](Self::check) counted, newest hits first.
    pub async fn refund(&self, rule: &Rule, key: &str, cost: u32) {
        self.apply(rule, key, Operation::Refund { cost }).await;
    }

    /// Forgets what was counted for `key`, for instance after a good sign-in.
    pub async fn reset(&self, rule: &Rule, key: &str) {
        self.apply(rule, key, Operation::Reset).await;
    }

    /// Where the last call was counted. Does not ask Redis: [`probe`](Self::probe) does.
    pub fn status(&self) -> Status {
        match &self.shared {
            None => Status::Memory,
            Some(shared) if shared.is_connected() => Status::Redis,
            Some(_) => Status::RedisAway,
        }
    }

    /// Asks Redis, if there is one, and gives the status. Takes at most a second; tries a Redis that is away at most
    /// once a second.
    pub async fn probe(&self) -> Status {
        if let Some(shared) = &self.shared {
            let key = Digest::of(&self.secret, PROBE.name, "");
            let call = Call { rule: &PROBE, key, operation: Operation::Peek };
            shared.apply(&call, (self.clock)()).await;
        }
        self.status()
    }

    async fn apply(&self, rule: &Rule, key: &str, operation: Operation) -> Decision {
        let now = (self.clock)();
        let now_ms = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
        let call = Call { rule, key: Digest::of(&self.secret, rule.name, key), operation };
        let Some(shared) = &self.shared else {
            return self.local.apply(&call, now_ms);
        };
        let Some(decision) = shared.apply(&call, now).await else {
            return self.local.apply(&call, now_ms);
        };
        if let Some(operation) = echo_of(operation, decision) {
            self.local.apply(&Call { operation, ..call }, now_ms);
        }
        decision
    }
}

/// What this process notes beside Redis, so that an outage does not hand everybody a fresh allowance.
fn echo_of(operation: Operation, decision: Decision) -> Option<Operation> {
    match operation {
        Operation::Check { cost } => decision.is_allowed().then_some(Operation::Record { cost }),
        Operation::Peek => None,
        Operation::Record { .. } | Operation::Refund { .. } | Operation::Reset => Some(operation),
    }
}

impl fmt::Debug for RateLimiter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The secret and the address (with its password) stay out.
        formatter.debug_struct("RateLimiter").field("status", &self.status()).finish_non_exhaustive()
    }
}
