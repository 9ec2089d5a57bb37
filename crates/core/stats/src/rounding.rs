//! Counts as floating point numbers, in one place: the only lossy conversions of the crate.

/// The `f64` nearest to a count. Exact up to 2^53, relative error at most 2^-53 above.
#[expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "there is no From<u64> for f64; rounding to nearest is what is wanted"
)]
pub(crate) fn count(value: u64) -> f64 {
    value as f64
}

/// The `f64` nearest to a sum or product of counts. Relative error at most 2^-53.
#[expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "there is no From<u128> for f64; rounding to nearest is what is wanted"
)]
pub(crate) fn wide_count(value: u128) -> f64 {
    value as f64
}
