//! The two tables of records, and how all of their rows are looked at: in ranges of ids, since there is no index by moment,
//! visitor or experiment alone. Every record would pay for one.

use dashly_db::{Sql, sql};

/// Rows in one range: some milliseconds.
const RANGE_ROWS: i64 = 50_000;

/// A table of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RowTable {
    Exposures,
    Events,
}

impl RowTable {
    /// Finds the last row's id; 0 when there is none.
    pub(crate) const fn find_last(self) -> Sql {
        match self {
            Self::Exposures => {
                sql!("select cast(coalesce(max(id), 0) as bigint) from experiment_exposures")
            }
            Self::Events => sql!("select cast(coalesce(max(id), 0) as bigint) from experiment_events"),
        }
    }
}

/// Ranges of ids, each after its first and up to its second number, that together cover `after` to `last`.
pub(crate) fn id_ranges(after: i64, last: i64) -> impl Iterator<Item = (i64, i64)> {
    let mut from = after;
    std::iter::from_fn(move || {
        let range = (from, from.saturating_add(RANGE_ROWS).min(last));
        from = range.1;
        (range.0 < last).then_some(range)
    })
}

#[cfg(test)]
mod tests {
    use super::{RANGE_ROWS, id_ranges};

    #[test]
    fn ranges_cover_all_ids_once() {
        let last = 2 * RANGE_ROWS + 1;
        let ranges: Vec<_> = id_ranges(0, last).collect();
        assert_eq!(ranges, [(0, RANGE_ROWS), (RANGE_ROWS, 2 * RANGE_ROWS), (2 * RANGE_ROWS, last)]);
        assert_eq!(id_ranges(7, RANGE_ROWS).collect::<Vec<_>>(), [(7, RANGE_ROWS)]);
        assert_eq!((id_ranges(0, 0).count(), id_ranges(9, 3).count()), (0, 0));
    }
}
