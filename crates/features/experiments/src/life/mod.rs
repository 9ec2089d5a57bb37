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
pub(crate) use store::{Author, find_last_erasure, list_changes_in_force};

use crate::Experiments;
use crate::definitions::{ChangedFields, WHOLE_FILE};
use crate::erasure::VisitorRecords;
use dashly_db::{DbError, Tx};
use dashly_kernel::{FieldError, Problem, Timestamp};

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
    log_command(tx, ChangeAction::Recount, serde_json::json!({}), now).await
}

/// Adds a line to the log: a visitor was erased. It says how much and not who.
pub(crate) async fn log_erasure(
    tx: &mut Tx,
    records: &VisitorRecords,
    now: Timestamp,
) -> Result<(), DbError> {
    let erased = serde_json::json!({ "exposures": records.exposures, "events": records.events });
    log_command(tx, ChangeAction::EraseVisitor, erased, now).await
}

/// A line of something that was done from the command line, and to no experiment alone.
async fn log_command(
    tx: &mut Tx,
    action: ChangeAction,
    after: serde_json::Value,
    now: Timestamp,
) -> Result<(), DbError> {
    let author = Author { user: None, name: export::COMMAND_LINE.to_owned() };
    let change = store::NewChange {
        test_id: WHOLE_FILE,
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
