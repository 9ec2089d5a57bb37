//! Answers that several callers get: identical calls in progress ask the model once, and an answer may be remembered.
//!
//! Never across callers or workspaces: both are part of what makes calls identical.

use super::error::TaskError;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use dashly_cache::Store;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// Answers remembered in this process take about this much memory at most.
pub(crate) const MOST_BYTES: u64 = 32 * 1024 * 1024;

/// What a model answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct ModelAnswer {
    pub(super) answer: Value,
    pub(super) model: String,
    /// The scripted provider answered.
    pub(super) is_fake: bool,
}

/// What makes calls identical.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Identity(Arc<str>);

/// What became of a call that others wait for.
type Outcome = Result<ModelAnswer, TaskError>;

/// The answers of one gateway.
pub(crate) struct Answers {
    store: Store,
    in_progress: Mutex<HashMap<Identity, watch::Receiver<Option<Outcome>>>>,
}

/// What a call does.
pub(super) enum Part<'a> {
    /// It asks the model, for all.
    Asks(Asking<'a>),
    /// Another one asked.
    Hears(Outcome),
    /// The answer was remembered.
    Remembers(ModelAnswer),
}

/// A call that asks for all. When it is dropped without an answer, one of those who wait asks.
pub(super) struct Asking<'a> {
    answers: &'a Answers,
    identity: Identity,
    outcome: watch::Sender<Option<Outcome>>,
}

impl Identity {
    /// Of everything that decides the answer, and of who may see it.
    pub(super) fn of(parts: &[&str]) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            hash.update(part);
        }
        Self(URL_SAFE_NO_PAD.encode(hash.finalize()).into())
    }
}

impl Answers {
    pub(crate) fn new(store: Store) -> Self {
        Self { store, in_progress: Mutex::default() }
    }

    /// The part of a call with this `identity`. Waits while another one asks. Remembered answers count where `remembers`.
    pub(super) async fn part(&self, identity: &Identity, remembers: bool) -> Part<'_> {
        if remembers
            && let Some(bytes) = self.store.get(&identity.0).await
            && let Ok(answer) = serde_json::from_slice(&bytes)
        {
            return Part::Remembers(answer);
        }
        loop {
            let mut waiting = match self.join(identity) {
                Ok(waiting) => waiting,
                Err(asking) => return Part::Asks(asking),
            };
            // An error means that the one who asked has left: somebody else asks.
            if let Ok(outcome) = waiting.wait_for(Option::is_some).await
                && let Some(outcome) = outcome.clone()
            {
                return Part::Hears(outcome);
            }
        }
    }

    fn join(&self, identity: &Identity) -> Result<watch::Receiver<Option<Outcome>>, Asking<'_>> {
        let mut in_progress = self.lock();
        if let Some(waiting) = in_progress.get(identity) {
            return Ok(waiting.clone());
        }
        let (outcome, waiting) = watch::channel(None);
        in_progress.insert(identity.clone(), waiting);
        Err(Asking { answers: self, identity: identity.clone(), outcome })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Identity, watch::Receiver<Option<Outcome>>>> {
        self.in_progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Asking<'_> {
    /// Tells those who wait, and remembers a good answer for `lifetime` where there is one.
    pub(super) async fn tell(self, outcome: &Outcome, lifetime: Option<Duration>) {
        if let (Ok(answer), Some(lifetime)) = (outcome, lifetime)
            && let Ok(bytes) = serde_json::to_vec(answer)
        {
            self.answers.store.put(&self.identity.0, bytes, lifetime).await;
        }
        self.outcome.send_replace(Some(outcome.clone()));
    }
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        self.answers.lock().remove(&self.identity);
    }
}
