//! Stored rows against acknowledged rows.

use std::error::Error;
use std::fmt;
use std::pin::Pin;

use serde::Serialize;

/// What [`StoredRows::count`] gives: boxed, so that the trait can be a trait object.
pub type CountFuture<'a> =
    Pin<Box<dyn Future<Output = Result<RowCounts, Box<dyn Error + Send + Sync>>> + Send + 'a>>;

/// Counts the rows the server has stored. Implemented by the caller, read-only, past the server: a server
/// that miscounts must not be asked how many rows it has.
pub trait StoredRows: Send + Sync {
    /// The number of rows now.
    fn count(&self) -> CountFuture<'_>;
}

/// Numbers of rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct RowCounts {
    /// Rows of `experiment_exposures`: distinct (visitor, test, variant).
    pub exposures: u64,
    /// Rows of `experiment_events`.
    pub events: u64,
}

/// A table that did not grow by what was acknowledged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RowDifference {
    /// `exposures` or `events`.
    pub rows: &'static str,
    /// What the server acknowledged.
    pub acknowledged: u64,
    /// By how much the table grew.
    pub stored: i64,
    /// The same in words.
    pub sentence: String,
}

/// Whether every acknowledged row is stored, and no other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum RowCheck {
    /// Not asked for.
    NotMade,
    /// The rows could not be counted after the run.
    Failed {
        /// Why.
        reason: String,
    },
    /// Counted before and after.
    Made {
        /// Rows before the run.
        before: RowCounts,
        /// Rows after the run.
        after: RowCounts,
        /// The tables that differ.
        differences: Vec<RowDifference>,
    },
}

/// Counts again and compares.
pub(super) async fn check(
    stored_rows: &dyn StoredRows,
    before: RowCounts,
    acknowledged: RowCounts,
) -> RowCheck {
    match stored_rows.count().await {
        Err(error) => RowCheck::Failed { reason: error.to_string() },
        Ok(after) => RowCheck::Made { before, after, differences: differences(before, after, acknowledged) },
    }
}

fn differences(before: RowCounts, after: RowCounts, acknowledged: RowCounts) -> Vec<RowDifference> {
    [
        ("exposures", before.exposures, after.exposures, acknowledged.exposures),
        ("events", before.events, after.events, acknowledged.events),
    ]
    .into_iter()
    .filter_map(|(rows, before, after, acknowledged)| {
        let stored = after.checked_signed_diff(before).unwrap_or(i64::MAX);
        let distance = i128::from(stored) - i128::from(acknowledged);
        let verdict = match distance {
            0 => return None,
            ..0 => format!("{} acknowledged but missing", distance.unsigned_abs()),
            1.. => format!("{distance} more than acknowledged"),
        };
        let sentence = format!("{rows}: {stored} stored, {acknowledged} acknowledged: {verdict}.");
        Some(RowDifference { rows, acknowledged, stored, sentence })
    })
    .collect()
}

impl RowCheck {
    /// Whether nothing speaks against the server.
    pub(super) fn passed(&self) -> bool {
        match self {
            Self::NotMade => true,
            Self::Failed { .. } => false,
            Self::Made { differences, .. } => differences.is_empty(),
        }
    }
}

/// One or more lines without the last line feed.
impl fmt::Display for RowCheck {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotMade => {
                formatter.write_str("Stored rows were not counted (LOAD_TEST_DB=true counts them).")
            }
            Self::Failed { reason } => {
                write!(formatter, "Stored rows could not be counted after the run: {reason}")
            }
            Self::Made { before, after, differences } if differences.is_empty() => write!(
                formatter,
                "Every acknowledged row is stored, and no other: exposures {} → {}, events {} → {}.",
                before.exposures, after.exposures, before.events, after.events
            ),
            Self::Made { differences, .. } => {
                formatter.write_str("Stored rows differ from acknowledged rows:")?;
                for difference in differences {
                    write!(formatter, "\n  {}", difference.sentence)?;
                }
                formatter.write_str(
                    "\n  Other traffic at the same time, or a request that was stored but whose answer was lost, \
                     would explain a surplus. Nothing harmless explains what is missing.",
                )
            }
        }
    }
}
