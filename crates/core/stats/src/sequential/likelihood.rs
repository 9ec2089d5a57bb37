//! The likelihood of the converters' labels, relative to equal rates, as a function of the log relative rate.
//!
//! With `w` the treatment's share of the pair, a converter carries the treatment's label with probability
//! `p(θ) = w e^θ / (1 - w + w e^θ)`. For `t` of `n` converters
//! `ln L(θ)/L(0) = t θ - n ln(1 - w + w e^θ) = (t - n w) θ - n g(θ)`, where `g(θ) = ln(1 - w + w e^θ) - w θ` is zero
//! with zero slope at θ = 0 and convex. In this form nothing large is taken from something large near θ = 0.

use super::EpochConverters;
use super::converters::{Informative, in_order, in_order_with_scales};
use crate::StatsError;
use crate::rounding::wide_count;

/// Up to so many converters, the rounding of a plain logarithm, multiplied by them, stays below 1e-11.
const FEW: f64 = 3e4;

/// Log-likelihood ratio of all epochs; concave in the log relative rate.
#[derive(Debug, Clone)]
pub(super) struct Labels {
    epochs: Vec<Epoch>,
}

#[derive(Debug, Clone, Copy)]
struct Epoch {
    /// The log odds of a label move by `scale · θ`; 1 for converters.
    scale: f64,
    /// Share of the treatment within the pair, and of the control; they add up to 1.
    treatment_share: f64,
    control_share: f64,
    /// Natural log of their ratio.
    log_odds: f64,
    /// Converters.
    control: f64,
    treatment: f64,
    both: f64,
    /// Treatment converters above their number at equal rates.
    excess: f64,
}

impl Labels {
    /// # Errors
    /// [`StatsError::Negative`] for a share, [`StatsError::CountWithoutShare`].
    pub(super) fn new(epochs: &[EpochConverters]) -> Result<Self, StatsError> {
        let epochs = in_order(epochs)?;
        Ok(Self { epochs: epochs.into_iter().map(Epoch::from).collect() })
    }

    /// Of labels whose log odds move by a multiple of θ, given with each.
    /// # Errors
    /// As [`Labels::new`].
    pub(super) fn with_scales(
        epochs: impl ExactSizeIterator<Item = (f64, EpochConverters)>,
    ) -> Result<Self, StatsError> {
        let epochs = in_order_with_scales(epochs)?;
        Ok(Self { epochs: epochs.into_iter().map(Epoch::from).collect() })
    }

    /// Of expected counts, which are not whole, in one epoch. The share is strictly between 0 and 1.
    pub(super) fn of_expected(treatment_share: f64, control: f64, treatment: f64) -> Self {
        Self { epochs: vec![Epoch::new(1.0 - treatment_share, treatment_share, control, treatment)] }
    }

    /// The same with the names of the two labels exchanged.
    pub(super) fn mirrored(&self) -> Self {
        let mirror = |epoch: &Epoch| Epoch {
            scale: epoch.scale,
            treatment_share: epoch.control_share,
            control_share: epoch.treatment_share,
            log_odds: -epoch.log_odds,
            control: epoch.treatment,
            treatment: epoch.control,
            both: epoch.both,
            excess: -epoch.excess,
        };
        Self { epochs: self.epochs.iter().map(mirror).collect() }
    }

    /// Whether no converter tells anything.
    pub(super) fn is_empty(&self) -> bool {
        self.epochs.is_empty()
    }

    /// Converters drawn the control, over all epochs.
    pub(super) fn control(&self) -> f64 {
        self.epochs.iter().map(|epoch| epoch.control).sum()
    }

    /// Converters drawn the treatment, over all epochs.
    pub(super) fn treatment(&self) -> f64 {
        self.epochs.iter().map(|epoch| epoch.treatment).sum()
    }

    /// `ln L(θ)/L(0)`.
    pub(super) fn log_ratio(&self, theta: f64) -> f64 {
        let log_ratio = |epoch: &Epoch| {
            let shift = epoch.scale * theta;
            epoch.excess * shift - epoch.both * epoch.bend(shift)
        };
        self.epochs.iter().map(log_ratio).sum()
    }

