//! A backup is checked by restoring it.

use super::UNFINISHED;
use super::progress::RowsBar;
use crate::output::say;
use anyhow::Context;
use dashly_db::backup::{BackupFile, Restored, restore};
use dashly_db::{DatabaseUrl, Db};
use dashly_experiments::{RecountMode, recount};
use serde::Serialize;
use std::path::Path;

/// What the check found.
#[derive(Debug, Serialize)]
pub(super) struct Verified {
    tables: usize,
    rows: u64,
    recount: Recounted,
}

/// What the recount of the restored rows said.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum Recounted {
    /// The totals kept are those that the rows give.
    Equal {
        /// First exposures.
        exposures: u64,
        /// Conversions.
        conversions: u64,
    },
    /// The database itself keeps other totals; the backup has them as they are.
    Differs,
    /// It could not be done; why.
    Skipped(String),
}

/// Restores the backup at `path` into a fresh database in `folder`, compares the contents of all tables, and counts its
/// exposures and events again.
pub(super) async fn verify(path: &Path, folder: &Path, tests_file: &Path) -> anyhow::Result<Verified> {
    let backup = BackupFile::open(path)?;
    let scratch = tempfile::Builder::new()
        .prefix(UNFINISHED)
        .tempdir_in(folder)
        .with_context(|| format!("making a folder in {}", folder.display()))?;
    let db = Db::connect_for_loading(&DatabaseUrl::Sqlite(scratch.path().join("check.db"))).await?;
    let checked = check(&db, &backup, tests_file).await;
    db.close().await;
    checked
}

async fn check(db: &Db, backup: &BackupFile, tests_file: &Path) -> anyhow::Result<Verified> {
    let bar = RowsBar::start("restoring to check", Some(backup.header().row_count()), true);
    let Restored { tables, .. } =
        Box::pin(restore(db, backup, &mut |_| false, &mut |rows| bar.at(rows))).await?;
    drop(bar);
    let bar = RowsBar::start("counting again", None, true);
    let recounted = recount(db, tests_file, RecountMode::Check, &|steps| bar.at(steps)).await;
    drop(bar);
    let recount = match recounted {
        Ok(report) if report.is_equal() => {
            Recounted::Equal { exposures: report.exposures, conversions: report.conversions }
        }
        Ok(_) => Recounted::Differs,
        Err(error) => Recounted::Skipped(format!("{:#}", anyhow::Error::from(error))),
    };
    Ok(Verified { tables: tables.len(), rows: tables.iter().map(|table| table.rows).sum(), recount })
}

impl Verified {
    pub(super) fn print(&self) {
        say!(
            "Checked: restored into a fresh database; all {} rows of {} tables read back are equal.",
            self.rows,
            self.tables
        );
        match &self.recount {
            Recounted::Equal { exposures, conversions } => say!(
                "Checked: {exposures} first exposures and {conversions} conversions counted again give the totals kept."
            ),
            Recounted::Differs => say!(
                "Note: the database keeps other totals than its rows give; the backup has them as they are. \
                 Run `dashly experiments recount`."
            ),
            Recounted::Skipped(reason) => say!("Note: exposures and events were not counted again: {reason}"),
        }
    }
}
