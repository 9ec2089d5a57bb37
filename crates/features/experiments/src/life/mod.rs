//! The life of an experiment: started, ramped, stopped, archived, given a winner, from the page and without a restart.
//!
//! `tests.json` stays what is declared. A change made here is kept in the database beside it, with a line in the log of
//! changes in the same transaction, and holds until it is exported into the file or reset. Every process asks once a
//! second whether there is a newer line, so that replicas follow.

mod change;
mod export;
mod follow;
mod log;
mod model;
mod store;

pub(crate) use change::{HoldoutChange, SettingsChange, SettingsReset};
pub use export::{ExportError, ExportReport, export};
pub(crate) use follow::follow;
pub(crate) use log::ChangesQuery;
pub use model::{
    Change, ChangeAction, Changes, ExperimentLife, Holdout, HoldoutReply, LifeReply, LivesReply, Settings,
};
pub(crate) use store::{Author, find_last_erasure, list_changes_in_force, list_retired, note_archived};

use crate::Experiments;
use crate::definitions::{ChangedFields, WHOLE_FILE};
use crate::erasure::VisitorRecords;
use crate::retention::ExpiredRecords;
use dashly_db::{DbError, Tx};
use dashly_kernel::{FieldError, Problem, Timestamp};

/// The author of what is done from the command line.
const COMMAND_LINE: &str = "command line";
/// The author of what is removed since it is too old.
const RETENTION: &str = "retention";

/// Why a change was not made.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// The file has no such experiment.
    #[error("there is no experiment `{test_id}`")]
    UnknownTest {
        /// As the caller spelled it.
        test_id: String,
    },
    /// Somebody else was faster.
    #[error("it was changed meanwhile: look at it as it is now, and change it again if you still want to")]
    Changed,
    /// It cannot take part in anything any more.
    #[error(
        "the records of its visitors were removed on {}, since it had been archived for long; \
         to run it again, give it another identifier in the file",
        .at.to_date_time().date()
    )]
    Retired {
        /// When it was retired.
        at: Timestamp,
    },
    /// The value does not fit the experiment.
    #[error("`{field}` {detail}")]
    Invalid {
        /// The field.
        field: &'static str,
        /// What is wrong with it.
        detail: String,
    },
    /// The database cannot be read or written.
    #[error("the change cannot be stored: {}", .0.reason())]
    Database(#[from] DbError),
}

impl From<ChangeError> for Problem {
    fn from(error: ChangeError) -> Self {
        match &error {
            ChangeError::UnknownTest { .. } => Self::not_found(error.to_string()),
            ChangeError::Changed => Self::conflict("settings-changed", error.to_string()),
            ChangeError::Retired { .. } => Self::conflict("experiment-retired", error.to_string()),
            ChangeError::Invalid { field, detail } => Self::unprocessable(
                "invalid-setting",
                error.to_string(),
            )
            .with_error(FieldError::new(format!("/{field}"), "invalid", detail.clone())),
            ChangeError::Database(cause) => {
                tracing::warn!(reason = cause.reason(), "a change could not be stored");
                if cause.is_transient() {
                    Self::unavailable("database-unavailable", cause.reason(), 2)
                } else {
                    Self::internal()
                }
            }
        }
    }
}

/// Adds a line to the log: what is kept beside the rows was replaced. It also tells every process to read anew.
pub(crate) async fn log_recount(tx: &mut Tx, now: Timestamp) -> Result<(), DbError> {
    log_line(tx, COMMAND_LINE, WHOLE_FILE, ChangeAction::Recount, serde_json::json!({}), now).await
}

/// Adds a line to the log: a visitor was erased. It says how much and not who.
pub(crate) async fn log_erasure(
    tx: &mut Tx,
    records: &VisitorRecords,
    now: Timestamp,
) -> Result<(), DbError> {
    let erased = serde_json::json!({ "exposures": records.exposures, "events": records.events });
    log_line(tx, COMMAND_LINE, WHOLE_FILE, ChangeAction::EraseVisitor, erased, now).await
}

/// Retires an experiment, if its settings still have the revision that was seen: it stays archived from now on, and a
/// recount leaves alone what is kept of it. Says whether it was so.
pub(crate) async fn retire(
    tx: &mut Tx,
    test_id: &str,
    revision: i64,
    now: Timestamp,
) -> Result<bool, DbError> {
    if !store::retire(tx, test_id, revision, now).await? {
        return Ok(false);
    }
    log_line(tx, RETENTION, test_id, ChangeAction::Retire, serde_json::json!({}), now).await?;
    Ok(true)
}

/// Adds a line to the log: records of visitors were removed since they were too old.
pub(crate) async fn log_removal(
    tx: &mut Tx,
    removed: &ExpiredRecords,
    now: Timestamp,
) -> Result<(), DbError> {
    let after = serde_json::json!({ "exposures": removed.exposures, "events": removed.events });
    log_line(tx, RETENTION, WHOLE_FILE, ChangeAction::RemoveRecords, after, now).await
}

/// A line of something that nobody did on a page.
async fn log_line(
    tx: &mut Tx,
    author: &str,
    test_id: &str,
    action: ChangeAction,
    after: serde_json::Value,
    now: Timestamp,
) -> Result<(), DbError> {
    let author = Author { user: None, name: author.to_owned() };
    let change = store::NewChange {
        test_id,
        fields: &ChangedFields::default(),
        revision: 0,
        action,
        before: serde_json::json!({}),
        after,
        reason: None,
    };
    store::insert_line(tx, &change, &author, now).await
}

impl Experiments {
    /// Puts what other processes changed in force now instead of within a second.
    ///
    /// # Errors
    /// [`DbError`]; then what was in force stays.
    pub async fn look_at_changes(&self) -> Result<(), DbError> {
        self.definitions().set_changes(list_changes_in_force(self.db()).await?);
        Ok(())
    }
}
