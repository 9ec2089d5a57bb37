//! `dashly experiments export`: the file with what was changed on the page.

use super::COMMAND_LINE;
use super::model::{ChangeAction, share_of};
use super::store::{Author, NewChange, insert_change, list_changes_in_force};
use crate::definitions::{
    ChangedFields, DefinitionFault, Definitions, DocumentFault, StoredChanges, TestsDocument, WHOLE_FILE,
    parse_definitions,
};
use dashly_db::{Db, DbError};
use dashly_kernel::Timestamp;
use serde_json::{Value, json};
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

/// Why nothing was exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The file cannot be read or written.
    #[error("the file of experiments cannot be used: {0}")]
    File(#[from] std::io::Error),
    /// The file has a mistake.
    #[error("the file of experiments has a mistake: {}", .0.iter().map(|fault| fault.detail.as_str()).collect::<Vec<_>>().join("; "))]
    Definitions(Vec<DefinitionFault>),
    /// It is not the JSON that it was a moment ago.
    #[error(transparent)]
    Document(#[from] DocumentFault),
    /// The database cannot be read or written.
    #[error("what was changed on the page cannot be read from the database")]
    Database(#[from] DbError),
    /// Somebody changed something while the file was written.
    #[error("somebody changed `{test_id}` while the file was written; run it again")]
    Changed {
        /// The experiment; empty for what belongs to all.
        test_id: String,
    },
}

/// What was exported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportReport {
    /// The file with what was changed.
    pub text: String,
    /// The experiments that it changes; `holdout` for that of all.
    pub changed: Vec<String>,
}

/// The text of `tests_file` with everything in it that was changed on the page.
///
/// With `write`, the file is replaced in one step, and then the changes are forgotten: the file says the same now.
///
/// # Errors
/// [`ExportError`]; the file is then as it was, or already has what was changed, which stays in force either way.
pub async fn export(
    db: &Db,
    tests_file: &Path,
    write: bool,
    now: Timestamp,
) -> Result<ExportReport, ExportError> {
    let text = fs::read(tests_file)?;
    let declared = parse_definitions(&text).map_err(ExportError::Definitions)?.definitions;
    let stored = list_changes_in_force(db).await?;
    let mut document = TestsDocument::parse(&text)?;
    let mut changed = Vec::new();
    for (test_id, change) in in_file_order(&declared, &stored) {
        if apply(&mut document, &declared, test_id, &change.fields) {
            changed.push(if test_id == WHOLE_FILE { "holdout".to_owned() } else { test_id.to_owned() });
        }
    }
    let text = document.to_text();
    // What was taken over is checked like any edit before it replaces the file.
    parse_definitions(text.as_bytes()).map_err(ExportError::Definitions)?;
    if write && !changed.is_empty() {
        replace(tests_file, &text)?;
        forget(db, &stored, now).await?;
    }
    Ok(ExportReport { text, changed })
}

fn in_file_order<'a>(
    declared: &'a Definitions,
    changes: &'a StoredChanges,
) -> Vec<(&'a str, &'a crate::definitions::StoredChange)> {
    let test_ids = declared.all().iter().map(|experiment| &*experiment.test_id);
    std::iter::once(WHOLE_FILE)
        .chain(test_ids)
        .filter_map(|id| changes.get(id).map(|found| (id, found)))
        .collect()
}

/// Writes the fields into the document as far as they fit; says whether there were any.
fn apply(
    document: &mut TestsDocument,
    declared: &Definitions,
    test_id: &str,
    fields: &ChangedFields,
) -> bool {
    if test_id == WHOLE_FILE {
        let Some(millionths) = fields.holdout_millionths else { return false };
        document.set_number(None, "holdout", share_of(millionths));
        return true;
    }
    let Some(before) = declared.find(test_id) else { return false };
    let mut after = crate::Experiment::clone(before);
    after.apply(fields);
    let mut is_changed = false;
    if after.status != before.status {
        document.set_text(Some(test_id), "status", Some(after.status.as_str()));
        is_changed = true;
    }
    if after.traffic_millionths != before.traffic_millionths {
        document.set_number(Some(test_id), "traffic", share_of(after.traffic_millionths));
        if let Some(layer) = &before.layer {
            // Else the slices of the experiments behind it would move.
            document.set_number(Some(test_id), "layer_share", share_of(layer.share_millionths));
        }
        is_changed = true;
    }
    if after.winner != before.winner {
        let key = after.winner.map(|position| after.variant(position).key.to_string());
        document.set_text(Some(test_id), "winner", key.as_deref());
        is_changed = true;
    }
    is_changed
}

/// Written beside and moved into place, so that a reader finds the old file or the new one.
fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let beside = path.with_extension("json.new");
    let mut file = File::create(&beside)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    // Whoever could read and write the file before still can.
    fs::set_permissions(&beside, fs::metadata(path)?.permissions())?;
    fs::rename(&beside, path)
}

async fn forget(db: &Db, changes: &StoredChanges, now: Timestamp) -> Result<(), ExportError> {
    let author = Author { user: None, name: COMMAND_LINE.to_owned() };
    let nothing = ChangedFields::default();
    let mut tx = db.begin().await?;
    for (test_id, change) in changes.iter().filter(|(_, change)| change.fields != nothing) {
        let exported = NewChange {
            test_id,
            fields: &nothing,
            revision: change.revision,
            action: ChangeAction::Export,
            before: Value::Object(serde_json::Map::new()),
            after: json!(change.fields),
            reason: None,
        };
        if !insert_change(&mut tx, &exported, &author, now).await? {
            return Err(ExportError::Changed { test_id: test_id.clone() });
        }
    }
    tx.commit().await?;
    Ok(())
}
