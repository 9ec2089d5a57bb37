//! Do visitors whom the canary exposed first convert less often?
//!
//! A visitor who converts within the window was first exposed by the canary or by stable. If the version has no part in
//! whether and when visitors convert, which of the two it was is as good as drawn with the versions' shares of the visitors
//! exposed in the window before. That holds while the canary's share does not change within a window: only looks count that
//! begin a whole window after the canary's first visitors, and in whose window the share is steady, which is told from
//! exposures alone. So each look is an epoch of the evidence that experiments use, with stable as the control. Who goes to
//! which version must not depend on the visitor: a weight of pods or of requests does not.

use super::{Criterion, CriterionState, JudgeError, number, percent};
use crate::{GUARDRAIL_ALPHA, GuardrailWindow, LookRecord, VisitorCounts};
use dashly_stats::sequential::{
    EpochConverters, RatioInterval, largest_log_evidence, log_evidence, relative_rate_interval,
};
use std::collections::{BTreeSet, VecDeque};

/// Standard errors by which the canary's shares in the two halves of a window may differ.
const STEADY_ERRORS: f64 = 3.0;

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

/// Visitors exposed until a look, since the one before.
#[derive(Debug, Clone, Copy, Default)]
struct Exposed {
    at: f64,
    stable: u64,
    canary: u64,
}

impl Exposed {
    fn plus(self, other: &Self) -> Self {
        Self { at: other.at, stable: self.stable + other.stable, canary: self.canary + other.canary }
    }
}

/// Watches one experiment.
#[derive(Debug, Clone)]
pub(super) struct ConversionWatch {
    guardrail: Guardrail,
    alpha: f64,
    /// What the pods of either version have said they are, in any look.
    stable_versions: BTreeSet<String>,
    canary_versions: BTreeSet<String>,
    /// The look before.
    last_at: Option<f64>,
    /// The look that brought the canary's first visitors.
    began_at: Option<f64>,
    /// Those of the window before the last look, and of that look.
    exposed: VecDeque<Exposed>,
    /// Since the canary has visitors.
    total: Exposed,
    epochs: Vec<EpochConverters>,
    is_worse: bool,
}

impl ConversionWatch {
    /// One of so many guardrails.
    pub(super) fn new(guardrail: Guardrail, guardrails: usize) -> Self {
        let parts = u32::try_from(guardrails.max(1)).map_or(f64::MAX, f64::from);
        Self {
            guardrail,
            alpha: GUARDRAIL_ALPHA / parts,
            stable_versions: BTreeSet::new(),
            canary_versions: BTreeSet::new(),
            last_at: None,
            began_at: None,
            exposed: VecDeque::new(),
            total: Exposed::default(),
            epochs: Vec::new(),
            is_worse: false,
        }
    }

    /// Adds a look. One without an answer of a version counts as well: what that version counted meanwhile comes with the
    /// next one, and what others stored for it is there now.
    pub(super) fn observe(&mut self, look: &LookRecord) -> Result<(), JudgeError> {
        self.stable_versions.extend(look.stable.app_versions.iter().cloned());
        self.canary_versions.extend(look.canary.app_versions.iter().cloned());
        let began_before = self.last_at.replace(look.at);
        if self.is_same_version() || self.canary_versions.is_empty() {
            return Ok(());
        }
        let sum = |versions, count: fn(&VisitorCounts, &BTreeSet<String>, GuardrailWindow) -> u64| {
            [&look.stable, &look.canary]
                .into_iter()
                .filter_map(|arm| arm.visitors.get(&self.guardrail.test_id))
                .map(|counts| count(counts, versions, self.guardrail.window))
                .sum::<u64>()
        };
        let visitors = |counts: &VisitorCounts, versions: &BTreeSet<String>, _| counts.visitors_of(versions);
        let exposed = Exposed {
            at: look.at,
            stable: sum(&self.stable_versions, visitors),
            canary: sum(&self.canary_versions, visitors),
        };
        let converters = |counts: &VisitorCounts, versions: &BTreeSet<String>, window| {
            counts.converters_of(versions, window)
        };
        let stable = sum(&self.stable_versions, converters);
        let canary = sum(&self.canary_versions, converters);
        self.expose(exposed);
        self.convert(began_before.unwrap_or(look.at), stable, canary)
    }

    /// Takes in who was exposed since the look before.
    fn expose(&mut self, exposed: Exposed) {
        if exposed.canary > 0 {
            self.began_at.get_or_insert(exposed.at);
        }
        if self.began_at.is_some() {
            self.total = self.total.plus(&exposed);
            self.exposed.push_back(exposed);
        }
    }

