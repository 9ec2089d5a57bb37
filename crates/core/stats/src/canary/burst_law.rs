//! How many of a look's marks are the canary's, given all totals, when marks come in bursts.
//!
//! Each version's marks in a look follow the beta-binomial law (J. G. Skellam, *Journal of the Royal Statistical Society B*
//! 10, 1948) whose variance is the design effect times that of independent requests. Given both sums, its part of the marks
//! has a law that knows what a design effect alone does not: a look with one mark can have no burst, and one with many
//! marks may be a single burst of one version. For an effect of 1 it is the hypergeometric law.

use super::{ArmCount, Look};
use crate::rounding::count;

/// Terms below this part of the largest one are left out.
const NEGLIGIBLE: f64 = 1e-18;
/// Terms are scaled down beyond this.
const LARGE: f64 = 1e200;
/// The beta law's size (the sum of its parameters) for the fewest requests that can burst at all.
const SMALLEST_SIZE: f64 = 0.05;

/// Parameters of one version's beta law.
#[derive(Debug, Clone, Copy)]
struct Beta {
    requests: f64,
    marked: f64,
    good: f64,
}

impl Beta {
    fn new(arm: ArmCount, rate: f64, effect: f64) -> Self {
        let requests = count(arm.requests);
        let size = ((requests - 1.0) / (effect - 1.0) - 1.0).max(SMALLEST_SIZE);
        Self { requests, marked: rate * size, good: (1.0 - rate) * size }
    }

    /// `P(k + 1) / P(k)`.
    fn ratio(self, marks: f64) -> f64 {
        (self.requests - marks) * (marks + self.marked)
            / ((marks + 1.0) * (self.requests - marks - 1.0 + self.good))
    }
}

/// The smallest number of the canary's marks that counts, and the probabilities from there on; they add up to 1. The
/// rate of marks lies strictly between 0 and 1, the effect above 1.
pub(super) fn burst_terms(look: Look, rate: f64, effect: f64) -> (u64, Vec<f64>) {
    let marked = look.marked();
    let lowest = marked.saturating_sub(look.stable.requests);
    let highest = marked.min(look.canary.requests);
    let (stable, canary) = (Beta::new(look.stable, rate, effect), Beta::new(look.canary, rate, effect));
    let mut terms = vec![1.0];
    let mut term = 1.0;
    for marks in lowest..highest {
        let of_stable = count(marked - marks - 1);
        term *= canary.ratio(count(marks)) / stable.ratio(of_stable);
        terms.push(term);
        if term > LARGE {
            for earlier in &mut terms {
                *earlier /= LARGE;
            }
            term /= LARGE;
        }
    }
    let least = NEGLIGIBLE * terms.iter().copied().fold(0.0, f64::max);
    let below = terms.iter().take_while(|term| **term < least).count();
    terms.drain(..below);
    let above = terms.iter().rev().take_while(|term| **term < least).count();
    terms.truncate(terms.len() - above);
    let sum: f64 = terms.iter().sum();
    for term in &mut terms {
        *term /= sum;
    }
    (lowest + u64::try_from(below).unwrap_or(0), terms)
}

#[cfg(test)]
mod tests {
    use super::super::law::Law;
    use super::{ArmCount, Look, burst_terms};

    fn look(stable: u64, canary: u64, marks: u64) -> Look {
        let stable = ArmCount { requests: stable, marked: marks };
        Look { stable, canary: ArmCount { requests: canary, marked: 0 } }
    }

    /// Made another way: a version's law as the urn of G. Pólya, draw by draw, and both versions' laws multiplied.
    #[test]
    fn it_is_the_law_of_two_urns_given_their_sum() {
        let urn = |requests: u32, rate: f64, effect: f64| {
            let size = f64::from(requests - 1) / (effect - 1.0) - 1.0;
            let mut law = vec![1.0];
            for drawn in 0..requests {
                let mut next = vec![0.0; law.len() + 1];
                for (marks, probability) in (0_u32..).zip(&law) {
                    let hit = (rate * size + f64::from(marks)) / (size + f64::from(drawn));
                    let place = usize::try_from(marks).unwrap();
                    next[place + 1] += probability * hit;
                    next[place] += probability * (1.0 - hit);
                }
                law = next;
            }
            law
        };
        for (stable, canary, rate, effect) in
            [(30_u32, 30_u32, 0.01, 1.45), (90, 30, 0.05, 3.7), (40, 10, 0.2, 1.01)]
        {
            let (of_stable, of_canary) = (urn(stable, rate, effect), urn(canary, rate, effect));
            for marks in 1..=15_u64 {
                let joint: Vec<f64> = (0..=usize::try_from(marks.min(canary.into())).unwrap())
                    .map(|k| of_canary[k] * of_stable[usize::try_from(marks).unwrap() - k])
                    .collect();
                let all: f64 = joint.iter().sum();
                let (first, terms) = burst_terms(look(stable.into(), canary.into(), marks), rate, effect);
                assert_eq!(first, 0);
                for (term, joint) in terms.iter().zip(&joint) {
                    assert!((term - joint / all).abs() < 1e-12, "{marks} {term} {}", joint / all);
                }
            }
        }
    }

    #[test]
    fn without_bursts_it_is_the_hypergeometric_law() {
        for (stable, canary, marks) in [(30, 30, 5), (900, 100, 400), (10, 1_000_000, 40_000)] {
            let look = look(stable.max(marks), canary, marks);
            let (first, terms) = burst_terms(look, 0.05, 1.0 + 1e-10);
            let (equal_first, equal) = Law::new(look, 1.0).terms();
            for (marks, term) in (first..).zip(&terms) {
                let place = marks.checked_sub(equal_first).and_then(|place| usize::try_from(place).ok());
                let other = place.and_then(|place| equal.get(place)).copied().unwrap_or(0.0);
                assert!((term - other).abs() < 1e-6, "{marks} {term} {other}");
            }
        }
    }
}
