//! The SQL of the results.

use super::model::TimelineCounts;
use dashly_db::{Db, DbError, Sql, sql};
use dashly_kernel::Timestamp;
use std::collections::{BTreeMap, HashMap};

const SUM_TOTALS: Sql = sql!(
    "
    select test_id, variant,
           cast(sum(exposures) as bigint), cast(sum(events) as bigint), cast(sum(converters) as bigint)
    from experiment_totals
    group by test_id, variant"
);

const LIST_TIMELINE: Sql = sql!(
    "
    select test_id, hour, variant, exposures, events, converters
    from experiment_timeline
    order by test_id, hour"
);

const LIST_SIGNALS: Sql = sql!("select test_id, signal, count from experiment_signals");

/// What was counted in one hour, by variant.
pub(crate) type HourCounts = BTreeMap<String, TimelineCounts>;

/// The totals of all experiments, whether still in the file or not.
#[derive(Debug, Default)]
pub(crate) struct StoredResults {
    /// By experiment and variant.
    pub(crate) totals: HashMap<String, HashMap<String, TimelineCounts>>,
    /// By experiment and hour, ascending.
    pub(crate) timeline: HashMap<String, BTreeMap<Timestamp, HourCounts>>,
    /// By experiment and signal.
    pub(crate) signals: HashMap<String, HashMap<String, i64>>,
}

/// Reads all totals: one row per variant, day, hour and signal, however many visitors there were.
pub(crate) async fn read_stored(db: &Db) -> Result<StoredResults, DbError> {
    let mut stored = StoredResults::default();
    for row in db.fetch_all(SUM_TOTALS.query()).await? {
        let counts = TimelineCounts { exposures: row.get(2)?, events: row.get(3)?, converters: row.get(4)? };
        stored.totals.entry(row.get(0)?).or_default().insert(row.get(1)?, counts);
    }
    for row in db.fetch_all(LIST_TIMELINE.query()).await? {
        let counts = TimelineCounts { exposures: row.get(3)?, events: row.get(4)?, converters: row.get(5)? };
        let hours = stored.timeline.entry(row.get(0)?).or_default();
        hours.entry(row.get(1)?).or_default().insert(row.get(2)?, counts);
    }
    for row in db.fetch_all(LIST_SIGNALS.query()).await? {
        stored.signals.entry(row.get(0)?).or_default().insert(row.get(1)?, row.get(2)?);
    }
    Ok(stored)
}

const COUNT_ROWS: Sql = sql!(
    "
    select (select count(*) from experiment_exposures), (select count(*) from experiment_events)"
);

/// How many rows are stored, of all experiments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredRowCounts {
    /// Exposures.
    pub exposures: u64,
    /// Events.
    pub events: u64,
}

/// Counts the stored rows one by one: the independent check of what was acknowledged. Slow on large tables.
///
/// # Errors
/// [`DbError`].
pub async fn count_stored_rows(db: &Db) -> Result<StoredRowCounts, DbError> {
    let row = db.fetch_one(COUNT_ROWS.query()).await?;
    let count = |number: i64| u64::try_from(number).unwrap_or(0);
    Ok(StoredRowCounts { exposures: count(row.get(0)?), events: count(row.get(1)?) })
}
