//! How many of a look's marks are the canary's, given all totals: Fisher's noncentral hypergeometric law.
//!
//! `P(k) ∝ C(n₁, k) C(n₀, m - k) ψ^k` for `n₁` requests of the canary, `n₀` of stable and `m` marks. Terms are built from
//! the mode outwards by the ratio of neighbours, so that nothing overflows, and end where they no longer count.

use super::Look;
use crate::rounding::count;

/// Terms below this part of the largest one are left out.
const NEGLIGIBLE: f64 = 1e-18;

/// The law of the canary's marks in one look.
#[derive(Debug, Clone, Copy)]
pub(super) struct Law {
    canary: f64,
    stable: f64,
    marked: f64,
    lowest: u64,
    highest: u64,
    odds: f64,
}

impl Law {
    /// For a canary whose odds of a mark are `odds` times those of stable.
    pub(super) fn new(look: Look, odds: f64) -> Self {
        let marked = look.marked();
        Self {
            canary: count(look.canary.requests),
            stable: count(look.stable.requests),
            marked: count(marked),
            lowest: marked.saturating_sub(look.stable.requests),
            highest: marked.min(look.canary.requests),
            odds,
        }
    }

    /// `P(k + 1) / P(k)`.
    fn ratio(&self, marks: u64) -> f64 {
        let marks = count(marks);
        let up = (self.canary - marks) * (self.marked - marks) * self.odds;
        up / ((marks + 1.0) * (self.stable - self.marked + marks + 1.0))
    }

    /// The likeliest number of marks.
    fn mode(&self) -> u64 {
        let (mut low, mut high) = (self.lowest, self.highest);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.ratio(middle) > 1.0 { low = middle + 1 } else { high = middle }
        }
        low
    }

    /// The smallest number of marks that counts, and the probabilities from there on; they add up to 1.
    pub(super) fn terms(&self) -> (u64, Vec<f64>) {
        let mode = self.mode();
        let mut below = Vec::new();
        let mut term = 1.0;
        for marks in (self.lowest..mode).rev() {
            term /= self.ratio(marks);
            if term < NEGLIGIBLE {
                break;
            }
            below.push(term);
        }
        let first = mode - u64::try_from(below.len()).unwrap_or(mode);
        let mut terms: Vec<f64> = below.into_iter().rev().collect();
        terms.push(1.0);
        term = 1.0;
        for marks in mode..self.highest {
            term *= self.ratio(marks);
            if term < NEGLIGIBLE {
                break;
            }
            terms.push(term);
        }
        let sum: f64 = terms.iter().sum();
        for term in &mut terms {
            *term /= sum;
        }
        (first, terms)
    }

    /// Natural log of the probability of `marks`.
    pub(super) fn log_probability(&self, marks: u64) -> f64 {
        let mode = self.mode();
        let way: f64 = if marks >= mode {
            (mode..marks).map(|step| self.ratio(step).ln()).sum()
        } else {
            -(marks..mode).map(|step| self.ratio(step).ln()).sum::<f64>()
        };
        way - self.sum_by_mode(mode).ln()
    }

    /// All terms together, by the largest.
    fn sum_by_mode(&self, mode: u64) -> f64 {
        let mut sum = 1.0;
        let mut term = 1.0;
        for marks in (self.lowest..mode).rev() {
            term /= self.ratio(marks);
            sum += term;
            if term < NEGLIGIBLE {
                break;
            }
        }
        term = 1.0;
        for marks in mode..self.highest {
            term *= self.ratio(marks);
            sum += term;
            if term < NEGLIGIBLE {
                break;
            }
        }
        sum
    }

    /// Mean and variance.
    pub(super) fn moments(&self) -> (f64, f64) {
        let (first, terms) = self.terms();
        let weighted = |power: i32, centre: f64| -> f64 {
            (first..).zip(&terms).map(|(marks, term)| term * (count(marks) - centre).powi(power)).sum()
        };
        let mean = weighted(1, 0.0);
        (mean, weighted(2, mean))
    }
}
