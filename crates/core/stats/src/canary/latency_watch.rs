//! Is the canary slower than stable, or are its durations wider?

use super::law::Law;
use super::{ArmCount, DesignEffect, Look};
use crate::StatsError;
use crate::error::strictly_between_zero_and_one;
use crate::rounding::count;

/// A canary may have this many times stable's odds of being slower than an edge: differences that nobody feels are not
/// called bad, however much traffic proves them.
pub const WORST_HARMLESS_ODDS: f64 = 1.3;

/// Odds ratios that are bet on, evenly.
const ODDS: [f64; 3] = [2.0, 4.0, 10.0];

/// What is known after the looks so far.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LatencyFinding {
    /// Whether the canary was found slower or wider, now or before.
    pub is_worse: bool,
    /// Natural log of the evidence; 0 at the start.
    pub log_evidence: f64,
    /// Number of the edge that speaks most against the canary; none before the first look.
    pub edge: Option<usize>,
    /// By how much the marks at that edge vary more than those of independent requests; at least 1.
    pub design_effect: f64,
}

/// Watches the durations of two versions in the classes of a histogram.
///
/// For every edge that at most half of stable's requests exceeded so far it bets that the canary exceeds the edge more often, at odds of 2, 4 and 10 times
/// those of stable, against the null that they are at most [`WORST_HARMLESS_ODDS`] times. Which edges those are is known before the look
/// that is bet on. A shift moves many edges, a
/// heavier tail the last ones, and more variance around the same median the upper ones: whatever makes some requests
/// slower raises an edge. A canary that is faster, or narrower around the same median, raises none of the upper half. The average over edges and odds is again
/// evidence with mean at most 1, so that looking at all edges costs the log of their number once.
///
/// Log evidence is divided by the design effect of its edge, which only makes it smaller for independent requests.
#[derive(Debug, Clone)]
pub struct LatencyWatch {
    alpha: f64,
    edges: Vec<Edge>,
    finding: LatencyFinding,
}

#[derive(Debug, Clone, Default)]
struct Edge {
    /// Stable's requests so far, and those that exceeded the edge.
    stable: ArmCount,
    log_ratios: [f64; ODDS.len()],
    effect: DesignEffect,
}

impl LatencyWatch {
    /// Starts to watch with this probability of a false alarm, ever.
    /// # Errors
    /// [`StatsError::NotStrictlyBetweenZeroAndOne`], [`StatsError::TooFewCategories`] for fewer than two classes.
    pub fn new(alpha: f64, classes: usize) -> Result<Self, StatsError> {
        let alpha = strictly_between_zero_and_one("alpha", alpha)?;
        if classes < 2 {
            return Err(StatsError::TooFewCategories { found: classes });
        }
        let finding = LatencyFinding { is_worse: false, log_evidence: 0.0, edge: None, design_effect: 1.0 };
        Ok(Self { alpha, edges: vec![Edge::default(); classes - 1], finding })
    }

    /// Adds a look (also one at stable alone): requests by class of duration, from the fastest to the slowest, as many classes as at the start.
    /// # Errors
    /// [`StatsError::LengthsDiffer`], [`StatsError::TooLarge`].
    pub fn observe(&mut self, stable: &[u64], canary: &[u64]) -> Result<LatencyFinding, StatsError> {
        let classes = self.edges.len() + 1;
        for counts in [stable, canary] {
            if counts.len() != classes {
                return Err(StatsError::LengthsDiffer { observed: counts.len(), expected: classes });
            }
        }
        let stable = above_edges(stable);
        let canary = above_edges(canary);
        for ((edge, stable), canary) in self.edges.iter_mut().zip(stable).zip(canary) {
            let look = Look { stable, canary }.checked()?;
            edge.effect.observe(look);
            if look.is_informative() && edge.is_in_the_upper_half() {
                edge.add(look);
            }
            edge.stable.requests = edge.stable.requests.saturating_add(look.stable.requests);
            edge.stable.marked = edge.stable.marked.saturating_add(look.stable.marked);
        }
        self.conclude();
        Ok(self.finding)
    }

    /// What is known so far.
    pub fn finding(&self) -> LatencyFinding {
        self.finding
    }

    fn conclude(&mut self) {
        let mut all = Vec::with_capacity(self.edges.len() * ODDS.len());
        let mut loudest: Option<(usize, f64, f64)> = None;
        for (number, edge) in self.edges.iter().enumerate() {
            let effect = edge.effect.estimate();
            let drawn_back = edge.log_ratios.map(|log_ratio| log_ratio / effect);
            let largest = drawn_back.into_iter().fold(f64::NEG_INFINITY, f64::max);
            if loudest.is_none_or(|(_, loudest, _)| largest > loudest) {
                loudest = Some((number, largest, effect));
            }
            all.extend(drawn_back);
        }
        let log_evidence = log_mean(all.into_iter());
        self.finding = LatencyFinding {
            is_worse: self.finding.is_worse || log_evidence >= -self.alpha.ln(),
            log_evidence,
            edge: loudest.map(|(number, _, _)| number),
            design_effect: loudest.map_or(1.0, |(_, _, effect)| effect),
        };
    }
}

impl Edge {
    /// By what was seen of stable before; unknown at first.
    fn is_in_the_upper_half(&self) -> bool {
        self.stable.requests > 0 && self.stable.marked <= self.stable.requests - self.stable.marked
    }

    fn add(&mut self, look: Look) {
        let base = Law::new(look, WORST_HARMLESS_ODDS).log_probability(look.canary.marked);
        for (sum, odds) in self.log_ratios.iter_mut().zip(ODDS) {
            *sum += Law::new(look, odds).log_probability(look.canary.marked) - base;
        }
    }
}

/// For each edge between two classes, all requests and those above it.
fn above_edges(counts: &[u64]) -> Vec<ArmCount> {
    let requests = counts.iter().fold(0, |sum: u64, count| sum.saturating_add(*count));
    let mut below = 0_u64;
    let mut edges = Vec::with_capacity(counts.len());
    for count in counts {
        below = below.saturating_add(*count);
        edges.push(ArmCount { requests, marked: requests - below });
    }
    edges.pop();
    edges
}

/// The log of the mean of what these are the logs of.
pub(super) fn log_mean(logs: impl Iterator<Item = f64> + Clone) -> f64 {
    let largest = logs.clone().fold(f64::NEG_INFINITY, f64::max);
    let (sum, number) =
        logs.fold((0.0, 0_u64), |(sum, number), log| (sum + (log - largest).exp(), number + 1));
    if number == 0 { 0.0 } else { largest + (sum / count(number)).ln() }
}
