//! Leaves a model alone for a while after it has failed again and again.

use crate::config::BreakerRule;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// One breaker per model that an alias names.
#[derive(Debug, Default)]
pub(crate) struct Breakers(Mutex<BTreeMap<Arc<str>, Breaker>>);

#[derive(Clone, Copy, Debug, Default)]
struct Breaker {
    failures: u32,
    open_until: Option<Instant>,
    /// One call tries whether the model works again.
    is_probed: bool,
}

/// A breaker as an operator sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct BreakerState {
    pub(crate) model: Arc<str>,
    /// Whether calls are kept from the model at present.
    pub(crate) is_open: bool,
    /// Failures one after the other.
    pub(crate) failures: u32,
}

impl Breakers {
    /// Whether `model` may be called. After the pause one caller may try; the others go on as if it were still closed
    /// to them, until that one has an answer.
    pub(crate) fn admit(&self, model: &Arc<str>) -> bool {
        let mut breakers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(breaker) = breakers.get_mut(model) else { return true };
        match breaker.open_until {
            None => true,
            Some(until) if Instant::now() < until || breaker.is_probed => false,
            Some(_) => {
                breaker.is_probed = true;
                true
            }
        }
    }

    /// The model answered, be it with a refusal that is the caller's own doing.
    pub(crate) fn note_success(&self, model: &Arc<str>) {
        let mut breakers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if breakers.remove(model).is_some_and(|breaker| breaker.open_until.is_some()) {
            tracing::info!(%model, "the model works again");
        }
    }

    /// The model failed.
    pub(crate) fn note_failure(&self, model: &Arc<str>, rule: BreakerRule) {
        let mut breakers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let breaker = breakers.entry(Arc::clone(model)).or_default();
        breaker.failures = breaker.failures.saturating_add(1);
        if breaker.is_probed || breaker.failures >= rule.failures {
            if breaker.open_until.is_none() {
                tracing::warn!(%model, failures = breaker.failures, "the model keeps failing and is left alone for a while");
            }
            breaker.open_until = Some(Instant::now() + rule.pause);
            breaker.is_probed = false;
        }
    }

    /// The probing call ended without telling anything, for instance because its caller left.
    pub(crate) fn note_nothing(&self, model: &Arc<str>) {
        let mut breakers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(breaker) = breakers.get_mut(model) {
            breaker.is_probed = false;
        }
    }

    /// Models that have failed last, in order of their names.
    pub(crate) fn states(&self) -> Vec<BreakerState> {
        let breakers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        breakers
            .iter()
            .map(|(model, breaker)| BreakerState {
                model: Arc::clone(model),
                is_open: breaker.open_until.is_some(),
                failures: breaker.failures,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Breakers;
    use crate::config::BreakerRule;
    use std::sync::Arc;
    use std::time::Duration;

    #[test]
    fn it_opens_after_failures_and_lets_one_call_probe() {
        let (breakers, model) = (Breakers::default(), Arc::from("m"));
        let rule = BreakerRule { failures: 2, pause: Duration::ZERO };
        breakers.note_failure(&model, rule);
        assert!(breakers.admit(&model) && breakers.admit(&model));
        breakers.note_failure(&model, rule);
        assert!(breakers.states()[0].is_open);
        // The pause is over at once: one probes, the next does not.
        assert!(breakers.admit(&model));
        assert!(!breakers.admit(&model));
        breakers.note_nothing(&model);
        assert!(breakers.admit(&model));
        breakers.note_success(&model);
        assert!(breakers.admit(&model) && breakers.states().is_empty());
    }

    #[test]
    fn while_it_pauses_nobody_calls() {
        let (breakers, model) = (Breakers::default(), Arc::from("m"));
        let rule = BreakerRule { failures: 1, pause: Duration::from_mins(1) };
        breakers.note_failure(&model, rule);
        assert!(!breakers.admit(&model));
        assert!(breakers.admit(&Arc::from("other")));
    }
}
