//! Budgets in a state file of one process.

use super::ledger::{Book, Reserved, Written};
use super::{Reservation, ReserveError, Spending};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, OwnedMutexGuard};

const FORMAT: &str = "dashly-budgets-1";

/// The state file cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{}: {problem}", path.display())]
pub struct StateFileError {
    path: PathBuf,
    problem: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct Document {
    format: String,
    accounts: BTreeMap<String, Written>,
}

/// The budgets of one file.
#[derive(Debug)]
pub(super) struct FileLedger {
    path: PathBuf,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    book: Book,
    /// Held while the file is in use; none before the first use.
    lock: Option<Lock>,
    /// Whether the log's last word was that the file cannot be used.
    trouble_logged: bool,
}

/// The lock beside the file. Closing it would not be enough: a program that is just being started has it open, too.
#[derive(Debug)]
struct Lock(File);

impl Drop for Lock {
    fn drop(&mut self) {
        // Without success the system gives it back when the process ends.
        let _ = self.0.unlock();
    }
}

impl FileLedger {
    pub(super) fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), state: Arc::default() }
    }

    pub(super) async fn open(&self) -> Result<(), StateFileError> {
        self.opened().await.map(drop)
    }

    pub(super) async fn reserve(&self, reservation: &Reservation, now: Duration) -> Result<(), ReserveError> {
        loop {
            let mut state = self.usable().await?;
            let raised = match state.book.reserve(reservation, now)? {
                Reserved::Done => return Ok(()),
                Reserved::NeedsBounds(raised) => raised,
            };
            // The guard goes along, so that nobody writes beside a write whose caller has left.
            let path = self.path.clone();
            let written = tokio::task::spawn_blocking(move || {
                let written = write(&path, state.book.write(&raised, now));
                if written.is_ok() {
                    state.book.raise(&raised);
                    state.book.forget(now);
                }
                note(&mut state.trouble_logged, written.err())
            });
            if !written.await.unwrap_or(false) {
                return Err(ReserveError::Unavailable);
            }
        }
    }

    pub(super) async fn settle(&self, reservation: &Reservation, spent: u64) {
        self.state.lock().await.book.settle(reservation, spent);
    }

    pub(super) async fn spending(&self, names: &[String]) -> Option<Vec<Spending>> {
        let state = self.usable().await.ok()?;
        Some(names.iter().map(|name| state.book.spending(name)).collect())
    }

    /// Does nothing when the file was never in use.
    pub(super) async fn close(&self) {
        let mut state = Arc::clone(&self.state).lock_owned().await;
        if state.lock.is_none() {
            return;
        }
        let path = self.path.clone();
        let written = tokio::task::spawn_blocking(move || {
            state.book.tighten();
            write(&path, state.book.write(&BTreeMap::new(), Duration::ZERO))
        });
        if let Ok(Err(error)) = written.await {
            tracing::warn!(%error, "what was spent could not be written: the upper bound holds");
        }
    }

    async fn usable(&self) -> Result<OwnedMutexGuard<State>, ReserveError> {
        match self.opened().await {
            Ok(state) => Ok(state),
            Err(error) => {
                let mut state = self.state.lock().await;
                note(&mut state.trouble_logged, Some(error));
                Err(ReserveError::Unavailable)
            }
        }
    }

    async fn opened(&self) -> Result<OwnedMutexGuard<State>, StateFileError> {
        let mut state = Arc::clone(&self.state).lock_owned().await;
        if state.lock.is_some() {
            return Ok(state);
        }
        let path = self.path.clone();
        let opened = tokio::task::spawn_blocking(move || {
            let (lock, accounts) = open(&path)?;
            state.book = Book::read(accounts);
            state.lock = Some(lock);
            Ok(state)
        });
        let gone = |_| StateFileError { path: self.path.clone(), problem: "opening it failed".to_owned() };
        opened.await.map_err(gone)?
    }
}

/// Logs the first of several troubles; whether all is well.
fn note(logged: &mut bool, trouble: Option<StateFileError>) -> bool {
    match trouble {
        None => {
            *logged = false;
            true
        }
        Some(error) => {
            if !std::mem::replace(logged, true) {
                tracing::error!(%error, "budgets cannot be kept: calls that have one are refused");
            }
            false
        }
    }
}

/// Takes the lock beside the file, reads the file, and shows that it can be written.
fn open(path: &Path) -> Result<(Lock, BTreeMap<String, Written>), StateFileError> {
    let fault = |problem: String| StateFileError { path: path.to_owned(), problem };
    let lock_path = path.with_extension("lock");
    let lock_file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&lock_path)
        .map_err(|error| fault(format!("cannot make {}: {error}", lock_path.display())))?;
    let lock = match lock_file.try_lock() {
        Ok(()) => Lock(lock_file),
        Err(TryLockError::WouldBlock) => {
            return Err(fault("another process keeps its budgets here; share a Redis instead".to_owned()));
        }
        Err(TryLockError::Error(error)) => return Err(fault(format!("cannot lock it: {error}"))),
    };
    let accounts = match std::fs::read(path) {
        Ok(bytes) => {
            let document: Document =
                serde_json::from_slice(&bytes).map_err(|error| fault(format!("cannot be read: {error}")))?;
            if document.format != FORMAT {
                return Err(fault(format!("has format {:?}, expected {FORMAT:?}", document.format)));
            }
            document.accounts
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => BTreeMap::new(),
        Err(error) => return Err(fault(format!("cannot be read: {error}"))),
    };
    write(path, accounts.clone())?;
    Ok((lock, accounts))
}

/// Replaces the file as a whole, and returns when it is on the disk.
fn write(path: &Path, accounts: BTreeMap<String, Written>) -> Result<(), StateFileError> {
    let document = Document { format: FORMAT.to_owned(), accounts };
    let replace = || -> io::Result<()> {
        let new = path.with_extension("new");
        let mut file = File::create(&new)?;
        file.write_all(&serde_json::to_vec_pretty(&document)?)?;
        file.sync_all()?;
        std::fs::rename(&new, path)?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
    };
    replace().map_err(|error| StateFileError {
        path: path.to_owned(),
        problem: format!("cannot be written: {error}"),
    })
}
