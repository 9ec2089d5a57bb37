//! What every route works with.

use crate::callers::{CallerBudgets, Callers, Limiter};
use crate::config::{GatewayFile, LiveFile};
use crate::guard::Guard;
use crate::metering::Meter;
use crate::tasks::{Answers, Protection};
use crate::upstream::{Breakers, Upstream};
use dashly_kernel::{AppVersion, Clock, Ids};
use dashly_telemetry::{Health, Tasks};
use dashly_web::TrustedProxies;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// The gateway. Cheap to clone; all clones are the same.
#[derive(Clone)]
pub(crate) struct Gateway(Arc<Parts>);

/// What it consists of.
pub(crate) struct Parts {
    /// New with every start.
    pub(crate) instance: Arc<str>,
    pub(crate) file: LiveFile,
    pub(crate) callers: Callers,
    pub(crate) limiter: Limiter,
    pub(crate) budgets: CallerBudgets,
    pub(crate) guard: Guard,
    pub(crate) answers: Answers,
    pub(crate) protection: Protection,
    pub(crate) upstream: Upstream,
    pub(crate) breakers: Breakers,
    pub(crate) meter: Arc<Meter>,
    pub(crate) trusted_proxies: TrustedProxies,
    pub(crate) in_progress: Arc<AtomicUsize>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn Ids>,
    pub(crate) health: Health,
    pub(crate) tasks: Tasks,
    pub(crate) app_version: AppVersion,
}

impl std::ops::Deref for Gateway {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl Gateway {
    pub(crate) fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// The configuration now.
    pub(crate) fn current(&self) -> Arc<GatewayFile> {
        self.file.current()
    }

    /// A place among the calls in progress; none when all are taken.
    pub(crate) fn take_place(&self, file: &GatewayFile) -> Option<Place> {
        let place = Place(Arc::clone(&self.in_progress));
        let before = self.in_progress.fetch_add(1, Ordering::AcqRel);
        // Dropping the place gives it back.
        (before < file.limits.calls_at_once).then_some(place)
    }

    /// Calls that have a place.
    pub(crate) fn calls_in_progress(&self) -> usize {
        self.in_progress.load(Ordering::Acquire)
    }

    /// A random wait from 0 to `longest`: callers who failed together do not come back together.
    pub(crate) fn jitter(&self, longest: Duration) -> Duration {
        let mut random = [0_u8; 4];
        self.ids.fill(&mut random);
        longest.mul_f64(f64::from(u32::from_be_bytes(random)) / f64::from(u32::MAX))
    }
}

/// A call in progress.
#[derive(Debug)]
pub(crate) struct Place(Arc<AtomicUsize>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}
