//! What is said of the replays.

use crate::results::Interval;
use dashly_kernel::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// One metric of one variant of one experiment of a source.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SeriesName {
    /// Where it is from
    pub source: String,
    /// The experiment
    pub experiment_id: String,
    /// The variant that is compared with the control
    pub variant_id: String,
    /// The metric
    pub metric_id: String,
}

/// One look at sums: of each arm the number of visitors, the mean and the variance of the metric.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LookRow {
    /// When, in the unit of the source, such as days since the start.
    pub at: f64,
    /// Visitors of the control.
    pub control_visitors: f64,
    /// Visitors of the variant.
    pub treatment_visitors: f64,
    /// Mean of the control.
    pub control_mean: f64,
    /// Mean of the variant.
    pub treatment_mean: f64,
    /// Variance of the control.
    pub control_variance: f64,
    /// Variance of the variant.
    pub treatment_variance: f64,
}

/// The reply of `GET /api/experiments/replays`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReplaysReply)]
pub struct Replays {
    /// Always true.
    pub success: bool,
    /// By name.
    pub sources: Vec<ReplaySource>,
    /// By source, experiment, variant and metric.
    pub series: Vec<ReplaySeries>,
}

/// Where experiments are from, and what became of them.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct ReplaySource {
    /// Its name.
    pub source: String,
    /// The licence that they are used under.
    pub licence: String,
    /// When they were imported.
    #[schema(value_type = String, format = DateTime)]
    pub imported_at: Timestamp,
    /// Lines of the file with missing values.
    pub left_out: u64,
    /// Series in the file.
    pub series: u64,
    /// Those with at least one look that says something.
    pub judged_series: u64,
    /// Looks in them.
    pub looks: u64,
    /// Series with |z| above 1.96 at some look.
    pub crossed_at_some_look: u64,
    /// Series with |z| above 1.96 at the last look.
    pub crossed_at_last_look: u64,
    /// Series whose confidence sequence excluded 0 at some look.
    pub sequence_excludes_zero: u64,
}

/// One series.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReplaySeries {
    /// Which.
    #[serde(flatten)]
    pub name: SeriesName,
    /// Looks that say something.
    pub looks: u64,
    /// Visitors at the last look, of both arms.
    pub visitors: f64,
    /// Difference of the means in standard errors, at the last look.
    pub last_z: f64,
    /// The largest absolute one of all looks.
    pub largest_z: f64,
    /// |z| was above 1.96 at some look.
    pub crossed_at_some_look: bool,
    /// |z| is above 1.96 at the last look.
    pub crossed_at_last_look: bool,
    /// The confidence sequence excluded 0 at some look.
    pub sequence_excludes_zero: bool,
}

/// The reply of `GET /api/experiments/replays/looks`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReplayLooksReply)]
pub struct ReplayLooks {
    /// Always true.
    pub success: bool,
    /// Which series.
    #[serde(flatten)]
    pub name: SeriesName,
    /// By time.
    pub looks: Vec<Look>,
}

/// One look.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ReplayLook)]
pub struct Look {
    /// When, in the unit of the source.
    pub at: f64,
    /// Visitors of both arms.
    pub visitors: f64,
    /// Variant's mean minus control's.
    pub difference: f64,
    /// The same in standard errors.
    pub z: f64,
    /// 95 % interval of the difference for a single look.
    pub interval: Interval,
    /// 95 % confidence sequence of the difference (asymptotic).
    pub sequence: Interval,
}
