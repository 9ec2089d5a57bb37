//! Retention: records of visitors are removed once nothing needs them and they are old enough.
//!
//! Two kinds of records are needed by nothing but a look at them: events for no experiment, and everything of an experiment
//! that is archived and over. Totals, history and evidence of such an experiment stay, so its results do. It is *retired*:
//! it cannot be recounted or run again under its identifier. Records of any other experiment stay for as long as it does,
//! since its answer is made of them. The reasons are in `docs/decisions/0027-retention.md`.

mod follow;
mod remove;
mod store;

pub(crate) use follow::follow;

use crate::definitions::{Definitions, Status, StoredChanges, read_definitions};
use crate::life::{self, list_changes_in_force};
use crate::results::ReadResultsError;
use crate::row_tables::RowTable;
use dashly_db::{Db, DbError};
use dashly_kernel::Timestamp;
use serde::Serialize;
use std::collections::HashSet;
use std::num::NonZeroU16;
use std::path::Path;

const SECONDS_PER_DAY: i64 = 86_400;
/// What stands for the experiment of an event that is for none.
const NO_EXPERIMENT: &str = "";

/// How old records of visitors may become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetentionDays(pub NonZeroU16);

impl RetentionDays {
    /// What happened before this moment is too old at `now`.
    pub(crate) fn cutoff(self, now: Timestamp) -> Timestamp {
        now.plus_seconds(-i64::from(self.0.get()) * SECONDS_PER_DAY)
    }
}

/// What is too old, or was removed because of that.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ExpiredRecords {
    /// Experiments that are retired by this.
    pub retired: Vec<String>,
    /// Rows of exposures.
    pub exposures: u64,
    /// Rows of events.
    pub events: u64,
}

impl ExpiredRecords {
    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Finds what is older than `days`, with the experiments in `tests_file` and what was changed of them; changes nothing.
///
/// An experiment counts as archived from when [`remove_expired`] first sees it so. Reads all rows once, without keeping
/// anybody waiting.
///
/// # Errors
/// [`ReadResultsError`].
pub async fn find_expired(
    db: &Db,
    tests_file: &Path,
    days: RetentionDays,
    now: Timestamp,
) -> Result<ExpiredRecords, ReadResultsError> {
    let (definitions, changes) = read_effective(db, tests_file).await?;
    let due = list_due(db, &definitions, &changes, days, now).await?;
    let retired = changes.iter().filter(|(_, change)| change.retired_at.is_some());
    let mut test_ids: HashSet<&str> = retired.map(|(test_id, _)| test_id.as_str()).collect();
    test_ids.extend(due.iter().map(|due| due.test_id.as_str()));
    let cutoff = days.cutoff(now);
    let exposures = store::count_rows(db, RowTable::Exposures, cutoff, &test_ids).await?;
    test_ids.insert(NO_EXPERIMENT);
    let events = store::count_rows(db, RowTable::Events, cutoff, &test_ids).await?;
    Ok(ExpiredRecords { retired: due.into_iter().map(|due| due.test_id).collect(), exposures, events })
}

/// Removes what [`find_expired`] finds, a few rows at a time, with a line in the log of changes for each retired experiment
/// and one for the rows.
///
/// Killed in the middle it goes on with the next call. Several may run at once.
///
/// # Errors
/// [`ReadResultsError`].
pub async fn remove_expired(
    db: &Db,
    tests_file: &Path,
    days: RetentionDays,
    now: Timestamp,
) -> Result<ExpiredRecords, ReadResultsError> {
    let (definitions, changes) = read_effective(db, tests_file).await?;
    Ok(remove::remove(db, &definitions, &changes, days, now).await?)
}

async fn read_effective(
    db: &Db,
    tests_file: &Path,
) -> Result<(Definitions, StoredChanges), ReadResultsError> {
    let declared = read_definitions(tests_file).map_err(ReadResultsError::from_faults)?;
    let changes = list_changes_in_force(db).await?;
    Ok((declared.with_changes(&changes).0, changes))
}

/// An experiment that may be retired.
#[derive(Debug)]
struct Due {
    test_id: String,
    /// The revision of its settings that was seen.
    revision: i64,
}

/// Experiments that are archived and have been for long enough, as far as somebody looked, and were over before that.
async fn list_due(
    db: &Db,
    definitions: &Definitions,
    changes: &StoredChanges,
    days: RetentionDays,
    now: Timestamp,
) -> Result<Vec<Due>, DbError> {
    let last_counted = store::list_last_counted(db).await?;
    let cutoff = days.cutoff(now);
    let due = definitions.all().iter().filter(|experiment| experiment.status == Status::Archived);
    Ok(due
        .filter_map(|experiment| {
            let change = changes.get(&*experiment.test_id)?;
            let archived_at = change.archived_at.filter(|_| change.retired_at.is_none())?;
            let last_counted = last_counted.get(&*experiment.test_id).copied();
            let last = archived_at.max(change.changed_at).max(last_counted.unwrap_or(archived_at));
            let (test_id, revision) = (experiment.test_id.to_string(), change.revision);
            (last < cutoff).then_some(Due { test_id, revision })
        })
        .collect())
}

/// Notes which experiments are archived since now, and which no longer are: an edit of the file says no moment, and one
/// that has just been archived can be restored for as long as records are kept.
async fn note_archived(
    db: &Db,
    definitions: &Definitions,
    changes: &StoredChanges,
    now: Timestamp,
) -> Result<(), DbError> {
    for experiment in definitions.all() {
        let change = changes.get(&*experiment.test_id);
        let is_noted = change.is_some_and(|change| change.archived_at.is_some());
        let is_archived = experiment.status == Status::Archived;
        if is_noted != is_archived {
            life::note_archived(db, &experiment.test_id, is_archived.then_some(now)).await?;
        }
    }
    Ok(())
}
