//! Two small differences that lose all digits when written naively; every large-count formula rests on them.
//!
//! C. Loader, *Fast and Accurate Computation of Binomial Probabilities*, 2000.

/// `d - ln(1 + d)` for `d > -1`: about d²/2 for small d, with all its digits.
pub(crate) fn log_deviance(d: f64) -> f64 {
    if d.abs() > 0.3 {
        return d - d.ln_1p();
    }
    let v = d / (2.0 + d);
    d * v - 2.0 * odd_rest(v)
}

/// `(1 + d) ln(1 + d) - d` for `d >= -1`: about d²/2 for small d, with all its digits; 1 for d = -1.
pub(crate) fn poisson_deviance(d: f64) -> f64 {
    if d <= -1.0 {
        return 1.0;
    }
    if d.abs() > 0.3 {
        return (1.0 + d) * d.ln_1p() - d;
    }
    let v = d / (2.0 + d);
    d * v + 2.0 * (1.0 + d) * odd_rest(v)
}

/// `v³/3 + v⁵/5 + …` for |v| < 0.18.
fn odd_rest(v: f64) -> f64 {
    let square = v * v;
    let sum = (1..=11_u8).rev().fold(0.0, |sum, k| square * (sum + 1.0 / (2.0 * f64::from(k) + 1.0)));
    v * sum
}
