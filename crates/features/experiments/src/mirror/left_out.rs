//! What the files must not hold, though they were told of it.

use crate::life::find_last_erasure;
use crate::retention::RetentionDays;
use dashly_db::{Db, DbError, Sql, sql};
use dashly_kernel::Timestamp;
use std::fmt::{self, Display};

const COUNT_REMOVED: Sql = sql!(
    "
    select cast(coalesce(sum(count), 0) as bigint)
    from experiment_signals
    where test_id = '' and signal in ('removed_exposure_rows', 'removed_event_rows')"
);

/// What changes when the files are to be written anew; kept beside them as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LeftOut {
    /// The line of the last erasure in the log of changes; 0 for none.
    erasure: i64,
    /// How many rows were removed since they became too old.
    removed: i64,
    /// Rows before this moment are too old for the files, the beginning of a UTC day; none when all are shown.
    since: Option<Timestamp>,
}

impl LeftOut {
    /// As it is at `now`, when the files show rows of the last `days`.
    pub(super) async fn find(db: &Db, days: Option<RetentionDays>, now: Timestamp) -> Result<Self, DbError> {
        Ok(Self {
            erasure: find_last_erasure(db).await?,
            removed: db.fetch_one(COUNT_REMOVED.query()).await?.get(0)?,
            since: days.map(|days| days.cutoff(now).start_of_day()),
        })
    }

    /// The first moment whose rows are shown.
    pub(super) fn since(self) -> Timestamp {
        self.since.unwrap_or(Timestamp::from_unix_micros(0))
    }
}

impl Display for LeftOut {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { erasure, removed, since } = self;
        match since {
            None if *removed == 0 => write!(formatter, "{erasure}"),
            None => write!(formatter, "{erasure} {removed}"),
            Some(since) => write!(formatter, "{erasure} {removed} {since}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::LeftOut;
    use dashly_kernel::Timestamp;

    #[test]
    fn every_difference_shows_in_the_text() {
        let nothing = LeftOut { erasure: 0, removed: 0, since: None };
        let texts = [
            nothing,
            LeftOut { erasure: 12, ..nothing },
            LeftOut { removed: 12, ..nothing },
            LeftOut { since: Some(Timestamp::from_unix_micros(0)), ..nothing },
        ]
        .map(|left_out| left_out.to_string());
        assert_eq!(texts, ["0", "12", "0 12", "0 0 1970-01-01T00:00:00.000Z"]);
    }
}
