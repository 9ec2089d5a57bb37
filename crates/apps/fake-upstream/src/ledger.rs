//! What happened: every call, and what its usage said on the wire.

use http::HeaderMap;
use serde::Serialize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
use tokio::sync::Notify;
use tokio::sync::futures::Notified;

/// Tokens, as a reply's `usage` has them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Usage {
    /// Read from the prompt, those of the cache apart.
    pub input_tokens: u64,
    /// Written.
    pub output_tokens: u64,
    /// Written to the cache.
    pub cache_creation_input_tokens: u64,
    /// Read from the cache.
    pub cache_read_input_tokens: u64,
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Not yet.
    Running,
    /// Everything that the scenario has was sent.
    Sent,
    /// The caller left before that, at this moment.
    Left(Instant),
}

/// One call.
#[derive(Clone, Debug)]
pub struct Call {
    /// The path.
    pub path: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: bytes::Bytes,
    /// When the request had been read.
    pub at: Instant,
    /// Usage as sent on the wire so far.
    pub usage: Usage,
    /// Whether the usage is that of the whole call: false while it runs and for a stream that was cut.
    pub is_usage_final: bool,
    /// How it ended.
    pub ending: Ending,
}

/// All calls, in order of their arrival.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ledger {
    calls: Arc<Mutex<Vec<Call>>>,
    changed: Arc<Notify>,
}

impl Ledger {
    pub(crate) fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Completes at the next change.
    pub(crate) fn changed(&self) -> Notified<'_> {
        self.changed.notified()
    }

    pub(crate) fn open(&self, call: Call) -> Entry {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.push(call);
        let place = calls.len() - 1;
        drop(calls);
        self.changed.notify_waiters();
        Entry { ledger: self.clone(), place }
    }
}

/// The entry of a call that runs. Dropped early, it says that the caller left.
#[derive(Debug)]
pub(crate) struct Entry {
    ledger: Ledger,
    place: usize,
}

impl Entry {
    pub(crate) fn update(&self, change: impl FnOnce(&mut Call)) {
        let mut calls = self.ledger.calls.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(call) = calls.get_mut(self.place) {
            change(call);
        }
        drop(calls);
        self.ledger.changed.notify_waiters();
    }

    /// Everything was sent.
    pub(crate) fn finish(&self) {
        self.update(|call| call.ending = Ending::Sent);
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        let now = Instant::now();
        self.update(|call| {
            if call.ending == Ending::Running {
                call.ending = Ending::Left(now);
            }
        });
    }
}
