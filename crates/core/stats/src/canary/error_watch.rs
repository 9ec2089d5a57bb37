//! Does the canary fail more often than stable?

use super::boundary::{Boundary, Spending};
use super::burst_law::burst_terms;
use super::law::Law;
use super::{DesignEffect, Look};
use crate::StatsError;
use crate::error::strictly_between_zero_and_one;
use crate::rounding::count;

/// The largest false alarm rate that is accepted.
pub const LARGEST_ERROR_ALPHA: f64 = 0.5;

/// Part of alpha for the exact boundary, which finds what shows within a hundred errors; the rest is for the evidence,
/// which never ends and finds small differences in much traffic.
const BOUNDARY_PART: f64 = 0.985;

/// Odds ratios that are bet on, evenly.
const ODDS: [f64; 6] = [1.25, 1.6, 2.2, 3.5, 6.0, 12.0];

/// Terms of a law of bursts beyond which neighbours are taken together: thousands of errors in a look need no more.
const MOST_TERMS: u64 = 256;

/// What is known after the looks so far.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ErrorFinding {
    /// Whether the canary was found to fail more often, now or before.
    pub is_worse: bool,
    /// Errors of the canary so far, in looks that say something.
    pub canary_errors: u64,
    /// How many it would have if it were as good as stable.
    pub expected_errors: f64,
    /// How many it takes for an alarm at this look; none while no number would do.
    pub alarm_at: Option<f64>,
    /// Natural log of the evidence of the bets; 0 at the start.
    pub log_evidence: f64,
    /// By how much the errors vary more than those of independent requests; at least 1.
    pub design_effect: f64,
}

/// Watches the errors of two versions.
///
/// Two alarms share alpha. The first is an exact boundary for the canary's errors under equal odds, whose false alarm
/// rate is spent with the errors that are seen, faster where both versions together fail far more often than stable did
/// before. The second is evidence, the average of likelihood ratios at fixed odds, which alarms when it reaches the inverse
/// of its part of alpha. For requests that are independent given the look the probability of ever a false alarm is at most
/// alpha, whatever the rates do and whatever the design effect is taken for: bursts only ever make it harder to alarm.
///
/// Bursts: where the design effect is above 1 the canary's errors must also reach a second boundary, which is made anew at
/// each look from all looks so far, with the law of marks that come in bursts of the effect as it is known now. The log
/// evidence is divided by the effect. That holds for bursts of a known effect; the simulations of `make bench ONLY=canary`
/// show what it does for estimated ones.
#[derive(Debug, Clone)]
pub struct ErrorWatch {
    alpha: f64,
    /// None once it has done its work.
    boundary: Option<Boundary>,
    spending: Spending,
    /// Looks that the boundary was made of, with the part that could be spent by then.
    boundary_looks: Vec<(Look, f64)>,
    alarm_at: u64,
    observed: u64,
    expected: f64,
    marks: u64,
    log_ratios: [f64; ODDS.len()],
    effect: DesignEffect,
    is_worse: bool,
    finding: ErrorFinding,
}

impl ErrorWatch {
    /// Starts to watch with this probability of a false alarm, ever.
    /// # Errors
    /// [`StatsError::NotStrictlyBetweenZeroAndOne`], [`StatsError::TooLarge`] above [`LARGEST_ERROR_ALPHA`].
    pub fn new(alpha: f64) -> Result<Self, StatsError> {
        let alpha = strictly_between_zero_and_one("alpha", alpha)?;
        if alpha > LARGEST_ERROR_ALPHA {
            return Err(StatsError::TooLarge { name: "alpha", value: alpha, largest: LARGEST_ERROR_ALPHA });
        }
        let finding = ErrorFinding {
            is_worse: false,
            canary_errors: 0,
            expected_errors: 0.0,
            alarm_at: None,
            log_evidence: 0.0,
            design_effect: 1.0,
        };
        Ok(Self {
            alpha,
            boundary: Some(Boundary::new()),
            spending: Spending::default(),
            boundary_looks: Vec::new(),
            alarm_at: u64::MAX,
            observed: 0,
            expected: 0.0,
            marks: 0,
            log_ratios: [0.0; ODDS.len()],
            effect: DesignEffect::default(),
            is_worse: false,
            finding,
        })
    }

