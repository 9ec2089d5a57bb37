//! The link to one Redis.
//!
//! It is kept here and not by the client's own connection manager: that one keeps the answer of a failed handshake for
//! good when it was not an I/O error (Redis still loading its file, a password just changed), and it lets every caller
//! wait for the reconnect, where a call should rather hear at once that Redis is away.

use std::future::Future;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, RedisError};

/// While Redis is away, one call per this time tries to reach it; the others do not wait.
const RETRY_EVERY: Duration = Duration::from_secs(1);

/// A connection that is made when it is wanted, and made again after it broke.
#[derive(Debug)]
pub(crate) struct Link {
    client: Client,
    purpose: Purpose,
    state: Mutex<State>,
}

/// What a link is for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Purpose {
    /// The longest one call may take; after that Redis counts as away.
    pub(crate) patience: Duration,
    /// The same for a call that finds out whether Redis is back, connecting included. A caller without others beside it may
    /// be the one that finds out each time.
    pub(crate) patience_while_away: Duration,
    /// What the log says when Redis goes away.
    pub(crate) away: &'static str,
    /// What the log says when it comes back.
    pub(crate) back: &'static str,
}

#[derive(Debug)]
struct State {
    connection: Option<MultiplexedConnection>,
    /// Counts connections, so that a late failure of an old one does not end its successor.
    generation: u64,
    /// On the caller's clock.
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
    #[error("no answer within {} ms", .0.as_millis())]
    Slow(Duration),
    #[error(transparent)]
    Redis(#[from] RedisError),
}

impl Link {
    /// Does not connect yet.
    pub(crate) fn new(client: Client, purpose: Purpose) -> Self {
        let state = State { connection: None, generation: 0, retry_at: Duration::ZERO, away_logged: false };
        Self { client, purpose, state: Mutex::new(state) }
    }

    /// Whether the last call that tried got an answer.
    pub(crate) fn is_connected(&self) -> bool {
        self.lock().connection.is_some()
    }

    /// Does `work` with the connection; nothing when Redis is away. `now` only paces reconnects.
    ///
    /// Work that got no answer in time may still have been done.
    pub(crate) async fn run<T, Work>(
        &self,
        now: Duration,
        work: impl FnOnce(MultiplexedConnection) -> Work,
    ) -> Option<T>
    where
        Work: Future<Output = Result<T, RedisError>>,
    {
        let (generation, route) = self.route(now);
        let patience = match route {
            Route::Connected(_) | Route::NotNow => self.purpose.patience,
            Route::Connect => self.purpose.patience_while_away,
        };
        // In a place of its own: callers that count in this process would else carry the room for it through every call.
        let attempt = Box::pin(async {
            let (connection, is_new) = match route {
                Route::Connected(connection) => (connection, false),
                Route::Connect => (self.connect().await?, true),
                Route::NotNow => return Ok(None),
            };
            let done = work(connection.clone()).await?;
            Ok(Some((done, is_new.then_some(connection))))
        });
        let outcome = match tokio::time::timeout(patience, attempt).await {
            Ok(outcome) => outcome,
            Err(_) => Err(Trouble::Slow(patience)),
        };
        match outcome {
            Ok(None) => None,
            Ok(Some((done, new_connection))) => {
                if let Some(connection) = new_connection {
                    self.came_back(connection);
                }
                Some(done)
            }
            Err(trouble) => {
                self.went_away(generation, now, &trouble);
                None
            }
        }
    }

    /// A connection of its own.
    pub(crate) async fn connect(&self) -> Result<MultiplexedConnection, RedisError> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.purpose.patience_while_away))
            .set_response_timeout(Some(self.purpose.patience));
        self.client.get_multiplexed_async_connection_with_config(&config).await
    }

    fn route(&self, now: Duration) -> (u64, Route) {
        let mut state = self.lock();
        let route = match &state.connection {
            Some(connection) => Route::Connected(connection.clone()),
            None if now >= state.retry_at => {
                // Claims the attempt: the callers beside this one go on without Redis.
                state.retry_at = now + RETRY_EVERY;
                Route::Connect
            }
            None => Route::NotNow,
        };
        (state.generation, route)
    }

    fn came_back(&self, connection: MultiplexedConnection) {
        let mut state = self.lock();
        state.connection = Some(connection);
        state.generation += 1;
        if std::mem::take(&mut state.away_logged) {
            tracing::info!("redis answers again: {}", self.purpose.back);
        }
    }

    fn went_away(&self, generation: u64, now: Duration, trouble: &Trouble) {
        let mut state = self.lock();
        if state.generation != generation {
            return;
        }
        state.connection = None;
        state.retry_at = state.retry_at.max(now + RETRY_EVERY);
        if !std::mem::replace(&mut state.away_logged, true) {
            tracing::warn!(cause = %trouble, "redis is away: {}", self.purpose.away);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
