//! What a request hands to the writer, and what it hears back.

use crate::definitions::Experiment;
use crate::segments::{Device, VisitorKind};
use dashly_kernel::Timestamp;
use std::sync::Arc;

/// A visitor was shown a variant.
#[derive(Clone, Debug)]
pub(crate) struct ExposureRecord {
    /// Who.
    pub visitor: Arc<str>,
    /// Of which experiment, as it was defined at that moment.
    pub experiment: Arc<Experiment>,
    /// Position of the variant shown.
    pub served: usize,
    /// On what.
    pub device: Device,
    /// Known before or not.
    pub visitor_kind: VisitorKind,
    /// The version of the server that showed it.
    pub app_version: Arc<str>,
    /// When.
    pub recorded_at: Timestamp,
}

/// A visitor did something.
#[derive(Clone, Debug)]
pub(crate) struct EventRecord {
    /// Who.
    pub visitor: Arc<str>,
    /// What.
    pub event_name: String,
    /// The experiment it is for, if it names one.
    pub subject: Option<EventSubject>,
    /// The variant that the client claims to have shown.
    pub reported_variant: Option<String>,
    /// Makes a repeated delivery harmless: the same visitor's second event of this id is not stored.
    pub event_id: Option<String>,
    /// A number for revenue metrics.
    pub value: Option<f64>,
    /// When it arrived.
    pub recorded_at: Timestamp,
}

/// The experiment that an event is for.
#[derive(Clone, Debug)]
pub(crate) struct EventSubject {
    /// As it was defined at that moment.
    pub experiment: Arc<Experiment>,
    /// Whether it was running; events of a stopped one are stored and not counted.
    pub is_running: bool,
    /// Whether the visitor was shown it by a signed link; such events are stored and not counted.
    pub is_qa: bool,
    /// The variant assigned to the visitor, for the reply when there was no exposure.
    pub assigned: Option<Arc<str>>,
}

/// One thing to be stored.
#[derive(Clone, Debug)]
pub(crate) enum Record {
    /// A visitor was shown a variant.
    Exposure(ExposureRecord),
    /// A visitor did something.
    Event(EventRecord),
}

/// How an event enters the results; decided once, when it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CountedAs {
    /// The visitor's first target event since the exposure: an event and a converter.
    Conversion,
    /// A further target event: an event.
    Repeat,
    /// An event without an exposure before it: not counted.
    Early,
    /// An event of an experiment that is not running: not counted.
    Stopped,
    /// An event after the conversion window, or after the windows of all its metrics: not counted.
    Late,
    /// Not the target event, and one that a metric or guardrail of the experiment takes.
    Metric,
    /// Of somebody who tries a variant out by a signed link: not counted.
    Qa,
    /// Nothing that the experiment asks for.
    Other,
}

impl CountedAs {
    /// The word stored in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Conversion => "conversion",
            Self::Repeat => "repeat",
            Self::Early => "early",
            Self::Stopped => "stopped",
            Self::Late => "late",
            Self::Metric => "metric",
            Self::Qa => "qa",
            Self::Other => "other",
        }
    }

    /// Whether it enters any number of the experiment.
    pub const fn enters_results(self) -> bool {
        matches!(self, Self::Conversion | Self::Repeat | Self::Metric)
    }

    /// Whether it is one of the experiment's `events`.
    pub const fn is_counted(self) -> bool {
        matches!(self, Self::Conversion | Self::Repeat)
    }
}

/// What became of an exposure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExposureOutcome {
    /// Stored now.
    Stored,
    /// Was stored before.
    Known,
}

/// What became of an event.
#[derive(Clone, Debug, PartialEq)]
pub struct EventOutcome {
    /// The true variant: of the visitor's first exposure, else the assigned one.
    pub variant: Option<Arc<str>>,
    /// Whether an event of this id was already there; then nothing was stored now.
    pub deduplicated: bool,
    /// How it enters the results.
    pub counted_as: CountedAs,
    /// Whether the client claimed another variant.
    pub variant_mismatch: bool,
}

/// What became of a record.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Outcome {
    /// Of an exposure.
    Exposure(ExposureOutcome),
    /// Of an event.
    Event(EventOutcome),
}
