//! Both files of the mirror, while one process owns them.

use super::copies::{Copies, HOLD, MirrorRow};
use super::left_out::LeftOut;
use super::rows::PAGE_ROWS;
use crate::row_tables::RowTable;
use dashly_db::{Db, DbError};
use dashly_kernel::Timestamp;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use tokio::time::Instant;

/// Which rows the files leave out. The name is from when there were erasures only.
const LEFT_OUT_FILE: &str = ".erasure";

#[derive(Debug, thiserror::Error)]
pub(super) enum MirrorError {
    #[error("the files cannot be written: {0}")]
    Files(#[from] io::Error),
    #[error("the database cannot be read: {}", .0.reason())]
    Database(#[from] DbError),
    #[error("another process owns the files")]
    Elsewhere,
}

/// The files while this process owns them.
pub(super) struct Files {
    folder: PathBuf,
    pub(super) exposures: Copies,
    pub(super) events: Copies,
    /// When the hidden copies went out of sight.
    pub(super) hidden_since: Instant,
    /// The row of each table before the first one that is shown.
    before: [i64; 2],
    /// Unlocked when dropped.
    _lock: File,
}

impl Files {
    /// Takes the lock and opens both files. After a power cut the files are begun anew: their content was never
    /// synced, so that nothing about it can be trusted.
    pub(super) async fn open(folder: &Path, db: &Db) -> Result<Self, MirrorError> {
        let lock = take_lock(folder)?;
        let boot = boot_id();
        let boot_file = folder.join(".boot-id");
        let same_boot = boot.is_some() && fs::read_to_string(&boot_file).ok() == boot;
        let exposures = open_copies(folder, db, RowTable::Exposures, same_boot).await?;
        let events = open_copies(folder, db, RowTable::Events, same_boot).await?;
        if let Some(boot) = boot
            && !same_boot
        {
            write_whole(&boot_file, &boot)?;
        }
        // The hidden copies are new files, so nobody can have them open.
        let hidden_since = Instant::now() - HOLD;
        let mut files =
            Self { folder: folder.to_owned(), exposures, events, hidden_since, before: [0; 2], _lock: lock };
        files.find_first(db, noted(folder).since).await?;
        Ok(files)
    }

    /// Brings the hidden copies up to the database; says whether they have more than the published ones.
    pub(super) async fn catch_up(
        &mut self,
        db: &Db,
        on_page: &(dyn Fn() + Sync),
    ) -> Result<bool, MirrorError> {
        let tables = [(RowTable::Exposures, &mut self.exposures), (RowTable::Events, &mut self.events)];
        for ((table, copies), before) in tables.into_iter().zip(self.before) {
            loop {
                let rows = table.list_after(db, copies.hidden_last_id().max(before)).await?;
                let is_last_page = i64::try_from(rows.len()).unwrap_or(PAGE_ROWS) < PAGE_ROWS;
                copies.append(&rows)?;
                if is_last_page {
                    break;
                }
                on_page();
            }
        }
        let grew = |copies: &Copies| copies.hidden_last_id() > copies.published_last_id();
        Ok(grew(&self.exposures) || grew(&self.events))
    }

    /// Shows what was caught up.
    pub(super) fn publish(&mut self) -> Result<(), MirrorError> {
        self.exposures.publish()?;
        self.events.publish()?;
        self.hidden_since = Instant::now();
        Ok(())
    }

    /// Writes both files anew when they hold what they must not; says whether that was needed.
    ///
    /// Readers see the files as they were until the new ones are whole. What is left out is noted last: who is killed before
    /// begins again.
    pub(super) async fn leave_out(
        &mut self,
        db: &Db,
        left_out: LeftOut,
        on_page: &(dyn Fn() + Sync),
    ) -> Result<bool, MirrorError> {
        if noted(&self.folder) == left_out {
            return Ok(false);
        }
        self.find_first(db, left_out.since).await?;
        self.exposures.renew()?;
        self.events.renew()?;
        self.catch_up(db, on_page).await?;
        self.publish()?;
        self.exposures.copy_published()?;
        self.events.copy_published()?;
        self.hidden_since = Instant::now() - HOLD;
        write_whole(&self.folder.join(LEFT_OUT_FILE), &left_out.to_string())?;
        Ok(true)
    }

    async fn find_first(&mut self, db: &Db, since: Option<Timestamp>) -> Result<(), DbError> {
        self.before = match since {
            None => [0; 2],
            Some(since) => [
                RowTable::Exposures.find_before(db, since).await?,
                RowTable::Events.find_before(db, since).await?,
            ],
        };
        Ok(())
    }
}

/// What the files in `folder` leave out.
pub(super) fn noted(folder: &Path) -> LeftOut {
    let text = fs::read_to_string(folder.join(LEFT_OUT_FILE)).ok();
    text.map_or_else(LeftOut::default, |text| LeftOut::parse(&text))
}

/// Whole or not at all: a crash in the middle must not make the next start begin anew.
fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    fs::write(&beside, text)?;
    fs::rename(&beside, path)
}

async fn open_copies(
    folder: &Path,
    db: &Db,
    table: RowTable,
    same_boot: bool,
) -> Result<Copies, MirrorError> {
    let last = Copies::open(folder, table.name(), |_| same_boot)?;
    let last_id = last.hidden_last_id();
    if last_id == 0 {
        return Ok(last);
    }
    drop(last);
    let stored = table.find(db, last_id).await?;
    Ok(Copies::open(folder, table.name(), |row: &MirrorRow| stored.as_ref() == Some(row))?)
}

fn take_lock(folder: &Path) -> Result<File, MirrorError> {
    fs::create_dir_all(folder)?;
    let lock = File::options().create(true).truncate(false).write(true).open(folder.join(".lock"))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(fs::TryLockError::WouldBlock) => Err(MirrorError::Elsewhere),
        Err(fs::TryLockError::Error(error)) => Err(error.into()),
    }
}

/// Changes with every start of the machine; none where the system does not tell.
fn boot_id() -> Option<String> {
    fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()
}
