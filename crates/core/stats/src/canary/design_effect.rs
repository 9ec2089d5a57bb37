//! How much more marks vary from look to look than those of independent requests would.
//!
//! Requests of one connection share a client, a route and a cause: their errors come in bursts. The ratio of the variance
//! found to that of independent requests is the design effect of survey statistics (L. Kish, *Survey Sampling*, 1965).
//! Two estimates of it:
//!
//! - *Between looks*: the counts of either version around its own mean rate, against the binomial variance. It learns
//!   from looks at stable alone too, and from zeros, so it is the sharper one where marks are few. A drift of the rate
//!   adds to it.
//! - *Within looks*: the canary's part of the marks around what the common odds expect, against the hypergeometric
//!   variance. Drift does not touch it, but it tells nothing before looks have many marks.
//!
//! The first counts, unless the second, with two standard errors added, is smaller.

use super::law::Law;
use super::{ArmCount, Look};
use crate::rounding::count;

/// What is taken to have been seen before the first look, as information (the inverse of the estimate's variance for
/// independent requests), with this effect. Bursts are the rule.
const PRIOR_INFORMATION: f64 = 2.0;
const PRIOR_EFFECT: f64 = 2.5;

/// Standard errors that are taken off at the most, so that chance alone seldom makes independent requests look like
/// bursts, and the looks at stable alone after which half of them are. Who has not watched stable before does not know
/// how bursty it is, and gets no such benefit.
const BENEFIT_OF_DOUBT: f64 = 1.5;
const HALF_OF_IT_AT_LOOKS: f64 = 10.0;

/// By how much what is left above 1 counts more in [`DesignEffect::guarded`]: bursts that are seen were seen in few looks,
/// and are as likely larger. This and the four numbers above were chosen with the simulations of `make bench ONLY=canary`.
const GUARD: f64 = 2.5;

/// A look tells about the split of its marks from this variance on (about eight marks at equal traffic).
const TELLING_VARIANCE: f64 = 2.0;
/// Looks of that kind before the second estimate counts.
const LEAST_TELLING_LOOKS: f64 = 10.0;

/// The estimate, fed look by look; of constant size.
#[derive(Debug, Clone, Copy, Default)]
pub struct DesignEffect {
    stable: Cells,
    canary: Cells,
    odds: CommonOdds,
    /// Of looks with many marks: how many, and the sum of squared distances by their variance.
    telling_looks: f64,
    squares: f64,
}

impl DesignEffect {
    /// Adds a look. One at stable alone, before the canary has traffic, teaches how bursty the traffic is.
    pub fn observe(&mut self, look: Look) {
        self.stable.add(look.stable);
        self.canary.add(look.canary);
        if !look.is_informative() {
            return;
        }
        self.odds.add(look);
        let marks = count(look.marked());
        // Most looks are too small to tell: a cheap bound of the variance says so.
        if marks < 4.0 * TELLING_VARIANCE {
            return;
        }
        let (mean, variance) = Law::new(look, self.odds.estimate()).moments();
        if variance >= TELLING_VARIANCE {
            self.telling_looks += 1.0;
            self.squares += (count(look.canary.marked) - mean).powi(2) / variance;
        }
    }

    /// The estimate, at least 1.
    pub fn estimate(&self) -> f64 {
        let between = self.between_looks();
        if self.telling_looks < LEAST_TELLING_LOOKS {
            return between.max(1.0);
        }
        let within = self.squares / (self.telling_looks - 1.0);
        between.min(within * (1.0 + 2.0 * (2.0 / self.telling_looks).sqrt())).max(1.0)
    }

    /// The estimate with a margin for its error: no larger where no bursts are seen, and much larger where they are.
    pub fn guarded(&self) -> f64 {
        1.0 + GUARD * (self.estimate() - 1.0)
    }

    /// The rate of marks of both versions so far.
    pub(super) fn common_rate(&self) -> f64 {
        (self.stable.marked + self.canary.marked) / (self.stable.requests + self.canary.requests).max(1.0)
    }

    fn between_looks(&self) -> f64 {
        let variance = self.stable.free_variance() + self.canary.free_variance();
        let noise = self.stable.noise() + self.canary.noise();
        if variance <= 0.0 || noise <= 0.0 {
            return PRIOR_EFFECT;
        }
        let information = variance * variance / noise;
        let with_prior = information + PRIOR_INFORMATION;
        let found = (self.stable.squares() + self.canary.squares()) / variance;
        let effect = (information * found + PRIOR_INFORMATION * PRIOR_EFFECT) / with_prior;
        let alone = (self.stable.looks - self.canary.looks).max(0.0);
        effect - BENEFIT_OF_DOUBT * alone / (alone + HALF_OF_IT_AT_LOOKS) / with_prior.sqrt()
    }
}

/// Sums over the looks at one version.
#[derive(Debug, Clone, Copy, Default)]
struct Cells {
    looks: f64,
    requests: f64,
    marked: f64,
    requests_squared: f64,
    marked_squared: f64,
    product: f64,
}

impl Cells {
    fn add(&mut self, arm: ArmCount) {
        if arm.requests == 0 {
            return;
        }
        let (requests, marked) = (count(arm.requests), count(arm.marked));
        self.looks += 1.0;
        self.requests += requests;
        self.marked += marked;
        self.requests_squared += requests * requests;
        self.marked_squared += marked * marked;
        self.product += requests * marked;
    }

    fn rate(&self) -> f64 {
        if self.requests > 0.0 { self.marked / self.requests } else { 0.0 }
    }

    /// Binomial variance of all looks together.
    fn variance(&self) -> f64 {
        self.requests * self.rate() * (1.0 - self.rate())
    }

    /// The same without what the fitted rate takes up.
    fn free_variance(&self) -> f64 {
        if self.looks > 0.0 { self.variance() * (1.0 - 1.0 / self.looks) } else { 0.0 }
    }

    /// `Σ (marked - requests · rate)²`.
    fn squares(&self) -> f64 {
        let rate = self.rate();
        let sum = self.marked_squared - 2.0 * rate * self.product + rate * rate * self.requests_squared;
        sum.max(0.0)
    }

    /// Variance of those squares for independent requests and few marks: `Σ v (1 + 2 v)` with the Poisson's fourth moment.
    fn noise(&self) -> f64 {
        let unit = self.rate() * (1.0 - self.rate());
        unit * self.requests + 2.0 * unit * unit * self.requests_squared
    }
}

/// The odds ratio of N. Mantel and W. Haenszel, drawn towards 1 by half a mark on either side.
#[derive(Debug, Clone, Copy, Default)]
struct CommonOdds {
    up: f64,
    down: f64,
}

impl CommonOdds {
    fn add(&mut self, look: Look) {
        let all = count(look.canary.requests + look.stable.requests);
        let good = |arm: ArmCount| count(arm.requests - arm.marked);
        self.up += count(look.canary.marked) * good(look.stable) / all;
        self.down += count(look.stable.marked) * good(look.canary) / all;
    }

    fn estimate(self) -> f64 {
        ((self.up + 0.5) / (self.down + 0.5)).clamp(1e-3, 1e3)
    }
}
