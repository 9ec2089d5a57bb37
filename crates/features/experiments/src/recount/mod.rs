//! `dashly experiments recount`: everything that is kept beside the rows, made anew from the rows.
//!
//! The writer keeps totals, history, signals, draws and evidence in the transaction that stores the rows, so a recount
//! changes nothing; it is the proof of that, and the way out after rows were changed by hand.

mod evidence;
mod metrics;
mod tables;

use crate::definitions::read_definitions;
use crate::life::{list_retired, log_recount};
use crate::results::ReadResultsError;
use dashly_db::Db;
use dashly_kernel::Timestamp;
use serde::Serialize;
use std::path::Path;

/// Whether a recount may change anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecountMode {
    /// Only compares.
    Check,
    /// Replaces what is kept by what was counted, and says so in the log of changes.
    Replace {
        /// When.
        at: Timestamp,
    },
}

/// Told now and then how many exposures and conversions have been counted.
pub type OnProgress<'a> = &'a (dyn Fn(u64) + Sync);

/// What a recount found.
#[derive(Debug, Clone, Serialize)]
pub struct RecountReport {
    /// First exposures that were counted.
    pub exposures: u64,
    /// Conversions that were counted.
    pub conversions: u64,
    /// Each kept table with its differences.
    pub tables: Vec<RecountedTable>,
    /// Whether what was kept has been replaced.
    pub replaced: bool,
}

impl RecountReport {
    /// Whether everything kept is what the rows say.
    pub fn is_equal(&self) -> bool {
        self.tables.iter().all(|table| table.missing == 0 && table.surplus == 0)
    }
}

/// One kept table against the recount.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RecountedTable {
    /// Its name.
    pub table: &'static str,
    /// Lines that the recount gives.
    pub lines: usize,
    /// Of them, not kept, or kept with another number.
    pub missing: usize,
    /// Kept lines that the recount does not give.
    pub surplus: usize,
}

/// Counts all rows again, as the experiments in `tests_file` define control and variants, and compares; with
/// [`RecountMode::Replace`] it also stores the result.
///
/// Runs in one transaction and keeps every writer waiting until it ends. Its time grows with the number of rows.
///
/// # Errors
/// [`ReadResultsError`]; then nothing is changed.
pub async fn recount(
    db: &Db,
    tests_file: &Path,
    mode: RecountMode,
    on_progress: OnProgress<'_>,
) -> Result<RecountReport, ReadResultsError> {
    let declared = read_definitions(tests_file).map_err(ReadResultsError::from_faults)?;
    let mut tx = db.begin().await?;
    tables::prepare(&mut tx).await?;
    // Of retired experiments only what is kept is left: there is nothing to count.
    let definitions = declared.without(&list_retired(&mut tx).await?);
    let kept = tables::read_all(&mut tx).await?;
    tables::rebuild(&mut tx).await?;
    let walked = evidence::rebuild(&mut tx, &definitions, on_progress).await?;
    metrics::rebuild(&mut tx, &definitions, on_progress).await?;
    let counted = tables::read_all(&mut tx).await?;
    if let RecountMode::Replace { at } = mode {
        log_recount(&mut tx, at).await?;
        tx.commit().await?;
    }
    let tables = kept
        .into_iter()
        .zip(counted)
        .map(|((table, kept), (_, counted))| RecountedTable {
            table,
            lines: counted.len(),
            missing: counted.difference(&kept).count(),
            surplus: kept.difference(&counted).count(),
        })
        .collect();
    Ok(RecountReport {
        exposures: walked.exposures,
        conversions: walked.conversions,
        tables,
        replaced: mode != RecountMode::Check,
    })
}
