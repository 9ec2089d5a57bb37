//! One experiment, checked and ready for use.

use super::metrics::Metric;
use dashly_kernel::Timestamp;
use serde::Serialize;
use std::collections::HashMap;
use std::sync::Arc;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaType, Type};
use utoipa::{PartialSchema, ToSchema};

/// What the file says about an experiment's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Not shown to anybody yet.
    Draft,
    /// Shown, within its `start` and `end`.
    Running,
    /// Not shown any more; its results stay.
    Stopped,
    /// As stopped, and out of sight.
    Archived,
}

impl Status {
    /// The word in the file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Running => "running",
            Self::Stopped => "stopped",
            Self::Archived => "archived",
        }
    }

    /// The status of this word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Draft, Self::Running, Self::Stopped, Self::Archived]
            .into_iter()
            .find(|status| status.as_str() == word)
    }
}

/// Where an experiment is in its life at a given moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ExperimentStatus)]
pub enum Phase {
    /// A draft, or its `start` is still to come.
    Draft,
    /// Shown to visitors.
    Running,
    /// Stopped, its `end` has passed, or a winner is shown to everybody.
    Stopped,
    /// Stopped and out of sight.
    Archived,
}

/// What a variant is: a label for people, or the value of a typed flag.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum VariantValue {
    /// A short label, such as `compact`.
    Text(String),
    /// On or off.
    Boolean(bool),
    /// A whole number from -(2^53 - 1) to 2^53 - 1. All variants of the experiment are, as the file has them, numbers
    /// without a decimal point.
    Integer(i64),
    /// A finite number.
    Number(f64),
}

impl VariantValue {
    /// Whether both are of one type.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }

    /// A whole number becomes a number like any other; the rest stays.
    #[expect(
        clippy::cast_precision_loss,
        clippy::as_conversions,
        reason = "at most 2^53 - 1, which converts exactly"
    )]
    pub(super) fn without_integer(self) -> Self {
        match self {
            Self::Integer(value) => Self::Number(value as f64),
            other => other,
        }
    }
}

/// By hand: the derived `oneOf` holds for no whole number, since that is an integer and a number.
impl PartialSchema for VariantValue {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(SchemaType::from_iter([Type::String, Type::Boolean, Type::Number]))
            .description(Some(
                "A label, on or off, or a number; of one kind for all variants of an experiment.",
            ))
            .into()
    }
}

impl ToSchema for VariantValue {}

impl std::fmt::Display for VariantValue {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(text) => formatter.write_str(text),
            Self::Boolean(value) => value.fmt(formatter),
            Self::Integer(value) => value.fmt(formatter),
            Self::Number(value) => value.fmt(formatter),
        }
    }
}

/// One arm of an experiment.
#[derive(Clone, Debug)]
pub struct Variant {
    /// Its key in the file, such as `A`: what cookies and records hold.
    pub key: Arc<str>,
    /// Its short label, such as `compact`; of a typed value its text.
    pub label: String,
    /// What a flag of this experiment gives.
    pub value: VariantValue,
    /// Designed share of the visitors in millionths of the sum of all weights' units.
    pub weight_millionths: u64,
    /// The draw `u` (uniform over 64 bits) belongs to the first variant with `u < below`; 2^64 for the last.
    pub(crate) below: u128,
}

/// The slice of a layer's visitors that belongs to one experiment, in units of 2^-64.
#[derive(Clone, Debug)]
pub(crate) struct Layer {
    /// Its name in the file.
    pub(crate) name: String,
    /// Hashed with the visitor: the layer's name and `/layer`.
    pub(crate) salt: String,
    /// First draw of the slice.
    pub(crate) from: u128,
    /// First draw after the part of the slice that is let in.
    pub(crate) below: u128,
    /// Width of the whole slice, which no other experiment gets, in millionths of all visitors.
    pub(crate) share_millionths: u64,
}

/// One experiment, checked. Immutable: an edit of the file makes new ones.
#[derive(Clone, Debug)]
pub struct Experiment {
    /// Its identifier, also the suffix of its cookie.
    pub test_id: Arc<str>,
    /// Name of its cookie: `ab_` and the identifier.
    pub cookie_name: String,
    /// For people.
    pub description: String,
    /// At least two, in file order.
    pub variants: Vec<Variant>,
    /// Position of the control in `variants`.
    pub control: usize,
    /// The event that counts as a conversion.
    pub target_event: String,
    /// Kind of change, as the file has it.
    pub change_type: Option<String>,
    /// What part of the page differs, as the file has it.
    pub what_changes: Option<String>,
    /// What the file says about its life.
    pub status: Status,
    /// Position of the variant that everybody is shown; the experiment then counts no more.
    pub winner: Option<usize>,
    /// Not shown before.
    pub start: Option<Timestamp>,
    /// Not shown from here on.
    pub end: Option<Timestamp>,
    /// The views that show it, and so expose visitors to it.
    pub views: Vec<String>,
    /// Relative difference below which variants are as good as equal, such as 0.01 for 1 %.
    pub practical_margin: f64,
    /// How long after the exposure a conversion counts; none for as long as the experiment runs.
    pub conversion_window_seconds: Option<i64>,
    /// Visitors that it was planned to take, all variants together.
    pub planned_visitors: Option<u64>,
    /// Whether an evaluation as a flag is an exposure.
    pub track: bool,
    /// What else it is watched for: `metrics`, then `guardrails`, in file order.
    pub metrics: Vec<Metric>,
    /// Fingerprint of salt, variants and weights: the drawing epoch that a first exposure belongs to.
    pub epoch: Arc<str>,
    pub(crate) salt: String,
    pub(crate) traffic_salt: String,
    /// Share of the visitors who take part, in millionths.
    pub(crate) traffic_millionths: u64,
    /// Visitors whose traffic draw is below this are enrolled; 2^64 for all.
    pub(crate) traffic_below: u128,
    pub(crate) layer: Option<Layer>,
    /// Visitors whose holdout draw is below this take part in nothing; the same for all experiments.
    pub(crate) holdout_below: u128,
}

