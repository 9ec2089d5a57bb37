//! The hypergeometric distribution: marked items among those drawn without putting back.

use crate::StatsError;
use crate::rounding::{count, wide_count};
use crate::special::{ln_factorial_rest, poisson_deviance};

/// The largest standard deviation whose tails are added up, term by term: a tenth of a second.
pub const LARGEST_DEVIATION: f64 = 1e6;

/// Two probabilities closer than this part of each other count as equal when the tables of Fisher's test are
/// compared: rounding must not decide between mirrored tables. The same as in R.
const EQUAL_WITHIN: f64 = 1e-7;

/// A population of marked and unmarked items and a number of items drawn from it.
///
/// The population and the drawn items fit in 64 bits together; terms are exact integers before their one
/// rounding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hypergeometric {
    marked: u64,
    unmarked: u64,
    drawn: u64,
}

impl Hypergeometric {
    /// Checks and keeps the counts.
    /// # Errors
    /// [`StatsError::SuccessesExceedTrials`] when more is drawn than there is (`drawn` of the population),
    /// [`StatsError::TooLarge`] for a population beyond 64 bits or a standard deviation above
    /// [`LARGEST_DEVIATION`].
    pub fn new(marked: u64, unmarked: u64, drawn: u64) -> Result<Self, StatsError> {
        let Some(population) = marked.checked_add(unmarked) else {
            let value = wide_count(u128::from(marked) + u128::from(unmarked));
            return Err(StatsError::TooLarge { name: "population", value, largest: count(u64::MAX) });
        };
        if drawn > population {
            return Err(StatsError::SuccessesExceedTrials { successes: drawn, trials: population });
        }
        let found = Self { marked, unmarked, drawn };
        let deviation = found.deviation();
        if deviation > LARGEST_DEVIATION {
            let name = "standard deviation of a hypergeometric variable";
            return Err(StatsError::TooLarge { name, value: deviation, largest: LARGEST_DEVIATION });
        }
        Ok(found)
    }

    fn population(self) -> u64 {
        self.marked.saturating_add(self.unmarked)
    }

    fn deviation(self) -> f64 {
        let population = count(self.population()).max(1.0);
        let left = count(self.population().saturating_sub(self.drawn));
        (count(self.drawn) / population
            * left
            * (count(self.marked) / population)
            * (count(self.unmarked) / population))
            .sqrt()
    }

    /// Fewest marked items that can be drawn.
    pub fn lowest(self) -> u64 {
        self.drawn.saturating_sub(self.unmarked)
    }

    /// Most marked items that can be drawn.
    pub fn highest(self) -> u64 {
        self.drawn.min(self.marked)
    }

    /// Probability of exactly `hits` marked items among those drawn; 0 outside the possible range.
    ///
    /// Relative error below 1e-12. The sum of logarithms of factorials is taken apart into Stirling's
    /// remainders and the deviance of the table, which for large counts differ from it by nothing but lost
    /// digits (C. Loader, *Fast and Accurate Computation of Binomial Probabilities*, 2000).
    pub fn probability(self, hits: u64) -> f64 {
        self.ln_probability(hits).exp()
    }

    fn ln_probability(self, hits: u64) -> f64 {
        if hits < self.lowest() || hits > self.highest() {
            return f64::NEG_INFINITY;
        }
        let population = self.population();
        let left = population.saturating_sub(self.drawn);
        // Every cell is `distance` above or below its expectation; exact but for one rounding.
        let expected = u128::from(self.marked) * u128::from(self.drawn);
        let found = u128::from(hits) * u128::from(population);
        let size = wide_count(expected.abs_diff(found)) / count(population).max(1.0);
        let distance = if found < expected { -size } else { size };
        let other = (u128::from(self.unmarked) + u128::from(hits)).saturating_sub(u128::from(self.drawn));
        let cells = [
            (count(hits), self.marked, self.drawn, distance),
            (count(self.marked.saturating_sub(hits)), self.marked, left, -distance),
            (count(self.drawn.saturating_sub(hits)), self.unmarked, self.drawn, -distance),
            (wide_count(other), self.unmarked, left, distance),
        ];
        let margins = [self.marked, self.unmarked, self.drawn, left];
        let margins: f64 = margins.iter().map(|margin| ln_factorial_rest(count(*margin))).sum();
        let cells: f64 = cells
            .iter()
            .map(|(found, row, column, distance)| {
                let expected = count(*row) * (count(*column) / count(population).max(1.0));
                let deviance =
                    if expected > 0.0 { expected * poisson_deviance(distance / expected) } else { 0.0 };
                ln_factorial_rest(*found) + deviance
            })
            .sum();
        (margins - ln_factorial_rest(count(population)) - cells).min(0.0)
    }

