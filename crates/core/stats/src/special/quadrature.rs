//! Numerical integration: Gauss's rule for a finite interval, the trapezoidal rule for a peak on the whole
//! line.

use std::f64::consts::PI;
use std::sync::LazyLock;

/// Points of Gauss's rule on each side of the middle: 32 in all, exact to 53 bits for every integrand used
/// here.
const PAIRS: u8 = 16;

/// Positive nodes and their weights on the interval from -1 to 1.
static NODES: LazyLock<Vec<(f64, f64)>> = LazyLock::new(|| (0..PAIRS).map(gauss_legendre_node).collect());

/// Node and weight by Newton's method on the Legendre polynomial (Abramowitz and Stegun, *Handbook of
/// Mathematical Functions*, 1964, formulas 22.7.10, 22.8.5, 22.16.6 and 25.4.29).
fn gauss_legendre_node(index: u8) -> (f64, f64) {
    let degree = 2 * PAIRS;
    let size = f64::from(degree);
    let mut node = (PI * (f64::from(index) + 0.75) / (size + 0.5)).cos();
    let mut slope = 1.0;
    for _ in 0..8 {
        let (mut value, mut before) = (node, 1.0);
        for order in 2..=degree {
            let order = f64::from(order);
            let next = ((2.0 * order - 1.0) * node * value - (order - 1.0) * before) / order;
            before = value;
            value = next;
        }
        slope = size * (before - node * value) / ((1.0 - node) * (1.0 + node));
        node -= value / slope;
    }
    (node, 2.0 / ((1.0 - node) * (1.0 + node) * slope * slope))
}

/// `∫ f` from 0 to `length` by Gauss's rule with 32 points.
pub(crate) fn gauss_legendre(length: f64, f: impl Fn(f64) -> f64) -> f64 {
    let half = 0.5 * length;
    half * NODES
        .iter()
        .map(|(node, weight)| weight * (f(half * (1.0 - node)) + f(half * (1.0 + node))))
        .sum::<f64>()
}

/// What is left out on each side: e^-42 = 6e-19 of the peak.
const NEGLIGIBLE: f64 = 42.0;

/// Largest step. The logarithm of a gamma or beta variable has a characteristic function that falls as
/// e^(-πω/2), so the rule errs by about e^(-π²/step) = 1e-22 at this step.
const LARGEST_STEP: f64 = 0.2;

/// Below e^-5000 = 1e-2171 the peak stands for its integral: the result is 0 whatever its width.
const HOPELESS: f64 = -5000.0;

/// No integral used here comes near this number of terms; only there so that no loop can run for ever.
const MOST_TERMS: u32 = 20_000;

/// `ln ∫ e^g(s) ds` over the whole line for an analytic g with a single peak between `low` and `high`,
/// falling at least linearly on both sides.
///
/// The trapezoidal rule converges exponentially here (L. N. Trefethen and J. A. C. Weideman, *SIAM Review*
/// 56, 2014), so its step follows from the width of the peak and is never refined.
pub(crate) fn ln_integral_of_peak(low: f64, high: f64, width: f64, g: impl Fn(f64) -> f64) -> f64 {
    let (mut low, mut high, mut width) = (low, high, width);
    let (mut peak, mut greatest) = (low, f64::NEG_INFINITY);
    // Where tails meet far from both means the peak is much narrower than either density: look again, closer.
    for _ in 0..12 {
        let tolerance = 0.25 * width;
        (peak, greatest) = find_peak(low, high, tolerance, &g);
        if greatest < HOPELESS {
            return greatest;
        }
        width = half_unit_width(width, |distance| greatest - g(peak + distance).min(g(peak - distance)));
        if width >= tolerance {
            break;
        }
        (low, high) = (peak - 2.0 * tolerance, peak + 2.0 * tolerance);
    }
    let step = (0.5 * width).min(LARGEST_STEP);
    let side = |direction: f64| {
        let mut sum = 0.0;
        for k in 1..MOST_TERMS {
            let below = g(peak + direction * step * f64::from(k)) - greatest;
            if below < -NEGLIGIBLE {
                break;
            }
            sum += below.exp();
        }
        sum
    };
    greatest + (step * (side(-1.0) + 1.0 + side(1.0))).ln()
}

/// A distance at which g has dropped by about 1/2 (between 1/8 and 1/2 for a parabola), searched from `width`
/// by doubling and halving: the standard deviation of a normal peak.
fn half_unit_width(width: f64, drop: impl Fn(f64) -> f64) -> f64 {
    let mut width = width;
    for _ in 0..60 {
        if drop(width) >= 0.5 {
            break;
        }
        width *= 2.0;
    }
    for _ in 0..60 {
        if drop(width) <= 0.5 {
            break;
        }
        width *= 0.5;
    }
    width
}

/// Where g is greatest between `low` and `high`, within `tolerance`, and its value there: golden section (J.
/// Kiefer,
/// *Proceedings of the American Mathematical Society* 4, 1953).
fn find_peak(low: f64, high: f64, tolerance: f64, g: &impl Fn(f64) -> f64) -> (f64, f64) {
    let golden = 0.5 * (5.0_f64.sqrt() - 1.0);
    let (mut low, mut high) = (low, high);
    let (mut left, mut right) = (high - golden * (high - low), low + golden * (high - low));
    let (mut at_left, mut at_right) = (g(left), g(right));
    for _ in 0..200 {
        if high - low <= tolerance {
            break;
        }
        if at_left >= at_right {
            (high, right, at_right) = (right, left, at_left);
            left = high - golden * (high - low);
            at_left = g(left);
        } else {
            (low, left, at_left) = (left, right, at_right);
            right = low + golden * (high - low);
            at_right = g(right);
        }
    }
    if at_left >= at_right { (left, at_left) } else { (right, at_right) }
}