impl Experiment {
    /// Where it is in its life at `now`.
    pub fn phase(&self, now: Timestamp) -> Phase {
        match self.status {
            Status::Archived => Phase::Archived,
            _ if self.winner.is_some() => Phase::Stopped,
            Status::Draft => Phase::Draft,
            Status::Stopped => Phase::Stopped,
            Status::Running if self.start.is_some_and(|start| now < start) => Phase::Draft,
            Status::Running if self.end.is_some_and(|end| now >= end) => Phase::Stopped,
            Status::Running => Phase::Running,
        }
    }

    /// Position of the variant with this key.
    pub fn find_variant(&self, key: &str) -> Option<usize> {
        self.variants.iter().position(|variant| *variant.key == *key)
    }

    /// The variant at `position`, which is one of this experiment's own; the control for any other number.
    pub fn variant(&self, position: usize) -> &Variant {
        self.variants.get(position).unwrap_or_else(|| self.control_variant())
    }

    /// The control.
    pub fn control_variant(&self) -> &Variant {
        // Checked when the file was read: the control's position is that of one of the variants.
        #[expect(clippy::indexing_slicing, reason = "`control` is the position of one of the variants")]
        &self.variants[self.control]
    }

    /// Designed share of each variant among enrolled visitors, in file order; they sum to 1.
    pub fn shares(&self) -> Vec<(Arc<str>, f64)> {
        let total: u64 = self.variants.iter().map(|variant| variant.weight_millionths).sum();
        self.variants
            .iter()
            .map(|variant| (Arc::clone(&variant.key), ratio(variant.weight_millionths, total)))
            .collect()
    }

    /// What `event` is measured by, beside the target event.
    pub(crate) fn metrics_of<'a>(&'a self, event: &'a str) -> impl Iterator<Item = &'a Metric> {
        self.metrics.iter().filter(move |metric| metric.event == event)
    }

    /// Position of the variant that everybody is shown at `now`, if there is one.
    pub fn shown_winner(&self, now: Timestamp) -> Option<usize> {
        self.winner.filter(|_| self.phase(now) == Phase::Stopped)
    }

    /// The largest share of the visitors that can take part: the slice of its layer, else all.
    pub(crate) fn most_traffic_millionths(&self) -> u64 {
        self.layer.as_ref().map_or(MILLION, |layer| layer.share_millionths)
    }

    /// The same with another traffic, at most [`Experiment::most_traffic_millionths`]. Who takes part at a smaller traffic
    /// takes part at a larger one.
    pub(crate) fn set_traffic(&mut self, millionths: u64) {
        self.traffic_millionths = millionths;
        match &mut self.layer {
            Some(layer) => layer.below = layer.from + below_share(millionths),
            None => self.traffic_below = below_share(millionths),
        }
    }

    /// Whether `view` shows it.
    pub fn is_shown_in(&self, view: &str) -> bool {
        self.views.iter().any(|shown| shown == view)
    }
}

/// All visitors, in the unit of traffic.
pub(crate) const MILLION: u64 = 1_000_000;

/// The end of the draws of this share of all visitors, in units of 2^-64.
pub(crate) fn below_share(millionths: u64) -> u128 {
    (u128::from(millionths) << 64) / u128::from(MILLION)
}

/// Weights are below 2^53, so both convert exactly.
#[expect(clippy::cast_precision_loss, clippy::as_conversions, reason = "weights are far below 2^53")]
fn ratio(part: u64, whole: u64) -> f64 {
    part as f64 / whole as f64
}

/// All experiments of one version of the file, in file order.
#[derive(Clone, Debug, Default)]
pub struct Definitions {
    experiments: Vec<Arc<Experiment>>,
    by_id: HashMap<Arc<str>, usize>,
    /// Share of the visitors who take part in nothing, in millionths.
    holdout_millionths: u64,
}

impl Definitions {
    /// Takes experiments with distinct identifiers, in file order.
    pub(super) fn new(experiments: Vec<Arc<Experiment>>, holdout_millionths: u64) -> Self {
        let by_id = experiments
            .iter()
            .enumerate()
            .map(|(position, experiment)| (Arc::clone(&experiment.test_id), position))
            .collect();
        Self { experiments, by_id, holdout_millionths }
    }

    /// All experiments in file order.
    pub fn all(&self) -> &[Arc<Experiment>] {
        &self.experiments
    }

    /// The experiment with this identifier.
    pub fn find(&self, test_id: &str) -> Option<&Arc<Experiment>> {
        self.by_id.get(test_id).and_then(|position| self.experiments.get(*position))
    }

    /// Share of the visitors who take part in nothing, in millionths.
    pub(crate) fn holdout_millionths(&self) -> u64 {
        self.holdout_millionths
    }

    /// Those whose data is taken at `now`, in file order.
    pub fn running(&self, now: Timestamp) -> impl Iterator<Item = &Arc<Experiment>> {
        self.experiments.iter().filter(move |experiment| experiment.phase(now) == Phase::Running)
    }
}