    /// The number of hits with the greatest probability.
    fn mode(self) -> u64 {
        let numerator = (u128::from(self.drawn) + 1).saturating_mul(u128::from(self.marked) + 1);
        let mode = u64::try_from(numerator / (u128::from(self.population()) + 2)).unwrap_or(u64::MAX);
        mode.clamp(self.lowest(), self.highest())
    }

    /// Probability of at most `hits` marked items. Relative error below 1e-11.
    pub fn lower_tail(self, hits: u64) -> f64 {
        if hits < self.lowest() {
            0.0
        } else if hits >= self.highest() {
            1.0
        } else if hits <= self.mode() {
            self.downwards(hits).min(1.0)
        } else {
            (1.0 - self.upwards(hits.saturating_add(1))).max(0.0)
        }
    }

    /// Probability of at least `hits` marked items. Relative error below 1e-11.
    pub fn upper_tail(self, hits: u64) -> f64 {
        if hits <= self.lowest() {
            1.0
        } else if hits > self.highest() {
            0.0
        } else if hits > self.mode() {
            self.upwards(hits).min(1.0)
        } else {
            (1.0 - self.downwards(hits.saturating_sub(1))).max(0.0)
        }
    }

    /// Sum of the probabilities of `hits` and all below, for hits not above the mode.
    fn downwards(self, hits: u64) -> f64 {
        self.sum_of_ratios(hits, (self.lowest()..hits).rev().map(|below| 1.0 / self.growth(below)))
    }

    /// Sum of the probabilities of `hits` and all above, for hits not below the mode.
    fn upwards(self, hits: u64) -> f64 {
        self.sum_of_ratios(hits, (hits..self.highest()).map(|hits| self.growth(hits)))
    }

    fn sum_of_ratios(self, start: u64, ratios: impl Iterator<Item = f64>) -> f64 {
        let mut term = 1.0;
        let mut sum = 1.0;
        for ratio in ratios {
            term *= ratio;
            sum += term;
            // Ratios fall, so the rest is below a geometric series.
            if term < sum * 1e-18 * (1.0 - ratio) {
                break;
            }
        }
        (self.ln_probability(start) + sum.ln()).exp()
    }

    /// Probability of `hits + 1` divided by the probability of `hits`, for lowest <= hits < highest.
    fn growth(self, hits: u64) -> f64 {
        let misses_left =
            (u128::from(self.unmarked) + u128::from(hits) + 1).saturating_sub(u128::from(self.drawn));
        let up = count(self.marked.saturating_sub(hits)) * count(self.drawn.saturating_sub(hits));
        up / ((count(hits) + 1.0) * wide_count(misses_left))
    }

    /// Probability of all numbers of hits that are at most as probable as `hits`: the two-sided p-value of
    /// Fisher's exact test as R and SciPy define it.
    ///
    /// Probabilities within a relative 1e-7 of each other count as equal (R's rule; SciPy 1.17 takes 1e-14).
    /// Relative error below 1e-11.
    pub fn two_sided_p_value(self, hits: u64) -> f64 {
        let hits = hits.clamp(self.lowest(), self.highest());
        let mode = self.mode();
        let bound = self.ln_probability(hits) + EQUAL_WITHIN;
        if self.ln_probability(mode) <= bound {
            return 1.0;
        }
        if hits < mode {
            let first =
                first_where(mode, self.highest().saturating_add(1), |at| self.ln_probability(at) <= bound);
            let other = if first > self.highest() { 0.0 } else { self.upwards(first) };
            (self.downwards(hits) + other).min(1.0)
        } else {
            // First number of hits that is more probable; all before it belong to the tail.
            let first = first_where(self.lowest(), mode, |at| self.ln_probability(at) > bound);
            let other = if first > self.lowest() { self.downwards(first.saturating_sub(1)) } else { 0.0 };
            (self.upwards(hits) + other).min(1.0)
        }
    }
}

/// The first number from `low` on that fulfils a condition which stays fulfilled; `high` if none below it
/// does.
fn first_where(low: u64, high: u64, holds: impl Fn(u64) -> bool) -> u64 {
    let (mut low, mut high) = (low, high);
    while low < high {
        let middle = low.midpoint(high);
        if holds(middle) {
            high = middle;
        } else {
            low = middle.saturating_add(1);
        }
    }
    low
}
