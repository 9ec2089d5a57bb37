//! An exact boundary for the canary's marks, with a false alarm rate that is spent look by look.
//!
//! K. K. G. Lan and D. L. DeMets, *Discrete sequential boundaries for clinical trials*, Biometrika 70 (1983), with the
//! exact law in place of the normal one: the law of the sum of marks among paths that never crossed is carried from look
//! to look. Nothing need be known of looks to come, and there is no last one.

use super::{ArmCount, Look};
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
    pub(super) fn advance(&mut self, first: u64, terms: &[f64], allowed: f64) -> u64 {
        let mut sums = vec![0.0; self.alive.len() + terms.len() - 1];
        for (at, alive) in self.alive.iter().enumerate() {
            for (sum, term) in sums.iter_mut().skip(at).zip(terms) {
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
}

/// Marks on the clock of [`Spending`], and looks with marks, after which the whole rate is spent: where a threefold error
/// rate shows, and no sooner than bursts can be told from single errors.
const ALL_SPENT_AT_MARKS: f64 = 23.0;
const ALL_SPENT_AT_LOOKS: f64 = 8.0;
/// Above 1: less is spent early than late, and still enough for a gross fault.
const SPENDING_POWER: f64 = 1.2;
/// How fast a mark counts more where the canary's share is smaller.
const SHARE_POWER: f64 = 1.5;
/// A jump of the rate of marks, as a multiple of stable's before the canary, from which on it is spent faster: with a
/// threefold rate in half of the traffic it only doubles.
const JUMP: f64 = 2.8;
/// How fast a mark counts more after a larger jump.
const HASTE_POWER: f64 = 4.0;
/// Marks that are added to those found, before and now, and to those expected: the first ones are no jump, and few looks
/// without any do not make a rate of none.
const CALM_MARKS: f64 = 1.0;
/// The same as [`ALL_SPENT_AT_LOOKS`], in the greatest haste.
const ALL_SPENT_IN_HASTE_AT_LOOKS: f64 = 4.0;
/// After so many times the marks nothing is left that could be spent.
const OVER_AT: f64 = 2.0;

/// How much of the false alarm rate may be spent by now.
///
/// It depends on the marks of both versions together, on the traffic and on what stable did before the canary came, and not
/// on whose the marks are: given all these, the marks of an equally good canary follow the same law however fast is spent. So a
/// jump of the rate, which a gross fault makes, may hasten it; where a fault hits both versions that is no alarm, but what is
/// spent then is not left for later. The numbers were chosen with the simulations of `make bench ONLY=canary`; any others
/// are as valid.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Spending {
    /// Of looks that say something, weighed.
    marks: f64,
    /// Those looks.
    looks: f64,
    /// All traffic of stable before the canary.
    before: ArmCount,
    /// All traffic of both versions since then.
    together: ArmCount,
}

impl Spending {
    /// Adds any look; those without marks are traffic, too. A mark counts once at equal traffic and more at a smaller share of
    /// the canary, where fewer marks tell as much.
    pub(super) fn add(&mut self, look: Look) {
        if look.stable.requests > 0 && look.canary.requests > 0 {
            self.together = self.together.plus(look.stable).plus(look.canary);
        } else if self.together.requests == 0 {
            self.before = self.before.plus(look.stable);
        }
        if look.is_informative() {
            let stable = count(look.stable.requests);
            let twice_its_share = 2.0 * stable / (stable + count(look.canary.requests));
            self.marks += count(look.marked()) * twice_its_share.powf(SHARE_POWER);
            self.looks += 1.0;
        }
    }

    /// The part that may be spent.
    pub(super) fn spendable(self) -> f64 {
        let haste = (self.jump() / JUMP).max(1.0).powf(HASTE_POWER);
        let marks = self.marks * haste / ALL_SPENT_AT_MARKS;
        let looks = (self.looks * haste / ALL_SPENT_AT_LOOKS).min(self.looks / ALL_SPENT_IN_HASTE_AT_LOOKS);
        marks.min(looks).min(1.0).powf(SPENDING_POWER)
    }

    /// How many times the marks of both versions are those that stable's rate before lets expect; 1 where that is not known.
    fn jump(self) -> f64 {
        if self.before.requests == 0 {
            return 1.0;
        }
        let rate = (count(self.before.marked) + CALM_MARKS) / count(self.before.requests);
        (count(self.together.marked) + CALM_MARKS) / (rate * count(self.together.requests) + CALM_MARKS)
    }

    /// Whether the boundary has done its work.
    pub(super) fn is_over(self) -> bool {
        self.marks >= OVER_AT * ALL_SPENT_AT_MARKS && self.looks >= ALL_SPENT_AT_LOOKS
    }
}
