//! The backends of a version, and which of them may be sent requests.
//!
//! A backend is left out for three reasons: it cannot be connected to (at once), it fails several requests in a row, or
//! its `/health/ready` says no. It comes back when its pause is over and its last check was good.

use crate::choice::Version;
use arc_swap::ArcSwap;
use http::uri::Authority;
use serde::Serialize;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// So many failures one after the other eject a backend.
const FAILURES_TO_EJECT: u32 = 3;
/// Answers may be a fault of what is asked: it takes more of them.
const ERRORS_TO_EJECT: u32 = 5;
/// One check may be lost on a busy machine; two in a row are not.
const MISSED_CHECKS: u32 = 2;
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// A backend that has worked for so long since its last pause begins again with the first one.
const FORGIVEN_AFTER: Duration = Duration::from_secs(10);

/// Why a backend is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Fault {
    /// No connection.
    Connect,
    /// The connection ended before the head of a reply, or none came in time.
    NoReply,
    /// It answers with 5xx.
    Errors,
}

impl Fault {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::NoReply => "no_reply",
            Self::Errors => "errors",
        }
    }
}

/// What a check of `/health/ready` found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Checked {
    Ready,
    /// It says that it wants no requests, for instance because it is draining.
    NotReady,
    Silent,
}

/// One address.
#[derive(Debug)]
pub(crate) struct Backend {
    pub(crate) address: SocketAddr,
    pub(crate) authority: Authority,
    in_flight: AtomicUsize,
    state: Mutex<State>,
}

#[derive(Clone, Copy, Debug, Default)]
struct State {
    failures: u32,
    errors: u32,
    /// Pauses one after the other.
    pauses: u32,
    pause: Option<(Instant, Fault)>,
    missed_checks: u32,
    is_unready: bool,
}

/// A backend as an operator sees it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct BackendReport {
    address: SocketAddr,
    /// `usable`, `ejected` or `not_ready`.
    pub(crate) state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    ejected_because: Option<Fault>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ejected_for_ms: Option<u128>,
    in_flight: usize,
}

