//! The file as it is now.

use super::{GatewayFile, InvalidGatewayFile};
use arc_swap::ArcSwap;
use dashly_telemetry::{Health, Tasks};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// How often the file is looked at. Polling also sees files that are replaced by a link, as in Kubernetes.
const LOOK_EVERY: Duration = Duration::from_secs(1);
const COMPONENT: &str = "configuration";

/// The configuration in force. A file that cannot be used keeps the last good one.
#[derive(Clone, Debug)]
pub(crate) struct LiveFile(Arc<ArcSwap<GatewayFile>>);

impl LiveFile {
    /// Reads the file at `path`, if there is one, and looks for changes from then on.
    ///
    /// # Errors
    /// [`InvalidGatewayFile`] when it cannot be used, or is missing while `must_exist`.
    pub(crate) fn start(
        path: &Path,
        must_exist: bool,
        health: &Health,
        tasks: &Tasks,
    ) -> Result<Self, InvalidGatewayFile> {
        let is_missing = stamp(path).is_none();
        let first = if is_missing && !must_exist { GatewayFile::default() } else { GatewayFile::read(path)? };
        let mark = Mark::of(path, first.prompts_folder.as_deref());
        let live = Self(Arc::new(ArcSwap::from_pointee(first)));
        let watch = live.clone().watch(path.to_owned(), mark, health.clone(), tasks.shutdown_signal());
        tasks.spawn("configuration", watch);
        Ok(live)
    }

    /// The configuration now.
    pub(crate) fn current(&self) -> Arc<GatewayFile> {
        self.0.load_full()
    }

    async fn watch(
        self,
        path: PathBuf,
        mut seen: Mark,
        health: Health,
        stop: dashly_telemetry::ShutdownSignal,
    ) {
        loop {
            tokio::select! {
                () = stop.wait() => return,
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
            let mark = Mark::of(&path, self.current().prompts_folder.as_deref());
            if mark == seen {
                continue;
            }
            seen = mark;
            match (seen.file, GatewayFile::read(&path)) {
                (None, _) => {
                    health.set_degraded(COMPONENT, "the file is gone: the last good one holds");
                }
                (_, Ok(file)) => {
                    self.0.store(Arc::new(file));
                    health.set_ok(COMPONENT);
                    tracing::info!("the configuration was read again");
                }
                (_, Err(error)) => {
                    let reason = format!("the file cannot be used, the last good one holds: {error}");
                    health.set_degraded(COMPONENT, &reason);
                }
            }
        }
    }
}

/// Tells whether the file, or a prompt beside it, was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Mark {
    file: Option<Stamp>,
    prompts: BTreeMap<PathBuf, Stamp>,
}

/// When a file was written, and how long it is.
type Stamp = (SystemTime, u64);

impl Mark {
    fn of(path: &Path, prompts: Option<&Path>) -> Self {
        let found = prompts.and_then(|folder| std::fs::read_dir(folder).ok());
        let prompts = found
            .into_iter()
            .flatten()
            .filter_map(|entry| {
                let path = entry.ok()?.path();
                Some((path.clone(), stamp(&path)?))
            })
            .collect();
        Self { file: stamp(path), prompts }
    }
}

fn stamp(path: &Path) -> Option<Stamp> {
    let found = std::fs::metadata(path).ok()?;
    Some((found.modified().ok()?, found.len()))
}
