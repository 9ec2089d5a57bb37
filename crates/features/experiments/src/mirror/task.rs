//! Follows the database's commits with the two files.

use super::copies::HOLD;
use super::files::{Files, MirrorError};
use super::left_out::{LeftOut, since};
use crate::retention::RetentionDays;
use dashly_db::Db;
use dashly_kernel::Clock;
use dashly_telemetry::{Health, ShutdownSignal, Tasks};
use serde::Serialize;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use utoipa::ToSchema;

/// How soon the files are tried again after a failure, or the lock of another process.
const RETRY_INTERVAL: Duration = Duration::from_secs(2);
/// Other processes' commits do not wake us, so look now and then.
const LOOK_INTERVAL: Duration = Duration::from_secs(2);
const COMPONENT: &str = "experiment_mirror";

/// Where the mirror is kept.
#[derive(Clone, Debug)]
pub(crate) struct MirrorPlace {
    pub folder: PathBuf,
    /// Rows that are older are not shown; none when all are.
    pub days: Option<RetentionDays>,
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

impl Mirror {
    /// Starts to mirror into `place`, woken by `commits`; ends, up to date, after `tasks` shut down. No place is for
    /// installations with several replicas: nothing is mirrored.
    pub(crate) fn start(
        place: Option<MirrorPlace>,
        db: Db,
        commits: watch::Receiver<u64>,
        clock: Arc<dyn Clock>,
        health: Health,
        tasks: &Tasks,
    ) -> Self {
        let (status, directory) = match &place {
            Some(place) => (MirrorStatus::CatchingUp, Some(place.folder.display().to_string())),
            None => (MirrorStatus::Off, None),
        };
        let report = MirrorReport { status, directory, last_exposure_id: 0, last_event_id: 0, problem: None };
        let mirror = Self { report: Arc::new(Mutex::new(report)) };
        if let Some(place) = place {
            let follower = Follower {
                place,
                db,
                commits,
                clock,
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
    place: MirrorPlace,
    db: Db,
    commits: watch::Receiver<u64>,
    clock: Arc<dyn Clock>,
    health: Health,
    mirror: Mirror,
    shutdown: ShutdownSignal,
}

impl Follower {
    async fn run(mut self) {
        loop {
            let error = match Files::open(&self.place.folder, &self.db).await {
                Ok(mut files) => match self.follow(&mut files).await {
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

    async fn follow(&mut self, files: &mut Files) -> Result<(), MirrorError> {
        let mut removed = None;
        loop {
            self.commits.mark_unchanged();
            let stopping = self.shutdown.is_stopping();
            tokio::time::sleep_until(files.hidden_since + HOLD).await;
            let (mirror, db) = (self.mirror.clone(), self.db.clone());
            let catching_up = move || mirror.update(|report| report.status = MirrorStatus::CatchingUp);
            let left_out = LeftOut::find(&db, since(self.place.days, self.clock.now())).await?;
            // While rows are being removed it waits for the end, or it would write everything anew at each look.
            let is_moving =
                removed.replace(left_out.removed).is_some_and(|before| before != left_out.removed);
            if !is_moving {
                files.leave_out(&db, left_out, &catching_up).await?;
            }
            if files.catch_up(&db, &catching_up).await? {
                files.publish()?;
            }
            self.health.set_ok(COMPONENT);
            self.mirror.update(|report| {
                report.status = MirrorStatus::Ok;
                report.problem = None;
                report.last_exposure_id = files.exposures.published_last_id();
                report.last_event_id = files.events.published_last_id();
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
}
