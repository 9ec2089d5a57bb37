//! Comparison of two rates with beta posteriors.
//!
//! Every answer is an integral over the narrower posterior of something smooth from the wider one, taken on
//! the scale of the logit, where the integrand is analytic with one peak and the trapezoidal rule converges
//! exponentially. There is no sum over counts and no normal approximation: the same few hundred evaluations
//! serve ten visitors and 10^12.

use super::BetaPosterior;
use crate::special::{BetaPoint, LnTails, ln_integral_of_peak};

/// What the posteriors of two rates say about each other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RateComparison {
    /// Probability that the treatment's rate is above the control's.
    pub chance_to_beat_control: f64,
    /// Expected loss of choosing the treatment, `E max(p₁ - p₂, 0)`: rate lost on average if it is the worse
    /// one.
    pub expected_loss_of_treatment: f64,
    /// Expected loss of keeping the control, `E max(p₂ - p₁, 0)`.
    pub expected_loss_of_control: f64,
}

/// Chance to beat the control and expected losses of both choices.
///
/// Relative error below 1e-11 for counts up to 10^12, also of chances down to 1e-300 (0 below). The losses
/// are in the unit of the rate (0.001 is a tenth of a percentage point). C. Stucchio, *Bayesian A/B Testing
/// at VWO*, 2015, for the decision rule.
pub fn compare_rates(control: BetaPosterior, treatment: BetaPosterior) -> RateComparison {
    let pair = Pair::equal(control, treatment);
    let (below, above) = (pair.ln_chance(Side::TreatmentBelow), pair.ln_chance(Side::TreatmentAbove));
    // The smaller of both is the accurate one.
    let chance = if above < below { above.exp() } else { -below.exp_m1() };
    RateComparison {
        chance_to_beat_control: chance.clamp(0.0, 1.0),
        expected_loss_of_treatment: pair.ln_mean_excess(Side::TreatmentBelow).exp().min(1.0),
        expected_loss_of_control: pair.ln_mean_excess(Side::TreatmentAbove).exp().min(1.0),
    }
}

/// Which rate is the larger one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    TreatmentBelow,
    TreatmentAbove,
}

/// One of the two posteriors, its rate being `scale · v` for the variable v of integration.
#[derive(Debug, Clone, Copy)]
struct Arm {
    posterior: BetaPosterior,
    scale: f64,
    /// `(a + b) · scale · v - a` at the reference value of v.
    offset: f64,
}

impl Arm {
    /// `x(a + b) - a` where v is `moved` away from its reference, by that of three equal formulas which
    /// cancels least.
    fn offset_at(self, x: f64, y: f64, moved: f64) -> f64 {
        let BetaPosterior { a, b } = self.posterior;
        let (from_zero, from_one, shift) = (x * (a + b), y * (a + b), moved * self.scale * (a + b));
        let (zero_error, one_error, shift_error) =
            (a + from_zero, b + from_one, self.offset.abs() + shift.abs());
        if shift_error <= zero_error.min(one_error) {
            ((a + b) * self.scale).mul_add(moved, self.offset)
        } else if zero_error < one_error {
            x.mul_add(a + b, -a)
        } else {
            -y.mul_add(a + b, -b)
        }
    }
}

/// Both posteriors, ready to be integrated over v.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pair {
    narrow: Arm,
    wide: Arm,
    treatment_is_narrow: bool,
    /// Value of v from which the logit is counted, and one minus it.
    reference: f64,
    complement: f64,
    /// Where on the shifted logit scale the peak must lie.
    low: f64,
    high: f64,
}

impl Pair {
    /// Both rates against each other.
    fn equal(control: BetaPosterior, treatment: BetaPosterior) -> Self {
        let mut pair = Self::scaled(control, treatment, 0.0);
        let (narrow, wide) = (pair.narrow.posterior, pair.wide.posterior);
        pair.narrow.offset = 0.0;
        pair.wide.offset = difference_of_products(narrow.a, wide.b, wide.a, narrow.b) / (narrow.a + narrow.b);
        pair
    }

