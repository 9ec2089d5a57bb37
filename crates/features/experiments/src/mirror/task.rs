//! Follows the database's commits with the two files.

use super::copies::{Copies, HOLD, MirrorRow};
use super::rows::{MirrorTable, PAGE_ROWS};
use dashly_db::{Db, DbError};
use dashly_telemetry::{Health, ShutdownSignal, Tasks};
use serde::Serialize;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;
use utoipa::ToSchema;

/// How soon the files are tried again after a failure, or the lock of another process.
const RETRY_INTERVAL: Duration = Duration::from_secs(2);
/// Other processes' commits do not wake us, so look now and then.
const LOOK_INTERVAL: Duration = Duration::from_secs(2);
const COMPONENT: &str = "experiment_mirror";

/// Where the mirror is kept, if at all.
#[derive(Clone, Debug)]
pub(crate) enum MirrorFolder {
    /// In this folder.
    At(PathBuf),
    /// Nowhere: for installations with several replicas.
    Off,
}

/// Whether the mirror is up to date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MirrorStatus {
    /// Equal to the database but for the last seconds.
    Ok,
    /// Reading what it has missed.
    CatchingUp,
    /// Cannot be written; tried again by itself.
    Error,
    /// Switched off.
    Off,
    /// Another process owns the files.
    Elsewhere,
}

/// How the mirror is doing.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MirrorReport {
    /// In one word.
    pub status: MirrorStatus,
    /// Where the files are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub directory: Option<String>,
    /// Id of the last exposure in the published file.
    pub last_exposure_id: i64,
    /// Id of the last event in the published file.
    pub last_event_id: i64,
    /// Why it cannot be written.
    pub problem: Option<String>,
}

/// The handle of the mirror: only its report. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Mirror {
    report: Arc<Mutex<MirrorReport>>,
}

