//! What survives a kill: one file, replaced as a whole, used by one process at a time.

use anyhow::{Context, bail};
use dashly_canary::{Decision, History};
use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::fs::{File, TryLockError};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

const FORMAT: &str = "dashly-canary-1";

/// Five seconds in all.
const LOCK_TRIES: u32 = 50;
const LOCK_PAUSE: Duration = Duration::from_millis(100);

/// Where a run is. Each name says what is being done, so that after a kill exactly that is done again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Phase {
    /// Looking at stable alone.
    Watching,
    /// Running --deploy.
    Deploying,
    /// Looking at both.
    Judging,
    /// Running --promote.
    Promoting,
    /// Running --rollback.
    RollingBack,
    /// Nothing is left to do.
    Done,
}

impl Phase {
    /// In words.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Watching => "watching stable",
            Self::Deploying => "deploying",
            Self::Judging => "judging",
            Self::Promoting => "promoting",
            Self::RollingBack => "rolling back",
            Self::Done => "done",
        }
    }
}

/// How a run ended or will end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Ending {
    /// The canary is stable now.
    Promoted,
    /// It was bad, or a command failed.
    RolledBack,
    /// The time was over, and it was rolled back.
    WaitedTooLong,
    /// The same, for too little traffic.
    NotEnoughData,
}

/// The file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct State {
    format: String,
    /// What is judged and how: another canary needs another file.
    pub(super) subject: serde_json::Value,
    pub(super) phase: Phase,
    pub(super) ending: Option<Ending>,
    /// When judging began, in seconds since 1970.
    pub(super) judging_since: Option<f64>,
    pub(super) history: History,
    /// The last decision, for who reads the file.
    pub(super) decision: Option<Decision>,
    /// Why it was rolled back, when that is not the decision's reason.
    pub(super) trouble: Option<String>,
}

impl State {
    pub(super) fn new(subject: serde_json::Value, phase: Phase) -> Self {
        Self {
            format: FORMAT.to_owned(),
            subject,
            phase,
            ending: None,
            judging_since: None,
            history: History::default(),
            decision: None,
            trouble: None,
        }
    }
}

/// The file and its lock; or nowhere, when no file was named.
#[derive(Debug)]
pub(super) struct StateFile {
    path: Option<PathBuf>,
    lock: Option<File>,
}

impl StateFile {
    /// Takes the lock, and reads what was stored before.
    pub(super) async fn open(path: Option<&Path>) -> anyhow::Result<(Self, Option<State>)> {
        let Some(path) = path else {
            return Ok((Self { path: None, lock: None }, None));
        };
        let lock = take_lock(path).await?;
        let state = match std::fs::read(path) {
            Ok(text) => Some(parse(&text).with_context(|| {
                format!("{} is no state of a canary; remove it to start anew", path.display())
            })?),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
        };
        Ok((Self { path: Some(path.to_owned()), lock: Some(lock) }, state))
    }

    /// Standard input for a command: empty, and holding the lock as long as the command runs. When this program is
    /// killed, the next one waits for the command's end instead of running it twice at once.
    pub(super) fn stdin(&self) -> std::io::Result<Stdio> {
        self.lock.as_ref().map_or_else(|| Ok(Stdio::null()), |lock| lock.try_clone().map(Stdio::from))
    }

    /// Replaces the file as a whole, and returns when it is on the disk.
    pub(super) fn write(&self, state: &State) -> anyhow::Result<()> {
        let Some(path) = &self.path else { return Ok(()) };
        replace(path, &serde_json::to_vec(state)?).with_context(|| format!("cannot write {}", path.display()))
    }
}

/// Waits a moment for one who is about to end.
async fn take_lock(path: &Path) -> anyhow::Result<File> {
    let lock_path = with_suffix(path, ".lock");
    let lock =
        File::options().create(true).truncate(false).read(true).write(true).open(&lock_path).with_context(
            || {
                format!(
                    "cannot open {}; give --state a file in a folder that can be written",
                    lock_path.display()
                )
            },
        )?;
    for _ in 0..LOCK_TRIES {
        match lock.try_lock() {
            Ok(()) => return Ok(lock),
            Err(TryLockError::WouldBlock) => tokio::time::sleep(LOCK_PAUSE).await,
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("cannot lock {}", lock_path.display()));
            }
        }
    }
    bail!(
        "{} is in use by another `dashly canary`, or by a command that one started; wait for its end, or name another file",
        path.display()
    )
}

fn parse(text: &[u8]) -> anyhow::Result<State> {
    let state: State = serde_json::from_slice(text)?;
    if state.format != FORMAT {
        bail!("its format is {:?}, expected {FORMAT:?}", state.format);
    }
    Ok(state)
}

fn replace(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let new = with_suffix(path, ".new");
    let mut file = File::create(&new)?;
    file.write_all(content)?;
    file.sync_all()?;
    std::fs::rename(&new, path)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}
