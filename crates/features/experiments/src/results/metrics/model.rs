//! What metrics say, as the reply says it.

use crate::InOrder;
use crate::definitions::{MetricDirection, MetricKind};
use crate::results::{Decision, Interval, OpenInterval};
use dashly_kernel::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// One metric or guardrail of an experiment.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MetricResults {
    /// Distinct within the experiment.
    pub name: String,
    /// The event that it counts.
    pub event: String,
    /// What is measured of a visitor.
    pub kind: MetricKind,
    /// Which way is good.
    pub direction: MetricDirection,
    /// The largest count or value taken of one visitor; null for a conversion.
    pub cap: Option<f64>,
    /// How long after the exposure an event counts, in seconds; null for as long as the experiment runs.
    pub window_seconds: Option<i64>,
    /// Only visitors first exposed from then on count, since the metric came later; null when all do.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub counted_from: Option<Timestamp>,
    /// Whether the answers hold exactly (a conversion), or for large numbers (a count or value).
    pub exact: bool,
    /// Each variant, by drawn label.
    #[schema(value_type = BTreeMap<String, MetricArm>)]
    pub variants: InOrder<MetricArm>,
    /// Each variant but the control.
    #[schema(value_type = BTreeMap<String, MetricComparison>)]
    pub comparisons: InOrder<MetricComparison>,
}

/// A metric in one variant. With a window, of the visitors of days whose windows have all closed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, ToSchema)]
pub struct MetricArm {
    /// Visitors.
    pub visitors: u64,
    /// Of them, those with at least one such event.
    pub converters: u64,
    /// Sum over visitors of counts or values, each cut at the cap; of a conversion the converters.
    pub total: f64,
    /// `total` ÷ `visitors`; null without visitors.
    pub mean: Option<f64>,
    /// 95 % confidence sequence of the mean (asymptotic); null where it is not known.
    pub interval: Option<Interval>,
}

/// A metric of one variant against the control.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct MetricComparison {
    /// What is known; better and worse as the metric's direction has it.
    pub decision: Decision,
    /// When the evidence was strongest; null while nothing is decided.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub decided_at: Option<Timestamp>,
    /// How much higher the variant's mean is, relative to the control's; null where the control's is not above 0.
    pub lift: Option<f64>,
    /// Confidence sequence of the lift; null where nothing is known, an end is null where there is no bound.
    pub lift_interval: Option<OpenInterval>,
    /// Variant's mean minus control's; null without visitors in both.
    pub difference: Option<f64>,
    /// Confidence sequence of the difference (asymptotic).
    pub difference_interval: Option<Interval>,
    /// Anytime p-value of "the variant changes nothing".
    pub p_value: f64,
    /// The same, corrected for all metrics and variants (Benjamini and Yekutieli); this one decides. Null for
    /// guardrails, which are not corrected.
    pub adjusted_p_value: Option<f64>,
}
