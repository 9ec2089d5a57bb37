//! Sample-ratio mismatch: evidence that visitors were not drawn with the designed shares.

use crate::StatsError;
use crate::error::not_negative;
use crate::rounding::{count, wide_count};
use crate::special::stirling_rest;
use std::f64::consts::LN_2;

/// The log evidence of something impossible: a visitor in an arm whose designed share is 0. Far above every other
/// log evidence, and small enough that sums of it over any number of epochs stay finite.
pub const CERTAIN_MISMATCH: f64 = 1e300;

/// How closely the alternatives lie around the designed shares, as a number of imagined visitors. With 100 the share
/// of an arm of one half varies by a standard deviation of 5 percentage points: finds gross faults from few visitors.
/// With 10,000 it varies by 0.5 points: finds the small ones of large experiments. Each has half of the weight.
const CONCENTRATIONS: [f64; 2] = [100.0, 10_000.0];

/// Exposed visitors of one drawing epoch, for each arm in the same order as the designed shares.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EpochExposures<'a> {
    /// Designed shares or weights; finite, at least 0; only their ratios matter.
    pub shares: &'a [f64],
    /// Visitors by drawn label, each once, at the first exposure.
    pub exposures: &'a [u64],
}

/// Natural log of the evidence that visitors were not drawn with the designed shares of their epochs.
///
/// The sequential multinomial test of M. Lindon and A. Malek, *Anytime-Valid Inference for Multinomial Count Data*
/// (NeurIPS 2022, arXiv 2011.03567): the likelihood of the labels under a Dirichlet mixture around the designed
/// shares by their likelihood under these. Here the Dirichlet distribution has the designed shares as its mean and a
/// concentration of 100 or 10,000, half each. An epoch starts afresh, and the evidence of epochs multiplies. If all
/// draws follow the design, the exponential has expectation 1 at every moment and ever reaches `1/alpha` with
/// probability at most `alpha`.
///
/// An arm with share 0 and no visitors is left out; with visitors the result is at least [`CERTAIN_MISMATCH`].
/// An epoch with fewer than two arms that can be drawn tells nothing. Error below 1e-9 of the result or 1e-9,
/// whichever is larger, up to 1e12 visitors; finite up to any count. Depends on the counts and shares only, not on
/// the order of epochs, bit for bit.
/// # Errors
/// [`StatsError::LengthsDiffer`]; [`StatsError::Negative`] for a share.
pub fn log_mismatch_evidence(epochs: &[EpochExposures<'_>]) -> Result<f64, StatsError> {
    let mut each = epochs.iter().map(of_epoch).collect::<Result<Vec<_>, _>>()?;
    each.sort_by(f64::total_cmp);
    Ok(each.iter().sum())
}

fn of_epoch(epoch: &EpochExposures<'_>) -> Result<f64, StatsError> {
    if epoch.shares.len() != epoch.exposures.len() {
        return Err(StatsError::LengthsDiffer {
            observed: epoch.exposures.len(),
            expected: epoch.shares.len(),
        });
    }
    let mut largest: f64 = 0.0;
    for share in epoch.shares {
        largest = largest.max(not_negative("share", *share)?);
    }
    let arms = || {
        let arms = epoch.shares.iter().zip(epoch.exposures);
        arms.map(move |(share, visitors)| (share / largest, *visitors))
    };
    if epoch.shares.iter().zip(epoch.exposures).any(|(share, visitors)| *share <= 0.0 && *visitors > 0) {
        return Ok(CERTAIN_MISMATCH);
    }
    let visitors = epoch.exposures.iter().map(|visitors| u128::from(*visitors)).sum::<u128>();
    if visitors == 0 {
        return Ok(0.0);
    }
    let sum: f64 = arms().map(|(share, _)| share).sum();
    let drawable = arms().filter(|(share, _)| share / sum > 0.0);
    let [near, far] = CONCENTRATIONS.map(|concentration| {
        let arms = drawable.clone().map(|(share, visitors)| (share / sum, count(visitors)));
        log_dirichlet_ratio(arms, wide_count(visitors), concentration)
    });
    let (large, small) = if near < far { (far, near) } else { (near, far) };
    Ok((large + (small - large).exp().ln_1p() - LN_2).min(CERTAIN_MISMATCH))
}

/// `ln [Γ(A)/Γ(A+n) Π Γ(Aθ+x)/Γ(Aθ) θ^-x]`, A the concentration, θ the shares, x the counts, n their sum.
///
/// Written as deviance plus what Stirling's formula leaves, because the log-gamma functions of large counts are
/// larger than the result by as much as the visitors. The deviance of each arm is zero with zero slope where the
/// count equals its expectation, so that the rounding of a share does no harm.
fn log_dirichlet_ratio(arms: impl Iterator<Item = (f64, f64)>, visitors: f64, concentration: f64) -> f64 {
    let total = concentration + visitors;
    let of_all = 0.5 * (total / concentration).ln() + stirling_rest(concentration) - stirling_rest(total);
    arms.fold(of_all, |sum, (share, count)| {
        let prior = concentration * share;
        let posterior = prior + count;
        let excess = (-visitors).mul_add(share, count);
        sum + deviance(posterior, total * share, excess) - 0.5 * (posterior.ln() - prior.ln())
            + stirling_rest(posterior)
            - stirling_rest(prior)
    })
}

/// `y ln(y/m) + m - y` for `y = m + excess` (C. Loader, *Fast and Accurate Computation of Binomial Probabilities*,
/// 2000).
fn deviance(observed: f64, expected: f64, excess: f64) -> f64 {
    let relative = excess / (observed + expected);
    if relative.abs() >= 0.1 {
        return observed * (observed.ln() - expected.ln()) - excess;
    }
    let square = relative * relative;
    let mut power = 2.0 * observed * relative;
    let mut sum = excess * relative;
    for odd in [3.0, 5.0, 7.0, 9.0, 11.0, 13.0, 15.0, 17.0] {
        power *= square;
        sum += power / odd;
    }
    sum
}
