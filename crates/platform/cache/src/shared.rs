//! Counters in Redis, shared by all replicas.

use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{Client, RedisError, Script};

use crate::link::{Link, Purpose};
use crate::rule::{Call, Decision, Operation, SLOTS};

/// Long enough that a busy machine, which answers everything late, is not taken for a lost Redis: then every replica would let
/// as many through as all of them may.
const PURPOSE: Purpose = Purpose {
    patience: Duration::from_secs(1),
    patience_while_away: Duration::from_millis(250),
    away: "each replica counts rate limits on its own",
    back: "rate limits are shared between replicas",
};

/// The counters of one Redis.
#[derive(Debug)]
pub(crate) struct Shared {
    link: Link,
    script: Script,
}

impl Shared {
    /// Does not connect yet.
    pub(crate) fn new(client: Client) -> Self {
        Self { link: Link::new(client, PURPOSE), script: Script::new(include_str!("window.lua")) }
    }

    /// Whether the last call that tried got an answer.
    pub(crate) fn is_connected(&self) -> bool {
        self.link.is_connected()
    }

    /// Does `call` in Redis; nothing when Redis is away. `now` only paces reconnects: counting uses Redis' clock.
    pub(crate) async fn apply(&self, call: &Call<'_>, now: Duration) -> Option<Decision> {
        self.link.run(now, |connection| self.run(connection, call, None)).await
    }

    /// `now_ms` replaces the clock of Redis in tests.
    async fn run(
        &self,
        mut connection: MultiplexedConnection,
        call: &Call<'_>,
        now_ms: Option<u64>,
    ) -> Result<Decision, RedisError> {
        let rule = call.rule;
        let (name, cost) = match call.operation {
            Operation::Check { cost } => ("check", cost),
            Operation::Peek => ("peek", 0),
            Operation::Record { cost } => ("record", cost),
            Operation::Refund { cost } => ("refund", cost),
            Operation::Reset => ("reset", 0),
        };
        let mut script = self.script.prepare_invoke();
        // The slot width is part of the key: slots of another width cannot be read together with these.
        script.key(format!("dashly:rate:{}:{}:{}", rule.name, rule.slot_ms(), call.key.hex()));
        script.arg(name).arg(rule.slot_ms()).arg(rule.limit).arg(cost).arg(SLOTS);
        if let Some(now_ms) = now_ms {
            script.arg(now_ms);
        }
        let (allowed, number): (u8, i64) = script.invoke_async(&mut connection).await?;
        Ok(if allowed == 1 {
            Decision::Allowed { remaining: u32::try_from(number).unwrap_or(0) }
        } else {
            Decision::Limited { retry_after: Duration::from_millis(u64::try_from(number).unwrap_or(1)) }
        })
    }
}

#[cfg(test)]
mod tests;