    /// Its first derivative and minus its second.
    pub(super) fn slope_and_curvature(&self, theta: f64) -> (f64, f64) {
        self.epochs.iter().fold((0.0, 0.0), |(slope, curvature), epoch| {
            let (shift, variance) = epoch.shift_and_variance(epoch.scale * theta);
            (
                slope + epoch.scale * (epoch.excess - epoch.both * shift),
                curvature + epoch.scale * epoch.scale * epoch.both * variance,
            )
        })
    }

    /// A bound of the curvature between two values of θ; exact for one epoch.
    pub(super) fn largest_curvature(&self, low: f64, high: f64) -> f64 {
        let largest = |epoch: &Epoch| {
            let (one, other) = (epoch.scale * low, epoch.scale * high);
            let steepest = (-epoch.log_odds).clamp(one.min(other), one.max(other));
            let (_, variance) = epoch.shift_and_variance(steepest);
            epoch.scale * epoch.scale * epoch.both * variance
        };
        self.epochs.iter().map(largest).sum()
    }

    /// The largest `ln L(θ)/L(0)` that each epoch could reach with a θ of its own, added up: never below the largest
    /// of the sum.
    pub(super) fn largest_log_ratio(&self) -> f64 {
        self.epochs.iter().map(Epoch::largest_log_ratio).sum::<f64>().max(0.0)
    }
}

impl From<Informative> for Epoch {
    fn from(epoch: Informative) -> Self {
        let (control, treatment) = (wide_count(epoch.control), wide_count(epoch.treatment));
        let scale = epoch.scale;
        Self { scale, ..Self::new(epoch.control_share, epoch.treatment_share, control, treatment) }
    }
}

impl Epoch {
    fn new(control_share: f64, treatment_share: f64, control: f64, treatment: f64) -> Self {
        let sum = control_share + treatment_share;
        // Exchanged labels must give the same bits.
        let excess = if control_share < treatment_share {
            -difference_of_products(control, treatment_share, treatment, control_share)
        } else {
            difference_of_products(treatment, control_share, control, treatment_share)
        };
        Self {
            scale: 1.0,
            treatment_share: treatment_share / sum,
            control_share: control_share / sum,
            log_odds: treatment_share.ln() - control_share.ln(),
            control,
            treatment,
            both: control + treatment,
            excess: excess / sum,
        }
    }

    /// `g(θ)`, at least 0.
    fn bend(&self, theta: f64) -> f64 {
        // g is the same function of -θ with the shares exchanged, so only θ >= 0 is computed:
        // g = (1-w) θ + ln(w + (1-w) e^-θ).
        let (distance, rising, falling) = if theta < 0.0 {
            (-theta, self.control_share, self.treatment_share)
        } else {
            (theta, self.treatment_share, self.control_share)
        };
        let lost = if self.both > FEW { -falling * (-distance).exp_m1() } else { 1.0 };
        let log = if lost < 0.5 { (-lost).ln_1p() } else { (rising + falling * (-distance).exp()).ln() };
        (falling * distance + log).max(0.0)
    }

    /// `p(θ) - w` and `p(θ) (1 - p(θ))`.
    fn shift_and_variance(&self, theta: f64) -> (f64, f64) {
        let (distance, rising, falling, sign) = if theta < 0.0 {
            (-theta, self.control_share, self.treatment_share, -1.0)
        } else {
            (theta, self.treatment_share, self.control_share, 1.0)
        };
        let remaining = (-distance).exp();
        let faded = falling * remaining;
        let both = rising + faded;
        (sign * (falling / both) * rising * (1.0 - remaining), (rising / both) * (faded / both))
    }

    fn largest_log_ratio(&self) -> f64 {
        let term = |label: f64, share: f64, excess: f64| {
            if label > 0.0 { label * (excess / (self.both * share)).ln_1p() } else { 0.0 }
        };
        term(self.control, self.control_share, -self.excess)
            + term(self.treatment, self.treatment_share, self.excess)
    }
}

/// `a b - c d` without cancellation (W. Kahan; error at most 1.5 units in the last place: C.-P. Jeannerod, N. Louvet
/// and J.-M. Muller, *Mathematics of Computation* 82, 2013).
fn difference_of_products(a: f64, b: f64, c: f64, d: f64) -> f64 {
    let product = c * d;
    let rounding = (-c).mul_add(d, product);
    a.mul_add(b, -product) + rounding
}
