//! The reply of `GET /api/experiments/results`.

use super::inference::Inference;
use super::metrics::MetricResults;
use crate::InOrder;
use crate::definitions::{DefinitionFault, Phase};
use crate::mirror::MirrorReport;
use dashly_kernel::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// The results of all experiments in the file.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ExperimentResultsReply)]
pub struct Results {
    /// Always true.
    pub success: bool,
    /// When the totals were read.
    #[schema(value_type = String, format = DateTime)]
    pub generated_at: Timestamp,
    /// Visitors exposed, summed over the experiments.
    pub total_exposures: i64,
    /// Event rows stored, of any name.
    pub total_events: i64,
    /// In file order.
    pub experiments: Vec<ExperimentResults>,
    /// How the parts behind the numbers are doing.
    pub health: ResultsHealth,
}

/// One experiment.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ExperimentResults {
    /// Its identifier.
    pub test_id: String,
    /// For people.
    pub description: String,
    /// The event that counts.
    pub target_event: String,
    /// Where it is in its life.
    pub status: Phase,
    /// Key of the control.
    pub control: String,
    /// Label of each variant.
    #[schema(value_type = BTreeMap<String, String>)]
    pub variants: InOrder<String>,
    /// Designed share of each variant among enrolled visitors; they sum to 1.
    #[schema(value_type = BTreeMap<String, f64>)]
    pub shares: InOrder<f64>,
    /// Counts and rates of each variant.
    #[schema(value_type = BTreeMap<String, VariantResults>)]
    pub results: InOrder<VariantResults>,
    /// How the counts grew.
    pub timeline: Timeline,
    /// What the counts mean.
    #[serde(flatten)]
    pub inference: Inference,
    /// What else is of interest, in file order; corrected for their number.
    pub metrics: Vec<MetricResults>,
    /// What must not get worse, in file order; not corrected.
    pub guardrails: Vec<MetricResults>,
    /// What deserves attention.
    pub health: ExperimentHealth,
}

/// Counts and rates of one variant.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub struct VariantResults {
    /// Distinct visitors exposed, each under the first variant shown.
    pub exposures: i64,
    /// Target events at or after the visitor's exposure, repeats included.
    pub events: i64,
    /// `events` ÷ `exposures`; can exceed 1. 0 without exposures.
    pub conversion_rate: f64,
    /// Visitors with at least one such event.
    pub converters: i64,
    /// `converters` ÷ `exposures`, 0 to 1. 0 without exposures.
    pub unique_conversion_rate: f64,
    /// 95 % Wilson interval of `unique_conversion_rate`; null without exposures.
    pub unique_conversion_rate_interval: Option<Interval>,
}

/// A range that is likely to hold the true value.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// How the counts of an experiment grew.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Timeline {
    /// Length of each step.
    pub grain: TimelineGrain,
    /// Ascending; empty when nothing was counted yet.
    pub points: Vec<TimelinePoint>,
}

/// Length of a step of the timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TimelineGrain {
    /// One UTC hour.
    Hour,
    /// One UTC day.
    Day,
}

/// The counts at the end of one hour or day.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TimelinePoint {
    /// Beginning of the hour or day.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Everything counted from the beginning to the end of this step, by variant.
    #[schema(value_type = BTreeMap<String, TimelineCounts>)]
    pub variants: InOrder<TimelineCounts>,
}

/// Counts from the beginning of the experiment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct TimelineCounts {
    /// Visitors exposed.
    pub exposures: i64,
    /// Target events.
    pub events: i64,
    /// Visitors converted.
    pub converters: i64,
}

/// Counts that enter no rate and deserve attention when they are not 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct ExperimentHealth {
    /// Events whose client claimed another variant than the visitor has; counted under the true one.
    pub false_variants: i64,
    /// Target events without an exposure before them; not counted.
    pub early_events: i64,
    /// Visitors shown more than one variant; counted under the first.
    pub several_variants: i64,
    /// Target events while the experiment was not running; not counted.
    pub stopped_events: i64,
    /// Target events after the conversion window; not counted.
    pub late_events: i64,
    /// Events that the experiment knows nothing of; not counted.
    pub unknown_events: i64,
    /// Visitors whose browser called itself a program at the first exposure; not counted.
    pub bots: i64,
    /// Visitors who signed in later and then became the visitor that their account is elsewhere: counted here all the
    /// same, so that such a person may count twice.
    pub joined_visitors: i64,
}

/// How the parts behind the numbers are doing.
#[derive(Debug, Serialize, ToSchema)]
pub struct ResultsHealth {
    /// The file of experiments.
    pub definitions: DefinitionsHealth,
    /// The writer of this process.
    pub writer: WriterHealth,
    /// The JSON mirror.
    pub mirror: MirrorReport,
}

/// The file of experiments.
#[derive(Debug, Serialize, ToSchema)]
pub struct DefinitionsHealth {
    /// `ok`, or `error` while the last good version stays in use.
    pub status: &'static str,
    /// The file's name.
    pub file: String,
    /// When the version in use was read.
    #[schema(value_type = String, format = DateTime)]
    pub loaded_at: Timestamp,
    /// Experiments in the version in use.
    pub experiments: usize,
    /// What is wrong with the file as it is now.
    pub problem: Option<DefinitionsProblem>,
    /// What is odd about the version in use.
    pub warnings: Vec<DefinitionFault>,
}

/// What is wrong with the file of experiments.
#[derive(Debug, Serialize, ToSchema)]
pub struct DefinitionsProblem {
    /// In one sentence.
    pub detail: String,
    /// Every mistake found.
    pub errors: Vec<DefinitionFault>,
}

/// The writer of this process.
#[derive(Debug, Serialize, ToSchema)]
pub struct WriterHealth {
    /// In one word.
    pub status: WriterStatus,
    /// Records waiting for their commit.
    pub queued: u32,
    /// The most that may wait.
    pub queue_capacity: u32,
    /// Rows committed since the process started.
    pub committed_records: u64,
    /// When the last commit was.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_commit_at: Option<Timestamp>,
    /// Why nothing can be stored right now.
    pub last_error: Option<&'static str>,
}

/// Whether records can be stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WriterStatus {
    /// They can.
    Ok,
    /// They cannot right now; callers are told, and it is tried again by itself.
    Degraded,
}
