//! What the counts mean, as the reply says it.

use crate::InOrder;
use crate::results::Interval;
use dashly_kernel::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// What to do about an experiment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Not enough is known yet.
    KeepRunning,
    /// The variant converts more visitors than the control.
    Better,
    /// The variant converts fewer visitors than the control.
    Worse,
    /// Whatever difference there is lies inside the practical margin.
    NoPracticalDifference,
    /// The numbers cannot be trusted; the reason says why.
    Broken,
}

/// The answer of one experiment.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Verdict {
    /// What to do.
    pub decision: Decision,
    /// The variant that the decision is about; null when it is about none.
    pub variant: Option<String>,
    /// When the decision was reached; it is not taken back later.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub decided_at: Option<Timestamp>,
    /// The answer and its reason for people, in one or two sentences.
    pub sentence: String,
    /// Names of the guardrails that got worse in some variant, in file order.
    pub guardrails_harmed: Vec<String>,
}

/// One variant against the control. Visitors count under the label they were drawn, whatever they were served.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Comparison {
    /// What is known of this variant.
    pub decision: Decision,
    /// When the decision was reached.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub decided_at: Option<Timestamp>,
    /// How much higher the variant's unique conversion rate is, relative to the control's: 0.1 is 10 % higher.
    /// Mantel-Haenszel over drawing epochs. Null while the control has no converters.
    pub lift: Option<f64>,
    /// Confidence sequence of the lift: holds at every look at once. Null where nothing is known; an end is null
    /// where there is no bound.
    pub lift_interval: Option<OpenInterval>,
    /// Anytime p-value of "the variant changes nothing": may be looked at as often as one likes.
    pub p_value: f64,
    /// The same, corrected for the number of variants (Holm); this one decides.
    pub adjusted_p_value: f64,
    /// Variant's rate minus control's, in shares of visitors. Null without visitors in both.
    pub difference: Option<f64>,
    /// Confidence sequence of the difference; holds for large numbers (asymptotic).
    pub difference_interval: Option<Interval>,
    /// The same counts under a Bayesian model.
    pub bayesian: Option<Bayesian>,
}

/// A range whose ends may be missing.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct OpenInterval {
    /// Lower end; null when there is no bound.
    pub low: Option<f64>,
    /// Upper end; null when there is no bound.
    pub high: Option<f64>,
}

/// A Bayesian view: both rates have the uniform prior Beta(1, 1).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct Bayesian {
    /// Probability that the variant's rate is higher than the control's.
    pub chance_to_beat_control: f64,
    /// Rate that is lost on average by choosing the variant, in shares of visitors.
    pub expected_loss: f64,
    /// 95 % credible interval of the lift.
    pub lift_interval: Interval,
}

/// Whether visitors came to the variants as designed.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SampleRatio {
    /// In one word.
    pub status: SampleRatioStatus,
    /// Anytime p-value of "the shares are as designed".
    pub p_value: f64,
    /// When the mismatch was found.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub found_at: Option<Timestamp>,
    /// Visitors drawn for each variant.
    #[schema(value_type = BTreeMap<String, i64>)]
    pub observed: InOrder<u64>,
    /// What the designed shares of the drawing epochs let expect.
    #[schema(value_type = BTreeMap<String, f64>)]
    pub expected: InOrder<f64>,
}

/// Whether visitors came to the variants as designed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SampleRatioStatus {
    /// Nothing speaks against it.
    Ok,
    /// They did not: below 0.001.
    Mismatch,
}

/// How many visitors come, and how many are needed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct Progress {
    /// Visitors a day, over the last full UTC days, seven at most; null before the first full day.
    pub visitors_per_day: Option<f64>,
    /// As many as the file plans, all variants together.
    pub planned_visitors: Option<u64>,
    /// Visitors, all variants together, after which half of the experiments with the present rate and lift of the
    /// leading variant have decided; null while nothing points to a difference.
    pub needed_visitors: Option<f64>,
    /// Days until then at the present traffic; null when either is not known.
    pub days_to_decision: Option<f64>,
}

/// What the counts of one experiment mean.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Inference {
    /// The answer.
    pub verdict: Verdict,
    /// Each variant but the control.
    #[schema(value_type = BTreeMap<String, Comparison>)]
    pub comparisons: InOrder<Comparison>,
    /// Whether the draw worked.
    pub sample_ratio: SampleRatio,
    /// How far it is.
    pub progress: Progress,
    /// Visitors and converters that the comparisons are made of, by drawn label: with a conversion window only
    /// visitors whose window has closed.
    #[schema(value_type = BTreeMap<String, ComparedCounts>)]
    pub compared: InOrder<ComparedCounts>,
    /// Relative difference below which variants are as good as equal.
    pub practical_margin: f64,
    /// How long after the exposure a conversion counts, in seconds; null without a window.
    pub conversion_window_seconds: Option<i64>,
}

/// What a comparison is made of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct ComparedCounts {
    /// Visitors.
    pub exposures: u64,
    /// Of them, converted.
    pub converters: u64,
}
