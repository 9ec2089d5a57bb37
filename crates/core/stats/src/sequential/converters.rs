//! Converting visitors by drawn label, as the caller brings them.

use crate::StatsError;
use crate::error::not_negative;

/// Converting visitors of one drawing epoch, by the label that the server drew for them.
///
/// A visitor is in at most one of the two counts of one epoch, once. The shares are the *designed* ones of that
/// epoch; only their ratio matters, so weights such as 9 and 1 do. With more than two variants give the weights of
/// the two that are compared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EpochConverters {
    /// Designed share or weight of the control; finite, at least 0.
    pub control_share: f64,
    /// Designed share or weight of the treatment; finite, at least 0.
    pub treatment_share: f64,
    /// Converting visitors who were drawn the control.
    pub control: u64,
    /// Converting visitors who were drawn the treatment.
    pub treatment: u64,
}

/// Labels that tell something: both shares positive, scaled so that the larger is 1.
#[derive(Debug, Clone, Copy)]
pub(super) struct Informative {
    /// What the odds of a label follow: `e^(scale · θ)`. 1 for converters.
    pub(super) scale: f64,
    pub(super) control_share: f64,
    pub(super) treatment_share: f64,
    pub(super) control: u128,
    pub(super) treatment: u128,
}

/// The epochs in one order, equal shares merged, those without information left out: so that all that is computed
/// from them depends on the counts only, bit for bit.
pub(super) fn in_order(epochs: &[EpochConverters]) -> Result<Vec<Informative>, StatsError> {
    in_order_with_scales(epochs.iter().map(|epoch| (1.0, *epoch)))
}

/// The same for labels whose odds do not all follow the relative rate itself.
pub(super) fn in_order_with_scales(
    epochs: impl ExactSizeIterator<Item = (f64, EpochConverters)>,
) -> Result<Vec<Informative>, StatsError> {
    let mut informative = Vec::with_capacity(epochs.len());
    for (scale, epoch) in epochs {
        informative.extend(checked(scale, epoch)?);
    }
    informative.sort_by(|one: &Informative, other| {
        one.control_share
            .total_cmp(&other.control_share)
            .then(other.treatment_share.total_cmp(&one.treatment_share))
            .then(one.scale.total_cmp(&other.scale))
    });
    informative.dedup_by(|later, earlier| {
        let same = later.control_share.total_cmp(&earlier.control_share).is_eq()
            && later.treatment_share.total_cmp(&earlier.treatment_share).is_eq()
            && later.scale.total_cmp(&earlier.scale).is_eq();
        if same {
            earlier.control += later.control;
            earlier.treatment += later.treatment;
        }
        same
    });
    Ok(informative)
}

/// `None` for an epoch that has no converters or could draw one label only.
fn checked(scale: f64, epoch: EpochConverters) -> Result<Option<Informative>, StatsError> {
    let control_share = not_negative("control share", epoch.control_share)?;
    let treatment_share = not_negative("treatment share", epoch.treatment_share)?;
    for (share, visitors) in [(control_share, epoch.control), (treatment_share, epoch.treatment)] {
        if share <= 0.0 && visitors > 0 {
            return Err(StatsError::CountWithoutShare { visitors });
        }
    }
    let largest = control_share.max(treatment_share);
    let smallest = control_share.min(treatment_share);
    // A share that underflows beside the other could not have been drawn either.
    let is_informative = smallest / largest > 0.0 && (epoch.control > 0 || epoch.treatment > 0);
    Ok(is_informative.then(|| Informative {
        scale,
        control_share: control_share / largest,
        treatment_share: treatment_share / largest,
        control: u128::from(epoch.control),
        treatment: u128::from(epoch.treatment),
    }))
}
