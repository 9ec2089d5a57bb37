//! Budgets: "at most so much under this name", spent by reserving first and settling afterwards.

mod file;
mod ledger;
mod shared;

use crate::link::Link;
use crate::{Clock, RedisUrlError};
use file::FileLedger;
use shared::SharedLedger;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

pub use file::StateFileError;

/// One budget: what may be spent under a name.
///
/// The name carries the period, such as `key:agency:2026-11-25`: a new period is a new name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Budget {
    /// Stands in Redis and in the state file in clear, so it must not contain anything secret.
    pub name: Arc<str>,
    /// The most that may be spent, in whatever unit the caller counts; below 2^53, which Lua counts exactly.
    pub limit: u64,
    /// How long after the last change the name is still of interest.
    pub keep: Duration,
}

/// What was spent under a name, and what calls in progress may still spend.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spending {
    /// Settled.
    pub spent: u64,
    /// Reserved and not settled.
    pub reserved: u64,
}

/// An amount set aside. It is to be given to [`Budgets::settle`] whatever happens.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "what is reserved and never settled stays reserved"]
pub struct Reservation {
    /// Empty where nobody needs it: in one process.
    id: String,
    budgets: Arc<[Budget]>,
    amount: u64,
}

/// Nothing was reserved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReserveError {
    /// It would not fit.
    #[error("the budget does not allow it")]
    Exceeded {
        /// Which of the budgets that were given.
        budget: usize,
        /// How it stands.
        spending: Spending,
    },
    /// It is not known whether it would fit: Redis is away, or the state file cannot be written.
    #[error("budgets cannot be checked now")]
    Unavailable,
}

/// Keeps budgets in a state file of this process, or in Redis for all replicas.
///
/// What was reserved plus what was spent never passes the limit, however many callers come at once. What cannot be
/// checked is not allowed: unlike a rate limit, a budget fails closed.
///
/// A call costs about a microsecond with the file (and one write to the disk each time another fiftieth of the limit is
/// begun), and one round trip with Redis.
pub struct Budgets {
    clock: Clock,
    ledger: Ledger,
    /// Settlements that could not be written yet.
    unwritten: Mutex<Vec<(Reservation, u64)>>,
}

enum Ledger {
    File(FileLedger),
    Shared(Box<SharedLedger>),
}

impl Budgets {
    /// Keeps them in the file at `path`, which is not touched before the first reservation.
    ///
    /// The file holds an upper bound of what was spent. After a crash the bound counts as spent: at most a fiftieth of
    /// each limit too much, or what was reserved at that moment. `clock` tells the time since 1970.
    pub fn file(path: &Path, clock: Clock) -> Self {
        Self::new(Ledger::File(FileLedger::new(path)), clock)
    }

    /// Keeps them in the Redis at `url` (version 5 or newer). A reservation that is not settled in its lifetime, because
    /// its process is gone, is released.
    ///
    /// # Errors
    /// [`RedisUrlError`] when `url` is malformed.
    pub fn redis(url: &str, clock: Clock) -> Result<Self, RedisUrlError> {
        let client = redis::Client::open(url).map_err(|cause| RedisUrlError { cause })?;
        let link = Link::new(client, shared::PURPOSE);
        Ok(Self::new(Ledger::Shared(Box::new(SharedLedger::new(link))), clock))
    }

    fn new(ledger: Ledger, clock: Clock) -> Self {
        Self { clock, ledger, unwritten: Mutex::default() }
    }

    /// Makes sure that the state file can be used, so that a mistake is found at the start; connects to Redis, if it
    /// answers, so that the first callers need not wait for each other.
    ///
    /// # Errors
    /// [`StateFileError`].
    pub async fn open(&self) -> Result<(), StateFileError> {
        match &self.ledger {
            Ledger::File(file) => file.open().await,
            Ledger::Shared(shared) => {
                shared.reach(self.now()).await;
                Ok(())
            }
        }
    }

    /// Sets `amount` aside in each of `budgets`, or in none. `new_id` makes another text each time; `lifetime` is longer
    /// than the call.
    ///
    /// # Errors
    /// [`ReserveError`].
    pub async fn reserve(
        &self,
        new_id: impl FnOnce() -> String,
        budgets: Arc<[Budget]>,
        amount: u64,
        lifetime: Duration,
    ) -> Result<Reservation, ReserveError> {
        let mut reservation = Reservation { id: String::new(), budgets, amount };
        match &self.ledger {
            Ledger::File(file) => file.reserve(&reservation, self.now()).await?,
            Ledger::Shared(shared) => {
                reservation.id = new_id();
                shared.reserve(&reservation, lifetime, self.now()).await?;
            }
        }
        Ok(reservation)
    }

    /// Replaces what was reserved by what was spent. When it cannot be written now, it is kept and written later.
    pub async fn settle(&self, reservation: Reservation, spent: u64) {
        if !self.try_settle(&reservation, spent).await {
            self.lock().push((reservation, spent));
        }
    }

    /// How each of `names` stands; none when that cannot be told now.
    pub async fn spending(&self, names: &[String]) -> Option<Vec<Spending>> {
        match &self.ledger {
            Ledger::File(file) => file.spending(names).await,
            Ledger::Shared(shared) => shared.spending(names, self.now()).await,
        }
    }

    /// Looks for a Redis that went away, and writes the settlements that could not be written before. To be called now
    /// and then.
    pub async fn write_again(&self) {
        if let Ledger::Shared(shared) = &self.ledger {
            shared.reach(self.now()).await;
        }
        let unwritten = std::mem::take(&mut *self.lock());
        for (reservation, spent) in unwritten {
            self.settle(reservation, spent).await;
        }
    }

    /// Writes what was really spent, at the end of the process.
    pub async fn close(&self) {
        self.write_again().await;
        if let Ledger::File(file) = &self.ledger {
            file.close().await;
        }
    }

    async fn try_settle(&self, reservation: &Reservation, spent: u64) -> bool {
        match &self.ledger {
            Ledger::File(file) => {
                file.settle(reservation, spent).await;
                true
            }
            Ledger::Shared(shared) => shared.settle(reservation, spent, self.now()).await,
        }
    }

    fn now(&self) -> Duration {
        (self.clock)()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<(Reservation, u64)>> {
        self.unwritten.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Budgets {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Budgets").finish_non_exhaustive()
    }
}
