//! Both files of the mirror, while one process owns them.

use super::copies::{Copies, HOLD, MirrorRow};
use super::rows::{MirrorTable, PAGE_ROWS};
use crate::life::find_last_erasure;
use dashly_db::{Db, DbError};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use tokio::time::Instant;

/// Which erasure the files know of: the number of its line in the log of changes.
const ERASURE_FILE: &str = ".erasure";

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
        let exposures = open_copies(folder, db, MirrorTable::Exposures, same_boot).await?;
        let events = open_copies(folder, db, MirrorTable::Events, same_boot).await?;
        if let Some(boot) = boot
            && !same_boot
        {
            write_whole(&boot_file, &boot)?;
        }
        // The hidden copies are new files, so nobody can have them open.
        let hidden_since = Instant::now() - HOLD;
        Ok(Self { folder: folder.to_owned(), exposures, events, hidden_since, _lock: lock })
    }

    /// Brings the hidden copies up to the database; says whether they have more than the published ones.
    pub(super) async fn catch_up(
        &mut self,
        db: &Db,
        on_page: &(dyn Fn() + Sync),
    ) -> Result<bool, MirrorError> {
        let tables = [(MirrorTable::Exposures, &mut self.exposures), (MirrorTable::Events, &mut self.events)];
        for (table, copies) in tables {
            loop {
                let rows = table.list_after(db, copies.hidden_last_id()).await?;
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

    /// Writes both files anew when a visitor was erased since; says whether that was needed.
    ///
    /// Readers see the files as they were until the new ones are whole. Which erasure they know of is noted last: who is
    /// killed before begins again.
    pub(super) async fn forget_erased(
        &mut self,
        db: &Db,
        on_page: &(dyn Fn() + Sync),
    ) -> Result<bool, MirrorError> {
        let last = find_last_erasure(db).await?;
        if known_erasure(&self.folder) == last {
            return Ok(false);
        }
        self.exposures.renew()?;
        self.events.renew()?;
        self.catch_up(db, on_page).await?;
        self.publish()?;
        self.exposures.copy_published()?;
        self.events.copy_published()?;
        self.hidden_since = Instant::now() - HOLD;
        write_whole(&self.folder.join(ERASURE_FILE), &last.to_string())?;
        Ok(true)
    }
}

/// The last erasure that the files in `folder` know of; 0 for none.
pub(super) fn known_erasure(folder: &Path) -> i64 {
    let text = fs::read_to_string(folder.join(ERASURE_FILE)).ok();
    text.and_then(|text| text.trim().parse().ok()).unwrap_or(0)
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
    table: MirrorTable,
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
