//! What visitors know about their records: the truth that the database is held against.

use crate::browser::Cookies;
use serde_json::Value;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Instant;

/// What became of an event, as far as its sender knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Answered as stored: it must be there, once.
    Acknowledged,
    /// Answered with 4xx, or listed as rejected: it must not be there.
    Refused,
    /// Not answered, or answered with 503: it may be there, once.
    Unknown,
}

/// An exposure as the mirror and the database name it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ExposureKey {
    pub(crate) visitor: String,
    pub(crate) test: String,
    pub(crate) variant: String,
}

/// An event whose fate is unknown, as it was sent.
#[derive(Clone, Debug)]
pub(crate) struct OpenEvent {
    pub(crate) cookies: Cookies,
    pub(crate) body: Value,
}

/// Everything that was sent to one installation.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) exposures: HashSet<ExposureKey>,
    /// By event id.
    pub(crate) events: HashMap<String, Fate>,
    /// Views that may have stored exposures without saying so.
    pub(crate) unanswered_views: usize,
    /// The event ids of bulk requests without an answer: stored all or none.
    pub(crate) open_bulks: Vec<Vec<String>>,
    /// To be sent again.
    pub(crate) open_events: Vec<OpenEvent>,
    /// When requests were sent whose connection broke or was not made.
    pub(crate) interrupted: Vec<Instant>,
    /// Answers with 503.
    pub(crate) unavailable: usize,
    /// Answers that cannot be true.
    pub(crate) contradictions: Vec<String>,
}

impl Ledger {
    pub(crate) fn note(&mut self, event_id: &str, fate: Fate) {
        let known = self.events.entry(event_id.to_owned()).or_insert(fate);
        if *known == Fate::Unknown {
            *known = fate;
        }
    }

    pub(crate) fn contradict(&mut self, what: String) {
        self.contradictions.push(what);
    }

    pub(crate) fn acknowledged(&self) -> usize {
        self.exposures.len() + self.count(Fate::Acknowledged)
    }

    pub(crate) fn count(&self, fate: Fate) -> usize {
        self.events.values().filter(|found| **found == fate).count()
    }
}

/// A ledger that visitors share.
#[derive(Clone, Debug, Default)]
pub(crate) struct SharedLedger(Arc<Mutex<Ledger>>);

impl SharedLedger {
    pub(crate) fn lock(&self) -> MutexGuard<'_, Ledger> {
        self.0.lock().unwrap()
    }
}
