//! The comparison that all reference tables use.

/// Fails unless `found` is within `tolerance` of `expected`, relative to it (absolutely below the normal
/// numbers).
#[track_caller]
pub(crate) fn assert_close(found: f64, expected: f64, tolerance: f64, what: &str) {
    let distance = (found - expected).abs();
    assert!(
        distance <= tolerance * expected.abs() + f64::MIN_POSITIVE,
        "{what}: found {found:e}, expected {expected:e}, relative error {:e}",
        distance / expected.abs()
    );
}
