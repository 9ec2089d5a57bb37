//! The mixture over the log relative rate: `ln ∫ L(θ)/L(0) dπ(θ)`.
//!
//! Each component is integrated by the trapezoidal rule around the mode of its integrand. For an analytic integrand
//! on the whole line the rule converges exponentially (L. N. Trefethen and J. A. C. Weideman, *The Exponentially
//! Convergent Trapezoidal Rule*, SIAM Review 56, 2014), and it needs no normal shape: a side without converters
//! gives a skew one. In the complex direction the integrand grows like `exp(κ y²/2)` with the curvature κ of its
//! logarithm, which is how the step is chosen from the largest curvature in the range.

use std::f64::consts::PI;

use super::likelihood::Labels;

/// The mixture: normal components around `centre` and around `-centre`, half of the weight each.
///
/// Chosen for few visitors to a decision at relative differences from 10 to 150 %; any fixed choice is valid. The
/// last component keeps intervals short at ratios of ten and more.
const PAIRS: [(f64, Normal); 2] =
    [(0.75, Normal { centre: 0.22, deviation: 0.12 }), (0.22, Normal { centre: 0.8, deviation: 0.3 })];
const WIDE: (f64, Normal) = (0.03, Normal { centre: 0.0, deviation: 1.2 });

/// Natural log of the precision: what is below the largest component by this power of e is left out, and so are the
/// flanks of each integrand.
const PRECISION: f64 = 25.0;

/// Largest step of the rule: the integrand has singular points at a distance of π from the real line.
const LARGEST_STEP: f64 = 0.4;

/// Enough for every count; only there so that no loop can run for ever.
const MOST_STEPS: u32 = 200;

/// `ln ∫ L(θ)/L(0) dπ(θ)`; 0 without converters.
pub(super) fn log_mixture(labels: &Labels) -> f64 {
    if labels.is_empty() {
        return 0.0;
    }
    let [near, far] = PAIRS.map(|(weight, normal)| {
        let mirrored = Normal { centre: -normal.centre, ..normal };
        [normal, mirrored].map(|normal| Component::new(labels, 0.5 * weight, normal))
    });
    let wide = Component::new(labels, WIDE.0, WIDE.1);
    let best = near.iter().chain(&far).fold(wide.bound(), |best, component| best.max(component.bound()));
    // Both of a pair are added first, so that exchanged labels give the same bits.
    let [near, far] = [near, far].map(|[one, other]| one.integral_by(best) + other.integral_by(best));
    best + (near + far + wide.integral_by(best)).ln()
}

/// A normal distribution of the log relative rate.
#[derive(Debug, Clone, Copy)]
struct Normal {
    centre: f64,
    deviation: f64,
}

/// `L(θ)/L(0)` times a normal density and a weight.
struct Component<'a> {
    labels: &'a Labels,
    weight: f64,
    normal: Normal,
    /// A point close to the mode, the integrand's log there (without weight and constant), and minus its second
    /// derivative.
    mode: f64,
    peak: f64,
    curvature: f64,
}

impl<'a> Component<'a> {
    fn new(labels: &'a Labels, weight: f64, normal: Normal) -> Self {
        let mut component = Self { labels, weight, normal, mode: normal.centre, peak: 0.0, curvature: 0.0 };
        component.climb();
        component.peak = component.log_integrand(component.mode);
        component
    }

    /// A bound of the log of the integral: the integrand falls at least as fast as its normal factor. (The mode is
    /// known to a tenth of the local scale, so the peak to 1/200.)
    fn bound(&self) -> f64 {
        self.weight.ln() + self.peak
    }

    /// The integral by `e^best`, to `e^-PRECISION` of 1.
    fn integral_by(&self, best: f64) -> f64 {
        let digits = PRECISION - (best - self.bound());
        if digits <= 0.0 {
            return 0.0;
        }
        let right = self.reach(digits, 1.0);
        let left = self.reach(digits, -1.0);
        let narrowest = self.labels.largest_curvature(self.mode - left, self.mode + right) + self.precision();
        // Error e^-digits with exp(κ y²/2) as the growth in the complex direction.
        let step = (PI * (1.8 / (digits * narrowest)).sqrt()).min(LARGEST_STEP);
        let term = |offset: f64, reach: f64| {
            if offset.abs() > reach {
                return 0.0;
            }
            // Nothing lies much above the peak, but rounding may say so beyond 1e15 converters.
            (self.log_integrand(self.mode + offset) - self.peak).min(0.01).exp()
        };
        let mut sum = 1.0;
        let mut offset = step;
        while offset <= left.max(right) {
            sum += term(offset, right) + term(-offset, left);
            offset += step;
        }
        (self.bound() - best).exp() * sum * step / self.normal.deviation / (2.0 * PI).sqrt()
    }

    fn precision(&self) -> f64 {
        1.0 / (self.normal.deviation * self.normal.deviation)
    }

    fn log_integrand(&self, theta: f64) -> f64 {
        let scaled = (theta - self.normal.centre) / self.normal.deviation;
        self.labels.log_ratio(theta) - 0.5 * scaled * scaled
    }

    fn slope_and_curvature(&self, theta: f64) -> (f64, f64) {
        let (slope, curvature) = self.labels.slope_and_curvature(theta);
        let precision = self.precision();
        (slope - (theta - self.normal.centre) * precision, curvature + precision)
    }

    /// Sets mode and curvature. Newton's method within a bracket; a tenth of the local scale is close enough, because
    /// the rule does not need the mode.
    fn climb(&mut self) {
        let centre = self.normal.centre;
        let (slope, _) = self.slope_and_curvature(centre);
        // The slope falls by at least `precision` for each unit of θ.
        let end = centre + slope / self.precision();
        let (mut low, mut high) = (end.min(centre), end.max(centre));
        for _ in 0..MOST_STEPS {
            let (slope, curvature) = self.slope_and_curvature(self.mode);
            self.curvature = curvature;
            if slope.abs() <= 0.1 * curvature.sqrt() {
                break;
            }
            if slope > 0.0 {
                low = self.mode;
            } else {
                high = self.mode;
            }
            let newton = self.mode + slope / curvature;
            self.mode = if low < newton && newton < high { newton } else { 0.5 * (low + high) };
        }
    }

    /// How far from the mode the integrand is negligible in one direction, without going much further.
    fn reach(&self, digits: f64, direction: f64) -> f64 {
        // Close to the mode the normal factor alone falls by `digits` within this distance.
        let furthest = 1.02 * (2.0 * digits + 1.0).sqrt() * self.normal.deviation;
        let mut reach = (2.0 * digits / self.curvature).sqrt().min(furthest);
        let mut shortest = furthest;
        for _ in 0..12 {
            let fall = self.peak - self.log_integrand(self.mode + direction * reach);
            if fall >= digits {
                shortest = shortest.min(reach);
                if fall <= 1.5 * digits {
                    break;
                }
                reach *= (1.2 * digits / fall).sqrt().max(0.4);
            } else {
                if reach >= shortest {
                    break;
                }
                reach = (reach * (1.2 * digits / fall.max(1.0)).sqrt().clamp(1.2, 2.0)).min(furthest);
            }
        }
        shortest
    }
}
