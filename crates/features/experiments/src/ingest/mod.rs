//! From requests to committed rows: one batching writer per process, one commit for many requests.
//!
//! Read [`decide`] first: it is the whole truth about what counts, as a pure function. [`Writer`] feeds it and makes
//! its answer permanent; [`store`] is the SQL.

mod decide;
mod evidence;
mod evidence_store;
#[cfg(test)]
mod histories;
mod known;
mod metric_store;
mod metrics;
mod published;
mod record;
mod store;
mod version_totals;
mod writer;

pub(crate) use decide::signal;
pub(crate) use evidence::{
    Draws, Epochs, Evidence, EvidenceOfTests, Peak, Question, RaisedPeaks, Step, StepKind, converters_of,
    take_steps,
};
pub(crate) use evidence_store::{insert_peaks, read_evidence, shares_of};
pub(crate) use known::KnownExposures;
pub(crate) use metric_store::{CountedFrom, list_metrics, set_ledger};
pub(crate) use metrics::{MetricEvent, MetricLedger};
pub use record::{CountedAs, EventOutcome};
pub(crate) use record::{EventRecord, EventSubject, ExposureRecord, Outcome, Record};
pub(crate) use store::take_ingest_lock;
pub(crate) use writer::{WriteError, Writer};
