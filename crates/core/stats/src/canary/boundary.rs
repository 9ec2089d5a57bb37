//! An exact boundary for the canary's marks, with a false alarm rate that is spent look by look.
//!
//! K. K. G. Lan and D. L. DeMets, *Discrete sequential boundaries for clinical trials*, Biometrika 70 (1983), with the
//! exact law in place of the normal one: the law of the sum of marks among paths that never crossed is carried from look
//! to look. Nothing need be known of looks to come, and there is no last one.

use crate::rounding::count;

/// Probabilities below this at the ends of the law are cut off, and counted as spent above.
const NEGLIGIBLE: f64 = 1e-20;

/// The law of the sum under equal odds, on paths that have not crossed.
#[derive(Debug, Clone)]
pub(super) struct Boundary {
    first: u64,
    alive: Vec<f64>,
    spent: f64,
}

impl Boundary {
    pub(super) fn new() -> Self {
        Self { first: 0, alive: vec![1.0], spent: 0.0 }
    }

    /// Adds a look whose marks have this law, and gives the smallest sum that is an alarm when `allowed` may be spent
    /// by now. What is not spent stays for later.
    pub(super) fn advance(&mut self, (first, terms): (u64, Vec<f64>), allowed: f64) -> u64 {
        let mut sums = vec![0.0; self.alive.len() + terms.len() - 1];
        for (at, alive) in self.alive.iter().enumerate() {
            for (sum, term) in sums.iter_mut().skip(at).zip(&terms) {
                *sum += alive * term;
            }
        }
        self.first += first;
        self.alive = sums;
        self.spend(allowed);
        let cut = self.alive.iter().take_while(|alive| **alive < NEGLIGIBLE).count();
        self.alive.drain(..cut);
        let next = self.first + u64::try_from(self.alive.len() + cut).unwrap_or(u64::MAX / 2);
        self.first += u64::try_from(cut).unwrap_or(0);
        if self.alive.is_empty() {
            self.alive.push(0.0);
        }
        next
    }

    /// Takes from the top what `allowed` covers.
    fn spend(&mut self, allowed: f64) {
        while let Some(last) = self.alive.last() {
            if *last >= NEGLIGIBLE && self.spent + last > allowed {
                break;
            }
            self.spent += last;
            self.alive.pop();
        }
    }

    /// The false alarm rate that is spent so far.
    pub(super) fn spent(&self) -> f64 {
        self.spent
    }
}

/// Marks of both versions, and looks with marks, after which the whole rate is spent: where a threefold error rate shows,
/// and no sooner than bursts can be told from single errors.
const ALL_SPENT_AT_MARKS: f64 = 23.0;
const ALL_SPENT_AT_LOOKS: f64 = 11.0;
/// Below 1: something is spent early, where a gross fault shows.
const SPENDING_POWER: f64 = 0.8;

/// Part of the false alarm rate that may be spent after so many marks of both versions and looks with marks. It depends
/// on the marks of both together and not on whose they are. The numbers were chosen with the simulations of `make bench
/// ONLY=canary`; any others are as valid.
pub(super) fn spendable(marks: u64, looks: u64) -> f64 {
    let way = (count(marks) / ALL_SPENT_AT_MARKS).min(count(looks) / ALL_SPENT_AT_LOOKS);
    way.min(1.0).powf(SPENDING_POWER)
}
