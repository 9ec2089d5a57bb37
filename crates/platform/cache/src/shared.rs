//! Counters in Redis, shared by all replicas.
//!
//! The link is kept here and not by the client's own connection manager: that one keeps the answer of a failed
//! handshake for good when it was not an I/O error (Redis still loading its file, a password just changed), and it
//! lets every caller wait for the reconnect, where a rate limit should rather be answered from memory.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, RedisError, Script};

use crate::rule::{Call, Decision, Operation, SLOTS};

/// The longest one call may take, connecting included.
const CALL_LIMIT: Duration = Duration::from_millis(250);

/// While Redis is away, one call per this time tries to reach it; the others do not wait.
const RETRY_EVERY: Duration = Duration::from_secs(1);

/// The link to one Redis.
#[derive(Debug)]
pub(crate) struct Shared {
    client: Client,
    script: Script,
    link: Mutex<Link>,
}

#[derive(Debug)]
struct Link {
    connection: Option<MultiplexedConnection>,
    /// Counts connections, so that a late failure of an old one does not end its successor.
    generation: u64,
    /// On the limiter's clock.
    retry_at: Duration,
    /// Whether the log's last word was that Redis is away.
    away_logged: bool,
}

/// How one call gets to Redis.
enum Route {
    Connected(MultiplexedConnection),
    Connect,
    NotNow,
}

#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error("no answer within {} ms", CALL_LIMIT.as_millis())]
    Slow,
    #[error(transparent)]
    Redis(#[from] RedisError),
}

impl Shared {
    /// Does not connect yet.
    pub(crate) fn new(client: Client) -> Self {
        let link = Link { connection: None, generation: 0, retry_at: Duration::ZERO, away_logged: false };
        Self { client, script: Script::new(include_str!("window.lua")), link: Mutex::new(link) }
    }

    /// Whether the last call that tried got an answer.
    pub(crate) fn is_connected(&self) -> bool {
        self.lock().connection.is_some()
    }

    /// Does `operation` in Redis; nothing when Redis is away. `now` only paces reconnects: counting uses Redis' clock.
    pub(crate) async fn apply(&self, call: &Call<'_>, now: Duration) -> Option<Decision> {
        let (generation, route) = self.route(now);
        let attempt = async {
            let (mut connection, is_new) = match route {
                Route::Connected(connection) => (connection, false),
                Route::Connect => (self.connect().await?, true),
                Route::NotNow => return Ok(None),
            };
            let decision = self.run(&mut connection, call, None).await?;
            Ok(Some((decision, is_new.then_some(connection))))
        };
        let outcome = match tokio::time::timeout(CALL_LIMIT, attempt).await {
            Ok(outcome) => outcome,
            Err(_) => Err(Trouble::Slow),
        };
        match outcome {
            Ok(None) => None,
            Ok(Some((decision, new_connection))) => {
                if let Some(connection) = new_connection {
                    self.came_back(connection);
                }
                Some(decision)
            }
            Err(trouble) => {
                self.went_away(generation, now, &trouble);
                None
            }
        }
    }

    fn route(&self, now: Duration) -> (u64, Route) {
        let mut link = self.lock();
        let route = match &link.connection {
            Some(connection) => Route::Connected(connection.clone()),
            None if now >= link.retry_at => {
                // Claims the attempt: the callers beside this one go on without Redis.
                link.retry_at = now + RETRY_EVERY;
                Route::Connect
            }
            None => Route::NotNow,
        };
        (link.generation, route)
    }

    async fn connect(&self) -> Result<MultiplexedConnection, Trouble> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CALL_LIMIT))
            .set_response_timeout(Some(CALL_LIMIT));
        Ok(self.client.get_multiplexed_async_connection_with_config(&config).await?)
    }

    /// `now_ms` replaces the clock of Redis in tests.
    async fn run(
        &self,
        connection: &mut MultiplexedConnection,
        call: &Call<'_>,
        now_ms: Option<u64>,
    ) -> Result<Decision, Trouble> {
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
        let (allowed, number): (u8, i64) = script.invoke_async(connection).await?;
        Ok(if allowed == 1 {
            Decision::Allowed { remaining: u32::try_from(number).unwrap_or(0) }
        } else {
            Decision::Limited { retry_after: Duration::from_millis(u64::try_from(number).unwrap_or(1)) }
        })
    }

    fn came_back(&self, connection: MultiplexedConnection) {
        let mut link = self.lock();
        link.connection = Some(connection);
        link.generation += 1;
        if std::mem::take(&mut link.away_logged) {
            tracing::info!("redis answers again: rate limits are shared between replicas");
        }
    }

    fn went_away(&self, generation: u64, now: Duration, trouble: &Trouble) {
        let mut link = self.lock();
        if link.generation != generation {
            return;
        }
        link.connection = None;
        link.retry_at = link.retry_at.max(now + RETRY_EVERY);
        if !std::mem::replace(&mut link.away_logged, true) {
            tracing::warn!(cause = %trouble, "redis is away: each replica counts rate limits on its own");
        }
    }

    fn lock(&self) -> MutexGuard<'_, Link> {
        self.link.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
