//! What is wrong right now.

use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

/// Where the process is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Opening and migrating the database; not to be sent requests yet.
    Starting,
    /// Serving.
    Ready,
    /// Told to stop: serves what still comes, and wants no more.
    Draining,
}

/// The state of one thing the process depends on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Component {
    /// `ok`, or `degraded` when something does not work but the process still serves what it can.
    pub status: ComponentStatus,
    /// Why, when degraded: words for an operator, without secrets or paths.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Whether a component works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ComponentStatus {
    /// Works.
    Ok,
    /// Does not, and the rest goes on.
    Degraded,
}

/// The health of the process, as `/health/ready` shows it.
#[derive(Clone, Debug, Serialize)]
pub struct HealthReport {
    /// Where the process is in its life.
    pub phase: Phase,
    /// Every component that has reported, by name.
    pub components: BTreeMap<&'static str, Component>,
}

impl HealthReport {
    /// Whether the process wants requests. A degraded component does not change that: what works keeps working.
    pub fn is_ready(&self) -> bool {
        self.phase == Phase::Ready
    }
}

/// The registry in which components report. Cheap to clone; all clones are the same registry.
#[derive(Clone, Debug)]
pub struct Health {
    report: Arc<RwLock<HealthReport>>,
}

impl Default for Health {
    fn default() -> Self {
        let report = HealthReport { phase: Phase::Starting, components: BTreeMap::new() };
        Self { report: Arc::new(RwLock::new(report)) }
    }
}

impl Health {
    /// Moves the process on in its life.
    pub fn set_phase(&self, phase: Phase) {
        self.write(|report| report.phase = phase);
    }

    /// Says that `component` works; logged when it did not before.
    pub fn set_ok(&self, component: &'static str) {
        let before = self.write(|report| {
            report.components.insert(component, Component { status: ComponentStatus::Ok, reason: None })
        });
        if before.is_some_and(|before| before.status == ComponentStatus::Degraded) {
            tracing::info!(component, "works again");
        }
    }

    /// Says that `component` does not work, and why; logged when it worked before or the reason changed.
    pub fn set_degraded(&self, component: &'static str, reason: &str) {
        let state = Component { status: ComponentStatus::Degraded, reason: Some(reason.to_owned()) };
        let before = self.write(|report| report.components.insert(component, state.clone()));
        if before.as_ref() != Some(&state) {
            tracing::warn!(component, reason, "degraded");
        }
    }

    /// The present state.
    pub fn report(&self) -> HealthReport {
        self.report.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn write<T>(&self, change: impl FnOnce(&mut HealthReport) -> T) -> T {
        change(&mut self.report.write().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::{Health, Phase};

    #[test]
    fn a_degraded_component_does_not_take_the_process_out() {
        let health = Health::default();
        assert!(!health.report().is_ready());
        health.set_phase(Phase::Ready);
        health.set_degraded("database", "cannot be reached");
        assert!(health.report().is_ready());
        health.set_phase(Phase::Draining);
        assert!(!health.report().is_ready());
    }
}