    /// The treatment's rate against `e^logarithm` times the control's: v is the larger of the scaled rates'
    /// variables.
    pub(super) fn scaled(control: BetaPosterior, treatment: BetaPosterior, logarithm: f64) -> Self {
        let arm = |posterior: BetaPosterior, scale: f64| Arm { posterior, scale, offset: 0.0 };
        // p₂ = r p₁: with r above 1 the variable is p₂ itself and p₁ = v / r, else the other way round.
        let control = arm(control, (-logarithm.max(0.0)).exp());
        let treatment = arm(treatment, logarithm.min(0.0).exp());
        let treatment_is_narrow = treatment.posterior.logit_width() < control.posterior.logit_width();
        let (mut narrow, mut wide) =
            if treatment_is_narrow { (treatment, control) } else { (control, treatment) };

        let mean = narrow.posterior.mean();
        let inside = narrow.scale >= 1.0 || mean < narrow.scale;
        let reference = if inside { mean / narrow.scale } else { mean };
        let complement = if inside {
            // (scale - mean) / scale, without its cancellation for scale 1
            ((narrow.scale - 1.0) + narrow.posterior.b / (narrow.posterior.a + narrow.posterior.b))
                / narrow.scale
        } else {
            narrow.posterior.b / (narrow.posterior.a + narrow.posterior.b)
        };
        let offset = |arm: Arm| {
            let BetaPosterior { a, b } = arm.posterior;
            let rest = (1.0 - arm.scale) + arm.scale * complement;
            // The smaller of the value and its complement has the digits.
            if rest < 0.5 { -rest.mul_add(a + b, -b) } else { (arm.scale * reference).mul_add(a + b, -a) }
        };
        narrow.offset = if inside { 0.0 } else { offset(narrow) };
        wide.offset = offset(wide);

        let here = reference.ln() - complement.ln();
        let edge = (narrow.posterior.a + narrow.posterior.b).ln() + 5.0 - here;
        let place = |arm: Arm| {
            let value = arm.posterior.mean() / arm.scale;
            if arm.scale >= 1.0 {
                (arm.posterior.a / arm.posterior.b).ln() - here
            } else if value < 1.0 {
                value.ln() - (-value).ln_1p() - here
            } else {
                edge
            }
        };
        let (one, other) = (place(narrow), place(wide));
        let margin = 3.0 * narrow.posterior.logit_width();
        let (low, high) = (one.min(other).min(0.0) - margin, one.max(other).max(0.0) + margin);
        Self { narrow, wide, treatment_is_narrow, reference, complement, low, high }
    }

    /// Both points at a shift of the logit.
    fn points(&self, shift: f64) -> (BetaPoint, BetaPoint) {
        let growth = shift.exp_m1();
        let divisor = self.reference.mul_add(shift.exp(), self.complement);
        let value = self.reference * shift.exp() / divisor;
        let rest = self.complement / divisor;
        let moved = self.reference * rest * growth;
        let point = |arm: Arm| {
            let BetaPosterior { a, b } = arm.posterior;
            let (x, y) = (arm.scale * value, (1.0 - arm.scale) + arm.scale * rest);
            BetaPoint { a, b, x, y, offset: arm.offset_at(x, y, moved) }
        };
        (point(self.narrow), point(self.wide))
    }

    /// `ln ∫ (density of the narrow posterior) · e^g(wide point)`.
    fn integrate(&self, g: impl Fn(BetaPoint) -> LnTails, upper: bool) -> f64 {
        ln_integral_of_peak(self.low, self.high, self.narrow.posterior.logit_width(), |shift| {
            let (narrow, wide) = self.points(shift);
            let tails = g(wide);
            // dx/ds = x (1 - v), while the mass is the density times x (1 - x).
            let rest = self.complement / self.reference.mul_add(shift.exp(), self.complement);
            let stretch = if self.narrow.scale < 1.0 { rest.ln() - narrow.y.ln() } else { 0.0 };
            let sum = narrow.ln_mass() + stretch + if upper { tails.upper } else { tails.lower };
            if sum.is_nan() { f64::NEG_INFINITY } else { sum }
        })
    }

    /// Logarithm of the probability that the scaled treatment is on this side of the scaled control.
    pub(super) fn ln_chance(&self, side: Side) -> f64 {
        self.integrate(BetaPoint::ln_tails, self.wants_upper_tail(side)).min(0.0)
    }

    /// Logarithm of the expected excess of the larger rate.
    fn ln_mean_excess(&self, side: Side) -> f64 {
        self.integrate(BetaPoint::ln_mean_distances, self.wants_upper_tail(side))
    }

    /// Whether the wide posterior must lie above the narrow one.
    fn wants_upper_tail(&self, side: Side) -> bool {
        self.treatment_is_narrow == (side == Side::TreatmentBelow)
    }
}

/// `a b - c d` with the rounding errors of both products (W. Kahan's method).
fn difference_of_products(a: f64, b: f64, c: f64, d: f64) -> f64 {
    let product = c * d;
    let error = (-c).mul_add(d, product);
    a.mul_add(b, -product) + error
}