    /// Takes in who converted since `began_before`, when this look began.
    fn convert(&mut self, began_before: f64, stable: u64, canary: u64) -> Result<(), JudgeError> {
        // Who converts at the look's beginning was exposed a whole window before it at the earliest.
        let since = began_before - self.guardrail.window.seconds();
        while self.exposed.front().is_some_and(|first| first.at <= since) {
            self.exposed.pop_front();
        }
        let is_over = self.began_at.is_some_and(|began_at| began_at <= since);
        let shares = self.exposed.iter().fold(Exposed::default(), Exposed::plus);
        // Without visitors of both there is nothing to draw from.
        let is_drawn = shares.stable > 0 && shares.canary > 0 && stable + canary > 0;
        if !is_over || !is_drawn || !self.is_steady() {
            return Ok(());
        }
        self.epochs.push(EpochConverters {
            control_share: number(shares.stable),
            treatment_share: number(shares.canary),
            control: stable,
            treatment: canary,
        });
        let needed = -self.alpha.ln();
        // The whole evidence takes time, and is hardly ever near.
        if largest_log_evidence(&self.epochs)? >= needed && log_evidence(&self.epochs)? >= needed {
            self.is_worse |= self.interval().high.is_some_and(|high| high <= 1.0);
        }
        Ok(())
    }

    /// Whether the canary has about the same share of the visitors in both halves of the window. Told from exposures alone,
    /// so that leaving a look out does not depend on who converts.
    fn is_steady(&self) -> bool {
        let (mut halves, middle) = ([Exposed::default(); 2], self.exposed.len() / 2);
        for (place, exposed) in self.exposed.iter().enumerate() {
            let [early, late] = &mut halves;
            let half = if place < middle { early } else { late };
            *half = half.plus(exposed);
        }
        let [early, late] = halves.map(|half| (number(half.canary), number(half.canary + half.stable)));
        if early.1 <= 0.0 || late.1 <= 0.0 {
            return false;
        }
        let share = (early.0 + late.0) / (early.1 + late.1);
        let variance = share * (1.0 - share) * (1.0 / early.1 + 1.0 / late.1);
        (early.0 / early.1 - late.0 / late.1).powi(2) <= STEADY_ERRORS.powi(2) * variance
    }

    fn is_same_version(&self) -> bool {
        !self.stable_versions.is_disjoint(&self.canary_versions)
    }

    /// The canary's conversion rate by stable's.
    fn interval(&self) -> RatioInterval {
        // Shares and counts were checked when they came.
        relative_rate_interval(&self.epochs, self.alpha).unwrap_or(RatioInterval { low: 0.0, high: None })
    }

    pub(super) fn judge(&self) -> Criterion {
        let name = format!("conversions of {}", self.guardrail.test_id);
        let interval = self.interval();
        let (state, reason) = self.conclude(interval);
        let criterion = Criterion::new(&name, state, reason)
            .with("visitors first exposed by the canary", number(self.total.canary), "")
            .with("visitors first exposed by stable", number(self.total.stable), "")
            .with("the canary's conversion rate is at least", interval.low, "times stable's");
        match interval.high {
            Some(high) => criterion.with("and at most", high, "times stable's"),
            None => criterion,
        }
    }

    fn conclude(&self, interval: RatioInterval) -> (CriterionState, String) {
        let Guardrail { test_id, window, margin } = &self.guardrail;
        let sum = |of: fn(&EpochConverters) -> u64| self.epochs.iter().map(of).sum::<u64>();
        let (stable, canary) = (sum(|epoch| epoch.control), sum(|epoch| epoch.treatment));
        let told = format!(
            "{canary} of {} who converted within {} min were first exposed by the canary, which has {} of the visitors",
            stable + canary,
            window.seconds() / 60.0,
            percent(self.total.canary, self.total.canary + self.total.stable)
        );
        let largest = 100.0 * (1.0 - interval.low).max(0.0);
        if self.is_worse {
            return (CriterionState::Bad, format!("{told}: fewer convert"));
        }
        if self.is_same_version() {
            let reason = "both versions say that they are the same one, so whose visitors convert cannot be told: give \
                          each its own APP_VERSION";
            return (CriterionState::Open, reason.to_owned());
        }
        for (visitors, version) in [(self.total.canary, "the canary"), (self.total.stable, "stable")] {
            if visitors == 0 {
                let reason = format!(
                    "{version} has told of no visitor whom it first exposed to {test_id}: the experiment must run, and both \
                     versions must publish their visitors"
                );
                return (CriterionState::Open, reason);
            }
        }
        if interval.low >= 1.0 - margin {
            return (CriterionState::Good, format!("{told}: at most {largest:.0} % fewer convert"));
        }
        let allowed = 100.0 * margin;
        let reason =
            format!("{told}: {largest:.0} % fewer cannot be excluded yet, {allowed:.0} % may remain");
        (CriterionState::Open, reason)
    }
}
