//! Follows the file, and keeps the last good version of it.

use super::{DefinitionFault, Definitions, StoredChanges, parse_definitions};
use arc_swap::ArcSwap;
use dashly_kernel::{Clock, Timestamp};
use dashly_telemetry::{Health, Tasks};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// How soon an edit takes effect. Looking at a file's date costs microseconds, and works for mounted configuration,
/// where file events do not arrive.
const LOOK_INTERVAL: Duration = Duration::from_millis(500);
const COMPONENT: &str = "experiment_definitions";

/// How the file is doing, for the health report and the admin page.
#[derive(Clone, Debug)]
pub struct DefinitionsStatus {
    /// When the version in use was read; when this process started, while there is none.
    pub loaded_at: Timestamp,
    /// Whether there was a good version since this process started.
    pub is_loaded: bool,
    /// What is wrong with the file as it is now; empty when it is the version in use.
    pub faults: Vec<DefinitionFault>,
    /// What is odd about the version in use.
    pub warnings: Vec<DefinitionFault>,
}

impl DefinitionsStatus {
    /// What is wrong, and what that means for visitors; none while the file is the version in use.
    pub fn problem(&self) -> Option<String> {
        let consequence = if self.is_loaded {
            "the last good version stays in use"
        } else {
            "there are no experiments until the file is good"
        };
        self.faults.first().map(|first| format!("{consequence}: {}", first.detail))
    }
}

/// `tests.json`, the last good version of it, and what was changed on the page.
#[derive(Debug)]
pub struct DefinitionsFile {
    path: PathBuf,
    /// What is in force.
    current: ArcSwap<Definitions>,
    /// Held while what is in force is made anew.
    sources: Mutex<Sources>,
    status: Mutex<DefinitionsStatus>,
    seen: Mutex<Option<Stamp>>,
}

/// What is in force is made of these.
#[derive(Debug, Default)]
struct Sources {
    /// The last good version of the file, as it is.
    declared: Arc<Definitions>,
    changes: StoredChanges,
    file_warnings: Vec<DefinitionFault>,
}

/// What changes whenever the file does.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Stamp {
    modified: Option<SystemTime>,
    bytes: u64,
    content: Vec<u8>,
}

impl DefinitionsFile {
    /// Reads the file for the first time. One that cannot be used means no experiments, and shows in the health.
    pub fn open(path: &Path, clock: &dyn Clock, health: &Health) -> Self {
        let file = Self {
            path: path.to_owned(),
            current: ArcSwap::from_pointee(Definitions::default()),
            sources: Mutex::default(),
            status: Mutex::new(DefinitionsStatus {
                loaded_at: clock.now(),
                is_loaded: false,
                faults: Vec::new(),
                warnings: Vec::new(),
            }),
            seen: Mutex::new(None),
        };
        file.look(clock, health);
        file
    }

    /// The last good version of the file, without what was changed on the page.
    pub(crate) fn declared(&self) -> Arc<Definitions> {
        Arc::clone(&self.lock_sources().declared)
    }

    /// What was changed on the page.
    pub(crate) fn changes(&self) -> StoredChanges {
        self.lock_sources().changes.clone()
    }

    /// Puts `changes` in force instead of those before.
    pub(crate) fn set_changes(&self, changes: StoredChanges) {
        let mut sources = self.lock_sources();
        sources.changes = changes;
        self.put_in_force(&sources);
    }

    fn lock_sources(&self) -> std::sync::MutexGuard<'_, Sources> {
        self.sources.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put_in_force(&self, sources: &Sources) {
        let (current, mut misfits) = sources.declared.with_changes(&sources.changes);
        self.current.store(Arc::new(current));
        let mut warnings = sources.file_warnings.clone();
        warnings.append(&mut misfits);
        self.set_status(|status| status.warnings = warnings);
    }

    /// What is in force: the last good version of the file with what was changed on the page.
    pub fn current(&self) -> Arc<Definitions> {
        self.current.load_full()
    }

    /// How the file is doing.
    pub fn status(&self) -> DefinitionsStatus {
        self.status.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The file's name without its folder, for replies.
    pub fn file_name(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Follows the file until the process stops.
    pub fn follow(self: Arc<Self>, tasks: &Tasks, clock: Arc<dyn Clock>, health: Health) {
        let shutdown = tasks.shutdown_signal();
        tasks.spawn("experiment definitions", async move {
            let mut interval = tokio::time::interval(LOOK_INTERVAL);
            interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            loop {
                tokio::select! {
                    _ = interval.tick() => {}
                    () = shutdown.wait() => return,
                }
                let (file, clock, health) = (Arc::clone(&self), Arc::clone(&clock), health.clone());
                // A panic in there is logged by the runtime's hook; the next look starts afresh.
                let _ = tokio::task::spawn_blocking(move || file.look(&*clock, &health)).await;
            }
        });
    }

    /// Reads the file again if it changed, and puts a good version to use.
    ///
    /// Looks wait for each other: whoever returns from one finds the version in use that it saw, or a later one.
    pub fn look(&self, clock: &dyn Clock, health: &Health) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        match self.read_if_changed(&mut seen) {
            Ok(None) => {}
            Ok(Some(text)) => match parse_definitions(&text) {
                Ok(parsed) => {
                    let experiments = parsed.definitions.all().len();
                    self.set_status(|status| {
                        *status = DefinitionsStatus {
                            loaded_at: clock.now(),
                            is_loaded: true,
                            faults: Vec::new(),
                            warnings: Vec::new(),
                        };
                    });
                    let mut sources = self.lock_sources();
                    sources.declared = Arc::new(parsed.definitions);
                    sources.file_warnings = parsed.warnings;
                    self.put_in_force(&sources);
                    drop(sources);
                    health.set_ok(COMPONENT);
                    tracing::info!(experiments, "experiment definitions loaded");
                }
                Err(faults) => self.refuse(faults, health),
            },
            Err(error) => {
                // Forget what was seen, so that the same file counts as new when it can be read again.
                *seen = None;
                let detail = format!("the file cannot be read: {error}");
                self.refuse(vec![DefinitionFault { pointer: String::new(), detail }], health);
            }
        }
    }

    fn refuse(&self, faults: Vec<DefinitionFault>, health: &Health) {
        self.set_status(|status| status.faults = faults);
        health.set_degraded(COMPONENT, &self.status().problem().unwrap_or_default());
    }

    fn set_status(&self, change: impl FnOnce(&mut DefinitionsStatus)) {
        change(&mut self.status.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// The text, unless it is the one seen before. An edit within the clock tick of the last look is still seen: the
    /// text is compared whenever the date is younger than a few looks.
    fn read_if_changed(&self, seen: &mut Option<Stamp>) -> std::io::Result<Option<Vec<u8>>> {
        let metadata = std::fs::metadata(&self.path)?;
        let modified = metadata.modified().ok();
        let settled = modified
            .and_then(|moment| moment.elapsed().ok())
            .is_some_and(|age| age > LOOK_INTERVAL.saturating_mul(4));
        let same_stamp = |stamp: &Stamp| stamp.modified == modified && stamp.bytes == metadata.len();
        if settled && seen.as_ref().is_some_and(same_stamp) {
            return Ok(None);
        }
        let content = std::fs::read(&self.path)?;
        let changed = seen.as_ref().is_none_or(|stamp| stamp.content != content);
        *seen = Some(Stamp { modified, bytes: metadata.len(), content: content.clone() });
        Ok(changed.then_some(content))
    }
}
