//! What a visitor was shown first: the variant that a tracked flag keeps giving.

use crate::assignment::VisitorId;
use dashly_db::{Db, DbError, Sql, sql};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// A flag waits this long for the database, then the draw is served.
const PATIENCE: Duration = Duration::from_secs(1);
/// While the database is away, one request in this time finds out whether it is back; the others do not wait.
const PROBE_INTERVAL: Duration = Duration::from_millis(500);

const LIST_FIRST_EXPOSURES: Sql = sql!(
    "
    select test_id, variant
    from experiment_exposures
    where user_or_session_id = $1 and is_first"
);

/// Reads first exposures, and gives up early while the database is away.
#[derive(Debug)]
pub(crate) struct FirstExposures {
    db: Db,
    /// While the database is away: when it may be asked again.
    next_try: Mutex<Option<Instant>>,
}

impl FirstExposures {
    /// Those stored in `db`.
    pub(crate) fn of(db: Db) -> Self {
        Self { db, next_try: Mutex::default() }
    }

    /// The variant that the visitor was shown first, by experiment; none while the database is away.
    pub(super) async fn find(&self, visitor: &VisitorId) -> Option<HashMap<String, String>> {
        if !self.may_try() {
            return None;
        }
        let found = tokio::time::timeout(PATIENCE, self.read(visitor)).await;
        let reason = match found {
            Ok(Ok(found)) => {
                *self.next_try.lock().unwrap_or_else(PoisonError::into_inner) = None;
                return Some(found);
            }
            Ok(Err(error)) => error.reason(),
            Err(_) => "the database took too long",
        };
        tracing::warn!(reason, "first exposures cannot be read; tracked flags give the draw");
        *self.next_try.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + PROBE_INTERVAL);
        None
    }

    /// Lets one caller through in each interval while the database is away.
    fn may_try(&self) -> bool {
        let mut next_try = self.next_try.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(moment) = *next_try else { return true };
        let now = Instant::now();
        if now >= moment {
            *next_try = Some(now + PATIENCE);
        }
        now >= moment
    }

    /// One look into the index of first exposures.
    async fn read(&self, visitor: &VisitorId) -> Result<HashMap<String, String>, DbError> {
        let rows = self.db.fetch_all(LIST_FIRST_EXPOSURES.query().bind(visitor.as_str())).await?;
        rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
    }
}