    /// Adds a look. Looks at stable alone, before the canary has traffic, teach how bursty and how many errors are.
    /// # Errors
    /// [`StatsError::SuccessesExceedTrials`], [`StatsError::TooLarge`].
    pub fn observe(&mut self, look: Look) -> Result<ErrorFinding, StatsError> {
        let look = look.checked()?;
        self.effect.observe(look);
        self.spending.add(look);
        if look.is_informative() {
            self.add(look);
        }
        Ok(self.finding)
    }

    /// What is known so far.
    pub fn finding(&self) -> ErrorFinding {
        self.finding
    }

    fn add(&mut self, look: Look) {
        let equal = Law::new(look, 1.0);
        let (first, terms) = equal.terms();
        self.expected += (first..).zip(&terms).map(|(marks, term)| count(marks) * term).sum::<f64>();
        self.observed += look.canary.marked;
        self.marks += look.marked();
        let effect = self.effect.guarded();
        self.advance_boundary(look, first, &terms, effect);
        let base = equal.log_probability(look.canary.marked);
        for (sum, odds) in self.log_ratios.iter_mut().zip(ODDS) {
            *sum += Law::new(look, odds).log_probability(look.canary.marked) - base;
        }
        self.conclude(effect);
    }

    fn conclude(&mut self, effect: f64) {
        let log_evidence = self.log_evidence(effect);
        let crosses = self.observed >= self.alarm_at;
        let is_evident = log_evidence >= -(self.alpha * (1.0 - BOUNDARY_PART)).ln();
        self.is_worse |= crosses || is_evident;
        self.finding = ErrorFinding {
            is_worse: self.is_worse,
            canary_errors: self.observed,
            expected_errors: self.expected,
            alarm_at: (self.alarm_at <= self.marks).then(|| count(self.alarm_at)),
            log_evidence,
            design_effect: effect,
        };
    }

    /// Sets the alarm for this look: the boundary of independent requests, or that of bursts where it is higher.
    fn advance_boundary(&mut self, look: Look, first: u64, terms: &[f64], effect: f64) {
        let Some(boundary) = &mut self.boundary else {
            self.alarm_at = u64::MAX;
            return;
        };
        let (alpha, spendable) = (self.alpha * BOUNDARY_PART, self.spending.spendable());
        self.alarm_at = boundary.advance(first, terms, alpha * spendable);
        self.boundary_looks.push((look, spendable));
        if effect > 1.0 && self.observed >= self.alarm_at {
            self.alarm_at = self.alarm_at.max(self.burst_alarm(alpha, effect));
        }
        if self.spending.is_over() {
            self.boundary = None;
            self.boundary_looks = Vec::new();
        }
    }

    fn burst_alarm(&self, alpha: f64, effect: f64) -> u64 {
        let rate = self.effect.common_rate();
        let laws: Vec<_> =
            self.boundary_looks.iter().map(|(look, _)| burst_terms(*look, rate, effect)).collect();
        let widest = laws.iter().map(|(_, terms)| terms.len()).max().unwrap_or(0);
        let step = 1 + u64::try_from(widest).unwrap_or(u64::MAX) / MOST_TERMS;
        let (mut boundary, mut alarm_at) = (Boundary::new(), u64::MAX);
        for ((_, spendable), (first, terms)) in self.boundary_looks.iter().zip(laws) {
            let (first, terms) = coarse(first, terms, step);
            alarm_at = boundary.advance(first, &terms, alpha * spendable);
        }
        alarm_at.saturating_mul(step)
    }

    /// The average of the bets, each drawn back by the effect: for independent requests that keeps the mean below 1
    /// (J. L. W. V. Jensen's inequality).
    fn log_evidence(&self, effect: f64) -> f64 {
        super::latency_watch::log_mean(self.log_ratios.iter().map(|log_ratio| log_ratio / effect))
    }
}

/// A law on every `step`-th number, with the same mean: what lies between goes to both neighbours.
fn coarse(first: u64, terms: Vec<f64>, step: u64) -> (u64, Vec<f64>) {
    if step == 1 {
        return (first, terms);
    }
    let mut sums = Vec::new();
    for (marks, term) in (first..).zip(terms) {
        let place = usize::try_from(marks / step - first / step).unwrap_or(usize::MAX - 2);
        let part = count(marks % step) / count(step);
        sums.resize(place + 2, 0.0);
        for (sum, share) in sums.iter_mut().skip(place).zip([1.0 - part, part]) {
            *sum += share * term;
        }
    }
    (first / step, sums)
}
