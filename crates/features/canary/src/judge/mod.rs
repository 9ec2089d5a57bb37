//! The decision.

mod conversions;
mod durations;
mod errors;
mod health;
mod memory;
mod traffic;

pub use conversions::Guardrail;

use crate::{ERROR_ALPHA, GUARDRAIL_ALPHA, History, LATENCY_ALPHA, Limits, LookRecord, RESTART_ALPHA};
use conversions::ConversionWatch;
use dashly_stats::StatsError;
use dashly_stats::canary::{ErrorWatch, RestartWatch};
use durations::DurationWatch;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What should happen to the canary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Nothing speaks against it, and enough was seen.
    Promote,
    /// Something is worse than in stable.
    RollBack,
    /// Enough requests, but what is known does not suffice yet.
    Wait,
    /// Too little traffic to say anything.
    NotEnoughData,
}

impl Verdict {
    /// Whether waiting longer changes nothing.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Promote | Self::RollBack)
    }

    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Promote => "promote",
            Self::RollBack => "roll back",
            Self::Wait => "wait",
            Self::NotEnoughData => "not enough data",
        }
    }
}

/// What one criterion says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CriterionState {
    /// Nothing against a promotion.
    Good,
    /// Worse than stable.
    Bad,
    /// Not known yet: no promotion.
    Open,
    /// Cannot be known here; does not stand in the way.
    Absent,
}

/// A number with its name and unit, ready to print.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// What it is.
    pub name: String,
    /// Its value.
    pub value: f64,
    /// Its unit; empty for a plain number.
    pub unit: String,
}

/// One criterion with its numbers and its reason.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Criterion {
    /// Its name.
    pub name: String,
    /// What it says.
    pub state: CriterionState,
    /// Why, in one sentence.
    pub reason: String,
    /// The numbers behind it.
    pub figures: Vec<Figure>,
}

impl Criterion {
    fn new(name: &str, state: CriterionState, reason: String) -> Self {
        Self { name: name.to_owned(), state, reason, figures: Vec::new() }
    }

    fn with(mut self, name: &str, value: f64, unit: &str) -> Self {
        self.figures.push(Figure { name: name.to_owned(), value, unit: unit.to_owned() });
        self
    }
}

/// The verdict with everything it rests on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// What should happen.
    pub verdict: Verdict,
    /// Why, in one sentence.
    pub reason: String,
    /// All criteria, in a fixed order.
    pub criteria: Vec<Criterion>,
    /// Looks so far.
    pub looks: usize,
}

/// The counts cannot be judged.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("a look has impossible counts")]
pub struct JudgeError(#[from] StatsError);

/// Watches a canary look by look.
///
/// Once a criterion is bad it stays so: a false alarm rate holds for the first alarm, not for second thoughts.
#[derive(Debug, Clone)]
pub struct Judge {
    limits: Limits,
    errors: ErrorWatch,
    durations: DurationWatch,
    restarts: RestartWatch,
    conversions: Vec<ConversionWatch>,
    looks: Vec<LookRecord>,
}

impl Judge {
    /// A judge who has seen nothing. Conversions are judged of the experiments in `guardrails`.
    /// # Errors
    /// Never with the constants of this crate.
    pub fn new(limits: Limits, guardrails: &[Guardrail]) -> Result<Self, JudgeError> {
        let alpha = if guardrails.is_empty() { ERROR_ALPHA } else { ERROR_ALPHA - GUARDRAIL_ALPHA };
        let errors = ErrorWatch::new(alpha)?;
        let restarts = RestartWatch::new(RESTART_ALPHA)?;
        let conversions = guardrails
            .iter()
            .map(|guardrail| ConversionWatch::new(guardrail.clone(), guardrails.len()))
            .collect();
        let durations = DurationWatch::default();
        Ok(Self { limits, errors, durations, restarts, conversions, looks: Vec::new() })
    }

    /// A judge who has seen a history.
    /// # Errors
    /// [`JudgeError`].
    pub fn of_history(
        limits: Limits,
        guardrails: &[Guardrail],
        history: &History,
    ) -> Result<Self, JudgeError> {
        let mut judge = Self::new(limits, guardrails)?;
        for look in &history.looks {
            judge.observe(look, &history.edges)?;
        }
        Ok(judge)
    }

    /// Adds a look; `edges` are those of the history.
    /// # Errors
    /// [`JudgeError`].
    pub fn observe(
        &mut self,
        look: &LookRecord,
        edges: &BTreeMap<String, Vec<f64>>,
    ) -> Result<(), JudgeError> {
        self.errors.observe(errors::counts(look))?;
        self.durations.observe(&self.limits, look, edges)?;
        health::observe(&mut self.restarts, look);
        for watch in &mut self.conversions {
            watch.observe(look)?;
        }
        self.looks.push(look.clone());
        Ok(())
    }

    /// What follows from all looks so far.
    pub fn decide(&self) -> Decision {
        let errors = errors::judge(&self.limits, &self.looks, self.errors.finding());
        let mut criteria = vec![
            traffic::judge(&self.limits, &self.looks),
            errors,
            self.durations.judge(&self.limits),
            health::restarts(&self.limits, &self.looks, &self.restarts),
            health::reachable(&self.limits, &self.looks),
            memory::judge(&self.limits, &self.looks),
        ];
        criteria.extend(self.conversions.iter().map(ConversionWatch::judge));
        let (verdict, reason) = verdict(&criteria);
        Decision { verdict, reason, criteria, looks: self.looks.len() }
    }

    /// All looks so far, oldest first.
    pub fn looks(&self) -> &[LookRecord] {
        &self.looks
    }

    /// By how much errors vary more than independent ones would.
    pub fn design_effect(&self) -> f64 {
        self.errors.finding().design_effect
    }
}

fn verdict(criteria: &[Criterion]) -> (Verdict, String) {
    let of = |state: CriterionState| criteria.iter().find(|criterion| criterion.state == state);
    if let Some(bad) = of(CriterionState::Bad) {
        return (Verdict::RollBack, bad.reason.clone());
    }
    match of(CriterionState::Open) {
        None => {
            let reason =
                "nothing speaks against the canary, and enough was seen to exclude a harmful difference";
            (Verdict::Promote, reason.to_owned())
        }
        Some(open) if open.name == traffic::NAME => (Verdict::NotEnoughData, open.reason.clone()),
        Some(open) => (Verdict::Wait, open.reason.clone()),
    }
}

/// Share of latency's false alarm rate for each of so many histograms.
fn latency_alpha(histograms: usize) -> f64 {
    u32::try_from(histograms.max(1)).map_or(LATENCY_ALPHA, |number| LATENCY_ALPHA / f64::from(number))
}

/// A count as a number.
#[expect(clippy::cast_precision_loss, clippy::as_conversions, reason = "a figure needs no more than 53 bits")]
pub(crate) fn number(count: u64) -> f64 {
    count as f64
}

/// A share as percent with two digits.
fn percent(part: u64, whole: u64) -> String {
    if whole == 0 { "–".to_owned() } else { format!("{:.2} %", 100.0 * number(part) / number(whole)) }
}
