//! Counts as a share of counts.

/// `part / whole`; nothing without a denominator.
#[expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "there is no From<u64> for f64; counts of requests and visitors are far below 2^53"
)]
pub(crate) fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}