#[derive(Debug, thiserror::Error)]
enum MirrorError {
    #[error("the files cannot be written: {0}")]
    Files(#[from] io::Error),
    #[error("the database cannot be read: {}", .0.reason())]
    Database(#[from] DbError),
    #[error("another process owns the files")]
    Elsewhere,
}

impl Mirror {
    /// Starts to mirror into `folder`, woken by `commits`; ends, up to date, after `tasks` shut down.
    pub(crate) fn start(
        folder: MirrorFolder,
        db: Db,
        commits: watch::Receiver<u64>,
        health: Health,
        tasks: &Tasks,
    ) -> Self {
        let (status, directory) = match &folder {
            MirrorFolder::At(path) => (MirrorStatus::CatchingUp, Some(path.display().to_string())),
            MirrorFolder::Off => (MirrorStatus::Off, None),
        };
        let report = MirrorReport { status, directory, last_exposure_id: 0, last_event_id: 0, problem: None };
        let mirror = Self { report: Arc::new(Mutex::new(report)) };
        if let MirrorFolder::At(folder) = folder {
            let follower = Follower {
                folder,
                db,
                commits,
                health,
                mirror: mirror.clone(),
                shutdown: tasks.shutdown_signal(),
            };
            tasks.spawn("experiment mirror", follower.run());
        }
        mirror
    }

    /// How the mirror is doing.
    pub(crate) fn report(&self) -> MirrorReport {
        self.report.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn update(&self, change: impl FnOnce(&mut MirrorReport)) {
        change(&mut self.report.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

struct Follower {
    folder: PathBuf,
    db: Db,
    commits: watch::Receiver<u64>,
    health: Health,
    mirror: Mirror,
    shutdown: ShutdownSignal,
}

/// The files while this process owns them.
struct Owned {
    exposures: Copies,
    events: Copies,
    /// When the hidden copies went out of sight.
    hidden_since: Instant,
    /// Unlocked when dropped.
    _lock: File,
}

impl Follower {
    async fn run(mut self) {
        loop {
            let error = match self.open().await {
                Ok(mut owned) => match self.follow(&mut owned).await {
                    Ok(()) => return,
                    Err(error) => error,
                },
                Err(error) => error,
            };
            self.report_error(&error);
            tokio::select! {
                () = tokio::time::sleep(RETRY_INTERVAL) => {}
                // What is missing now is caught up from the database at the next start.
                () = self.shutdown.wait() => return,
            }
        }
    }

    fn report_error(&self, error: &MirrorError) {
        if let MirrorError::Elsewhere = error {
            self.mirror.update(|report| report.status = MirrorStatus::Elsewhere);
            return;
        }
        let problem = error.to_string();
        self.health.set_degraded(COMPONENT, &problem);
        self.mirror.update(|report| {
            report.status = MirrorStatus::Error;
            report.problem = Some(problem);
        });
    }

    /// Takes the lock and opens both files. After a power cut the files are begun anew: their content was never
    /// synced, so that nothing about it can be trusted.
    async fn open(&self) -> Result<Owned, MirrorError> {
        let lock = take_lock(&self.folder)?;
        let boot = boot_id();
        let boot_file = self.folder.join(".boot-id");
        let same_boot = boot.is_some() && fs::read_to_string(&boot_file).ok() == boot;
        let exposures = self.open_copies(MirrorTable::Exposures, same_boot).await?;
        let events = self.open_copies(MirrorTable::Events, same_boot).await?;
        if let Some(boot) = boot
            && !same_boot
        {
            // Whole or not at all: a crash in the middle must not make the next start begin anew.
            let beside = self.folder.join(".boot-id.new");
            fs::write(&beside, boot)?;
            fs::rename(&beside, &boot_file)?;
        }
        // The hidden copies are new files, so nobody can have them open.
        let hidden_since = Instant::now() - HOLD;
        Ok(Owned { exposures, events, hidden_since, _lock: lock })
    }

    async fn open_copies(&self, table: MirrorTable, same_boot: bool) -> Result<Copies, MirrorError> {
        let last = Copies::open(&self.folder, table.name(), |_| same_boot)?;
        let last_id = last.hidden_last_id();
        if last_id == 0 {
            return Ok(last);
        }
        drop(last);
        let stored = table.find(&self.db, last_id).await?;
        Ok(Copies::open(&self.folder, table.name(), |row: &MirrorRow| stored.as_ref() == Some(row))?)
    }

    async fn follow(&mut self, owned: &mut Owned) -> Result<(), MirrorError> {
        loop {
            self.commits.mark_unchanged();
            let stopping = self.shutdown.is_stopping();
            tokio::time::sleep_until(owned.hidden_since + HOLD).await;
            let grew = self.catch_up(owned).await?;
            if grew {
                owned.exposures.publish()?;
                owned.events.publish()?;
                owned.hidden_since = Instant::now();
            }
            self.health.set_ok(COMPONENT);
            self.mirror.update(|report| {
                report.status = MirrorStatus::Ok;
                report.problem = None;
                report.last_exposure_id = owned.exposures.published_last_id();
                report.last_event_id = owned.events.published_last_id();
            });
            if stopping {
                return Ok(());
            }
            let wake = async {
                // The sender lives in the writer; when it is gone the process is stopping.
                if self.commits.changed().await.is_err() {
                    self.shutdown.wait().await;
                }
            };
            tokio::select! {
                () = wake => {}
                () = tokio::time::sleep(LOOK_INTERVAL) => {}
                () = self.shutdown.wait() => {}
            }
        }
    }

    /// Brings the hidden copies up to the database; says whether they have more than the published ones.
    async fn catch_up(&self, owned: &mut Owned) -> Result<bool, MirrorError> {
        for (table, copies) in
            [(MirrorTable::Exposures, &mut owned.exposures), (MirrorTable::Events, &mut owned.events)]
        {
            loop {
                let rows = table.list_after(&self.db, copies.hidden_last_id()).await?;
                let is_last_page = i64::try_from(rows.len()).unwrap_or(PAGE_ROWS) < PAGE_ROWS;
                copies.append(&rows)?;
                if is_last_page {
                    break;
                }
                self.mirror.update(|report| report.status = MirrorStatus::CatchingUp);
            }
        }
        let grew = |copies: &Copies| copies.hidden_last_id() > copies.published_last_id();
        Ok(grew(&owned.exposures) || grew(&owned.events))
    }
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
