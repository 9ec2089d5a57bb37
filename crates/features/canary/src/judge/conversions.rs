//! Do visitors whom the canary exposed first convert less often?
//!
//! A visitor who converts within the window was first exposed by the canary or by stable. If the version has no part in
//! whether and when visitors convert, which of the two it was is a draw with the versions' shares of the visitors exposed in
//! the window before: exact while the canary's share does not change within a window, and only looks that lie a whole
//! window after the canary's first visitor count. So each look is an epoch of the evidence that experiments use, with
//! stable as the control. Who goes to which version must not depend on the visitor: a weight of pods or of requests does.

use super::{Criterion, CriterionState, JudgeError, number};
use crate::{GUARDRAIL_ALPHA, GuardrailWindow, LookRecord, VisitorCounts};
use dashly_stats::sequential::{EpochConverters, RatioInterval, relative_rate_interval};
use std::collections::{BTreeSet, VecDeque};

/// An experiment whose conversions must not suffer.
#[derive(Debug, Clone, PartialEq)]
pub struct Guardrail {
    /// The experiment.
    pub test_id: String,
    /// How long after the first exposure a conversion counts.
    pub window: GuardrailWindow,
    /// By how much conversions may be lower, relatively and as far as the data can exclude, for a promotion: 0.5 is half.
    pub margin: f64,
}

/// Visitors exposed at a look.
#[derive(Debug, Clone, Copy)]
struct Exposed {
    at: f64,
    stable: u64,
    canary: u64,
}

/// Watches one experiment.
#[derive(Debug, Clone)]
pub(super) struct ConversionWatch {
    guardrail: Guardrail,
    alpha: f64,
    /// When the canary's first visitor was seen.
    began_at: Option<f64>,
    /// Within a window.
    exposed: VecDeque<Exposed>,
    epochs: Vec<EpochConverters>,
    /// Since the canary has visitors.
    visitors: (u64, u64),
    interval: RatioInterval,
    is_worse: bool,
    /// Both versions have the same name, so that they cannot be told apart.
    is_same_version: bool,
}

impl ConversionWatch {
    /// One of so many guardrails.
    pub(super) fn new(guardrail: Guardrail, guardrails: usize) -> Self {
        let parts = u32::try_from(guardrails.max(1)).map_or(f64::MAX, f64::from);
        Self {
            guardrail,
            alpha: GUARDRAIL_ALPHA / parts,
            began_at: None,
            exposed: VecDeque::new(),
            epochs: Vec::new(),
            visitors: (0, 0),
            interval: RatioInterval { low: 0.0, high: None },
            is_worse: false,
            is_same_version: false,
        }
    }

    /// Adds a look.
    pub(super) fn observe(&mut self, look: &LookRecord) -> Result<(), JudgeError> {
        let (stable, canary) = (&look.stable.app_versions, &look.canary.app_versions);
        self.is_same_version = !stable.is_disjoint(canary);
        if self.is_same_version || canary.is_empty() {
            return Ok(());
        }
        let exposed = Exposed {
            at: look.at,
            stable: self.sum(look, |counts| counts.visitors_of(stable)),
            canary: self.sum(look, |counts| counts.visitors_of(canary)),
        };
        if exposed.canary > 0 {
            self.began_at.get_or_insert(look.at);
        }
        let Some(began_at) = self.began_at else { return Ok(()) };
        self.visitors = (self.visitors.0 + exposed.stable, self.visitors.1 + exposed.canary);
        self.exposed.push_back(exposed);
        let window = self.guardrail.window;
        while self.exposed.front().is_some_and(|first| first.at <= look.at - window.seconds()) {
            self.exposed.pop_front();
        }
        let converters =
            |versions: &BTreeSet<String>| self.sum(look, |counts| counts.converters_of(versions, window));
        self.count(look.at - began_at >= window.seconds(), converters(stable), converters(canary))
    }

    /// Of both versions' pods: whoever stores a conversion says which version had exposed the visitor.
    fn sum(&self, look: &LookRecord, count: impl Fn(&VisitorCounts) -> u64) -> u64 {
        [&look.stable, &look.canary]
            .into_iter()
            .filter_map(|arm| arm.visitors.get(&self.guardrail.test_id))
            .map(count)
            .sum()
    }

    fn count(&mut self, is_over: bool, stable: u64, canary: u64) -> Result<(), JudgeError> {
        let shares = self.exposed.iter().fold((0, 0), |sum, one| (sum.0 + one.stable, sum.1 + one.canary));
        // Without visitors of both there is nothing to draw from.
        if !is_over || shares.0 == 0 || shares.1 == 0 || stable + canary == 0 {
            return Ok(());
        }
        self.epochs.push(EpochConverters {
            control_share: number(shares.0),
            treatment_share: number(shares.1),
            control: stable,
            treatment: canary,
        });
        self.interval = relative_rate_interval(&self.epochs, self.alpha)?;
        self.is_worse |= self.interval.high.is_some_and(|high| high <= 1.0);
        Ok(())
    }

    pub(super) fn judge(&self) -> Criterion {
        let Guardrail { test_id, window, margin } = &self.guardrail;
        let name = format!("conversions of {test_id}");
        let sum = |of: fn(&EpochConverters) -> u64| self.epochs.iter().map(of).sum::<u64>();
        let (stable, canary) = (sum(|epoch| epoch.control), sum(|epoch| epoch.treatment));
        let minutes = window.seconds() / 60.0;
        let told = format!(
            "{canary} of those whom the canary exposed and {stable} of stable's converted within {minutes} min"
        );
        let (state, reason) = if self.is_worse {
            (
                CriterionState::Bad,
                format!("{told}: fewer of the canary's than its visitors' share, at one percent"),
            )
        } else if self.is_same_version {
            let reason = "both versions say that they are the same one, so whose visitors convert cannot be told: give \
                          each its own APP_VERSION";
            (CriterionState::Open, reason.to_owned())
        } else if self.visitors.1 == 0 {
            let reason = format!("no visitor was first exposed to {test_id} by the canary yet");
            (CriterionState::Open, reason)
        } else if self.interval.low >= 1.0 - margin {
            let largest = 100.0 * (1.0 - self.interval.low).max(0.0);
            (CriterionState::Good, format!("{told}: at most {largest:.0} % fewer"))
        } else {
            let largest = 100.0 * (1.0 - self.interval.low);
            let allowed = 100.0 * margin;
            let reason =
                format!("{told}: {largest:.0} % fewer cannot be excluded yet, {allowed:.0} % may remain");
            (CriterionState::Open, reason)
        };
        let criterion = Criterion::new(&name, state, reason)
            .with("visitors first exposed by the canary", number(self.visitors.1), "")
            .with("visitors first exposed by stable", number(self.visitors.0), "")
            .with("the canary's conversion rate is at least", self.interval.low, "times stable's");
        match self.interval.high {
            Some(high) => criterion.with("and at most", high, "times stable's"),
            None => criterion,
        }
    }
}
