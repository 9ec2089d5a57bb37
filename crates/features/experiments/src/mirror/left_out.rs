//! Which rows the files leave out.

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

/// What changes when the files are to be written anew; noted beside them as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct LeftOut {
    /// The line of the last erasure in the log of changes; 0 for none.
    erasure: i64,
    /// How many rows were removed since they became too old.
    pub removed: i64,
    /// Rows before this moment are too old for the files, the beginning of a UTC day; none when all are shown.
    pub since: Option<Timestamp>,
}

impl LeftOut {
    /// As it is now; what is too old for the files is the caller's to say.
    pub(super) async fn find(db: &Db, since: Option<Timestamp>) -> Result<Self, DbError> {
        Ok(Self {
            erasure: find_last_erasure(db).await?,
            removed: db.fetch_one(COUNT_REMOVED.query()).await?.get(0)?,
            since,
        })
    }

    /// As it was noted; what cannot be read stands for nothing.
    pub(super) fn parse(text: &str) -> Self {
        let mut words = text.split_whitespace();
        let mut number = || words.next().and_then(|word| word.parse().ok()).unwrap_or(0);
        let (erasure, removed) = (number(), number());
        Self { erasure, removed, since: words.next().and_then(Timestamp::parse_rfc3339) }
    }
}

/// The first moment that files with rows of the last `days` show.
pub(super) fn since(days: Option<RetentionDays>, now: Timestamp) -> Option<Timestamp> {
    days.map(|days| days.cutoff(now).start_of_day())
}

impl Display for LeftOut {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { erasure, removed, since } = self;
        write!(formatter, "{erasure}")?;
        // A program from before rows were removed reads the first number alone.
        match since {
            None if *removed == 0 => Ok(()),
            None => write!(formatter, " {removed}"),
            Some(since) => write!(formatter, " {removed} {since}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::LeftOut;
    use dashly_kernel::Timestamp;

    #[test]
    fn what_was_noted_is_read_again() {
        let nothing = LeftOut::default();
        for left_out in [
            nothing,
            LeftOut { erasure: 12, ..nothing },
            LeftOut { removed: 12, ..nothing },
            LeftOut { since: Some(Timestamp::from_unix_micros(0)), ..nothing },
        ] {
            assert_eq!(LeftOut::parse(&left_out.to_string()), left_out);
        }
        assert_eq!(
            LeftOut::parse("12\n"),
            LeftOut { erasure: 12, ..nothing },
            "as it was before rows were removed"
        );
        assert_eq!(LeftOut::parse("what"), nothing);
    }
}