impl Backend {
    /// None for an address that no request can name, which does not exist.
    fn new(address: SocketAddr) -> Option<Self> {
        let authority = address.to_string().parse().ok()?;
        Some(Self { address, authority, in_flight: AtomicUsize::new(0), state: Mutex::default() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_usable(&self, now: Instant) -> bool {
        let state = self.state();
        !state.is_unready && state.pause.is_none_or(|(until, _)| until <= now)
    }

    /// It answered with something else than 5xx.
    pub(crate) fn note_success(&self) {
        let mut state = self.state();
        if state.failures == 0 && state.errors == 0 && state.pause.is_none() {
            return;
        }
        (state.failures, state.errors) = (0, 0);
        if state.pause.is_some_and(|(until, _)| until + FORGIVEN_AFTER <= Instant::now()) {
            (state.pauses, state.pause) = (0, None);
        }
    }

    fn report(&self, now: Instant) -> BackendReport {
        let state = *self.state();
        let pause = state.pause.filter(|(until, _)| *until > now);
        let name = match pause {
            Some(_) => "ejected",
            None if state.is_unready => "not_ready",
            None => "usable",
        };
        BackendReport {
            address: self.address,
            state: name,
            ejected_because: pause.map(|(_, fault)| fault),
            ejected_for_ms: pause.map(|(until, _)| until.duration_since(now).as_millis()),
            in_flight: self.in_flight.load(Ordering::Relaxed),
        }
    }
}

/// A request in progress at a backend; ends when dropped.
#[derive(Debug)]
pub(crate) struct Place(Arc<Backend>);

impl Place {
    fn take(backend: Arc<Backend>) -> Self {
        backend.in_flight.fetch_add(1, Ordering::Relaxed);
        Self(backend)
    }

    pub(crate) fn backend(&self) -> &Arc<Backend> {
        &self.0
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Which backends of a version a request may go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pick {
    /// Those that work.
    Usable,
    /// All, because none works: perhaps one does after all.
    Any,
}

/// All backends of one version.
#[derive(Debug)]
pub(crate) struct Pool {
    version: Version,
    backends: ArcSwap<Vec<Arc<Backend>>>,
    turn: AtomicUsize,
}

impl Pool {
    pub(crate) fn new(version: Version) -> Self {
        Self { version, backends: ArcSwap::default(), turn: AtomicUsize::new(0) }
    }

    /// Takes these addresses from now on. What is known of those that stay is kept.
    pub(crate) fn set_addresses(&self, addresses: &[SocketAddr]) {
        let before = self.backends.load_full();
        if before.len() == addresses.len()
            && before.iter().all(|backend| addresses.contains(&backend.address))
        {
            return;
        }
        let known = |address: &SocketAddr| before.iter().find(|backend| backend.address == *address);
        let after: Vec<Arc<Backend>> = addresses
            .iter()
            .filter_map(|address| known(address).cloned().or_else(|| Backend::new(*address).map(Arc::new)))
            .collect();
        tracing::info!(version = %self.version, before = before.len(), now = after.len(), "backends changed");
        self.backends.store(Arc::new(after));
    }

    pub(crate) fn backends(&self) -> Arc<Vec<Arc<Backend>>> {
        self.backends.load_full()
    }

    /// The backend with the fewest requests in progress, in turn where several have; those in `tried` come last.
    pub(crate) fn pick(&self, pick: Pick, tried: &[SocketAddr]) -> Option<Place> {
        let backends = self.backends.load();
        let now = Instant::now();
        let start = self.turn.fetch_add(1, Ordering::Relaxed).checked_rem(backends.len())?;
        let in_turn = backends.iter().cycle().skip(start).take(backends.len());
        let best =
            in_turn.filter(|backend| pick == Pick::Any || backend.is_usable(now)).min_by_key(|backend| {
                (tried.contains(&backend.address), backend.in_flight.load(Ordering::Relaxed))
            })?;
        Some(Place::take(Arc::clone(best)))
    }

    /// A backend failed.
    pub(crate) fn note_fault(&self, backend: &Backend, fault: Fault) {
        let now = Instant::now();
        // Answers of a version are what somebody, or the judge, is to see: of that reason half of it stays.
        let may_eject = fault != Fault::Errors || self.keeps_half_without(backend, now);
        let mut state = backend.state();
        let is_enough = match fault {
            Fault::Connect => true,
            Fault::NoReply => {
                state.failures += 1;
                state.failures >= FAILURES_TO_EJECT
            }
            Fault::Errors => {
                state.failures = 0;
                state.errors = state.errors.saturating_add(1);
                state.errors >= ERRORS_TO_EJECT
            }
        };
        let is_paused = state.pause.is_some_and(|(until, _)| until > now);
        if !is_enough || is_paused || !may_eject {
            return;
        }
        (state.failures, state.errors) = (0, 0);
        let pause = FIRST_PAUSE.saturating_mul(1 << state.pauses.min(5)).min(LONGEST_PAUSE);
        state.pauses = state.pauses.saturating_add(1);
        state.pause = Some((now + pause, fault));
        drop(state);
        let labels = [("version", self.version.name()), ("reason", fault.name())];
        metrics::counter!("dashly_edge_ejections_total", &labels).increment(1);
        tracing::warn!(
            version = %self.version, backend = %backend.address, reason = fault.name(),
            pause_ms = pause.as_millis(), "a backend is left out"
        );
    }

    fn keeps_half_without(&self, backend: &Backend, now: Instant) -> bool {
        let backends = self.backends.load();
        let others =
            backends.iter().filter(|other| other.address != backend.address && other.is_usable(now)).count();
        others * 2 >= backends.len()
    }

    /// Learns what a check found.
    pub(crate) fn note_check(&self, backend: &Backend, checked: Checked) {
        let mut state = backend.state();
        state.missed_checks =
            if checked == Checked::Silent { state.missed_checks.saturating_add(1) } else { 0 };
        let is_unready = match checked {
            Checked::Ready => false,
            Checked::NotReady => true,
            Checked::Silent => state.is_unready || state.missed_checks >= MISSED_CHECKS,
        };
        let was_unready = std::mem::replace(&mut state.is_unready, is_unready);
        drop(state);
        if was_unready != is_unready {
            tracing::info!(
                version = %self.version, backend = %backend.address, ready = !is_unready, "a backend's check changed"
            );
        }
    }

    /// Whether the backend at `address` may be sent requests.
    pub(crate) fn works(&self, address: SocketAddr) -> bool {
        let (backends, now) = (self.backends.load(), Instant::now());
        backends.iter().any(|backend| backend.address == address && backend.is_usable(now))
    }

    /// How many backends there are and may be sent requests.
    pub(crate) fn counts(&self) -> (usize, usize) {
        let (backends, now) = (self.backends.load(), Instant::now());
        (backends.len(), backends.iter().filter(|backend| backend.is_usable(now)).count())
    }

    pub(crate) fn report(&self) -> Vec<BackendReport> {
        let now = Instant::now();
        self.backends.load().iter().map(|backend| backend.report(now)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{Checked, ERRORS_TO_EJECT, Fault, Pick, Pool};
    use crate::choice::Version;
    use std::net::SocketAddr;

    fn pool(count: u16) -> (Pool, Vec<SocketAddr>) {
        let addresses: Vec<SocketAddr> = (1..=count).map(|port| ([127, 0, 0, 1], port).into()).collect();
        let pool = Pool::new(Version::Stable);
        pool.set_addresses(&addresses);
        (pool, addresses)
    }

    #[test]
    fn the_least_busy_backend_is_next_and_a_tried_one_last() {
        let (pool, addresses) = pool(2);
        let first = pool.pick(Pick::Usable, &[]).unwrap();
        let second = pool.pick(Pick::Usable, &[]).unwrap();
        assert_ne!(first.backend().address, second.backend().address);
        drop(first);
        let tried = pool.pick(Pick::Usable, &addresses[..1]).unwrap();
        assert_eq!(tried.backend().address, addresses[1]);
    }

    #[test]
    fn errors_leave_half_of_a_version_and_lost_connections_none() {
        let (pool, _) = pool(4);
        let backends = pool.backends();
        for backend in backends.iter() {
            (0..ERRORS_TO_EJECT).for_each(|_| pool.note_fault(backend, Fault::Errors));
        }
        assert_eq!(pool.counts(), (4, 2));
        for backend in backends.iter() {
            pool.note_fault(backend, Fault::Connect);
        }
        assert_eq!(pool.counts(), (4, 0));
        assert!(pool.pick(Pick::Usable, &[]).is_none() && pool.pick(Pick::Any, &[]).is_some());
    }

    #[test]
    fn a_success_between_failures_begins_the_count_again() {
        let (pool, _) = pool(1);
        let backend = &pool.backends()[0];
        for _ in 0..10 {
            pool.note_fault(backend, Fault::NoReply);
            pool.note_fault(backend, Fault::NoReply);
            backend.note_success();
        }
        assert_eq!(pool.counts(), (1, 1));
    }

    #[test]
    fn one_lost_check_is_no_news_and_a_no_is() {
        let (pool, _) = pool(1);
        let backend = &pool.backends()[0];
        pool.note_check(backend, Checked::Silent);
        assert_eq!(pool.counts(), (1, 1));
        pool.note_check(backend, Checked::Silent);
        assert_eq!(pool.counts(), (1, 0));
        pool.note_check(backend, Checked::Ready);
        assert_eq!(pool.counts(), (1, 1));
        pool.note_check(backend, Checked::NotReady);
        assert_eq!(pool.counts(), (1, 0));
    }

    #[test]
    fn what_is_known_of_an_address_that_stays_is_kept() {
        let (pool, mut addresses) = pool(2);
        pool.note_fault(&pool.backends()[0], Fault::Connect);
        addresses.push(([127, 0, 0, 1], 9).into());
        pool.set_addresses(&addresses);
        assert_eq!(pool.counts(), (3, 2));
        pool.set_addresses(&addresses[..1]);
        assert_eq!(pool.counts(), (1, 0));
    }
}
