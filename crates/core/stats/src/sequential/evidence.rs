//! The e-process: evidence against equal rates.

use super::EpochConverters;
use super::likelihood::Labels;
use super::mixture::log_mixture;
use crate::StatsError;

/// Natural log of the evidence that the converters' labels were not drawn with the designed shares: that treatment
/// and control convert at different rates, in either direction.
///
/// `ln ∫ L(θ)/L(0) dπ(θ)`, θ the log relative rate, π = 0.75 N(±0.22, 0.12²) + 0.22 N(±0.8, 0.3²) + 0.03 N(0, 1.2²),
/// where ± means half on either side (H. Robbins, *Annals of Mathematical Statistics* 41, 1970, for the method of
/// mixtures; the label probabilities are those of P. Grünwald, A. Ly, M. Pérez-Ortiz and J. ter Schure, *The Safe
/// Logrank Test*, 2020). Under equal rates its
/// exponential has expectation 1 at every moment, and ever reaches `1/alpha` with probability at most `alpha`; see
/// the module's description for the conditions. 0 without converters, negative while they speak for equal rates.
///
/// Error below 1e-9 of the result or 1e-10, whichever is larger, up to 1e12 converters; finite up to any count.
/// Depends on the counts and shares only, not on the order of the epochs, bit for bit. 2 to 5 µs for one epoch.
/// # Errors
/// [`StatsError::Negative`] for a share that is no finite number of at least 0,
/// [`StatsError::CountWithoutShare`] for converters whose label could not be drawn in their epoch.
pub fn log_evidence(epochs: &[EpochConverters]) -> Result<f64, StatsError> {
    Ok(log_mixture(&Labels::new(epochs)?))
}

/// A number that [`log_evidence`] never exceeds, many times faster: the largest log-likelihood ratio of any
/// relative rates, one for each epoch. At least 0.
///
/// For a caller that only asks whether a bound is reached.
/// # Errors
/// As [`log_evidence`].
pub fn largest_log_evidence(epochs: &[EpochConverters]) -> Result<f64, StatsError> {
    Ok(Labels::new(epochs)?.largest_log_ratio())
}

/// The p-value that is valid at every moment: `min(1, exp(-peak))` of the largest log evidence seen so far.
///
/// Under the null it ever falls to `alpha` or below with probability at most `alpha` (J. Ville, *Étude critique de la
/// notion de collectif*, 1939). From 0 (a peak above about 745) to 1; 1 for NaN.
pub fn anytime_p_value(peak_log_evidence: f64) -> f64 {
    (-peak_log_evidence).exp().min(1.0)
}
