//! Bayesian questions: how probable is it that the treatment is better, and what does a wrong choice cost.
//!
//! Rates have beta posteriors ([`BetaPosterior`], exact at every count), means and ratios normal ones
//! ([`normal_comparison`]). The answers depend on a prior, which is always an argument. They do not correct
//! for looking often: a chance of 95 % seen on one of many days means less than it says.

mod means;
mod posterior;
mod rates;
mod rates_lift;

pub use means::{NormalComparison, NormalPrior, normal_comparison};
pub use posterior::{BetaPosterior, BetaPrior, LARGEST_PRIOR_SHAPE, SMALLEST_PRIOR_SHAPE};
pub use rates::{RateComparison, compare_rates};
pub use rates_lift::lift_interval;
