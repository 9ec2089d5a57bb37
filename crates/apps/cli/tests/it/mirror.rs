//! The two mirror files, as somebody else's program reads them.

use crate::process::eventually;
use crate::stored::Stored;
use serde_json::{Value, json};
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

const FILES: [&str; 2] = ["exposures.json", "events.json"];
const LOOK_EVERY: Duration = Duration::from_millis(10);
const MOST_FAILURES_KEPT: usize = 5;

/// Reads both files again and again, on a thread of its own, until it is stopped.
pub(crate) struct Reader {
    stopping: Arc<AtomicBool>,
    thread: JoinHandle<Looks>,
}

/// What a reader saw.
#[derive(Debug, Default)]
pub(crate) struct Looks {
    pub(crate) good: usize,
    pub(crate) failed: usize,
    pub(crate) failures: Vec<String>,
    /// Files that were not there before they were made.
    pub(crate) missing: usize,
    /// The longest time from opening a file to having read it.
    pub(crate) slowest_read: Duration,
    /// Rows seen last, by file; the files only grow.
    rows: [Option<usize>; 2],
}

impl Reader {
    pub(crate) fn start(folder: PathBuf) -> Self {
        let stopping = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&stopping);
        let thread = thread::spawn(move || {
            let mut looks = Looks::default();
            while !told.load(Ordering::SeqCst) {
                for file in 0..FILES.len() {
                    looks.look(&folder, file);
                }
                thread::park_timeout(LOOK_EVERY);
            }
            looks
        });
        Self { stopping, thread }
    }

    pub(crate) fn stop(self) -> Looks {
        self.stopping.store(true, Ordering::SeqCst);
        self.thread.thread().unpark();
        self.thread.join().unwrap()
    }
}

impl Looks {
    fn look(&mut self, folder: &Path, file: usize) {
        let started = Instant::now();
        let mut text = String::new();
        let read =
            File::open(folder.join(FILES[file])).and_then(|mut opened| opened.read_to_string(&mut text));
        self.slowest_read = self.slowest_read.max(started.elapsed());
        match read {
            Err(error) if error.kind() == ErrorKind::NotFound && self.rows[file].is_none() => {
                self.missing += 1;
            }
            Err(error) => self.fail(format!("{}: {error}", FILES[file])),
            Ok(_) => match text.parse() {
                Ok(Value::Array(rows)) if self.rows[file].is_none_or(|before| rows.len() >= before) => {
                    self.rows[file] = Some(rows.len());
                    self.good += 1;
                }
                Ok(Value::Array(rows)) => {
                    self.fail(format!("{} shrank from {:?} to {}", FILES[file], self.rows[file], rows.len()));
                }
                Ok(_) => self.fail(format!("{} is not a list", FILES[file])),
                Err(error) => self.fail(format!("{} of {} bytes: {error}", FILES[file], text.len())),
            },
        }
    }

    fn fail(&mut self, what: String) {
        self.failed += 1;
        if self.failures.len() < MOST_FAILURES_KEPT {
            self.failures.push(what);
        }
    }

    pub(crate) fn assert_all_good(&self) {
        assert!(self.good > 0, "nothing was read: {self:?}");
        assert_eq!(self.failed, 0, "{:?}", self.failures);
    }
}

/// Waits until both files show exactly the rows of the database; gives how long that took.
pub(crate) async fn wait_until_equal(folder: &Path, stored: &Stored, patience: Duration) -> Duration {
    let started = Instant::now();
    for (file, expected) in FILES.iter().zip([exposures(stored), events(stored)]) {
        let remaining = patience.saturating_sub(started.elapsed());
        eventually(
            &format!("{file} shows the {} rows of the database", expected.len()),
            remaining,
            async || {
                let Value::Array(rows) = std::fs::read_to_string(folder.join(file)).ok()?.parse().ok()?
                else {
                    panic!("{file} is not a list")
                };
                (rows == expected).then_some(())
            },
        )
        .await;
    }
    started.elapsed()
}

fn exposures(stored: &Stored) -> Vec<Value> {
    let line = |row: &dashly_testkit::ExposureRow| {
        json!({
            "id": row.id, "user_or_session_id": row.visitor, "test_id": row.test_id, "variant": row.variant,
            "timestamp": row.recorded_at.to_rfc3339_millis(),
        })
    };
    stored.exposures.iter().map(line).collect()
}

fn events(stored: &Stored) -> Vec<Value> {
    let line = |row: &dashly_testkit::EventRow| {
        json!({
            "id": row.id, "user_or_session_id": row.visitor, "event_name": row.name, "test_id": row.test_id,
            "variant": row.variant, "timestamp": row.recorded_at.to_rfc3339_millis(),
        })
    };
    stored.events.iter().map(line).collect()
}
