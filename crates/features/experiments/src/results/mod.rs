//! What came out: read from the totals that the writer keeps, so that the cost depends on variants and days only.

mod cache;
mod history;
mod inference;
mod metrics;
mod model;
mod plan;
mod read;
mod service;
mod slices;
mod store;
mod totals;
mod totals_store;

pub(crate) use cache::ResultsCache;
pub(crate) use history::history;
pub use history::{History, HistoryComparison, HistoryGrain, HistoryPoint, HistoryRate};
pub(crate) use inference::{ALPHA, TYPICAL_VISITORS};
pub use inference::{
    Bayesian, ComparedCounts, Comparison, Decision, Inference, OpenInterval, Progress, SampleRatio,
    SampleRatioStatus, Verdict,
};
pub use metrics::{MetricArm, MetricComparison, MetricResults};
pub use model::{
    DefinitionsHealth, DefinitionsProblem, ExperimentHealth, ExperimentResults, Interval, Results,
    ResultsHealth, Timeline, TimelineCounts, TimelineGrain, TimelinePoint, VariantResults, WriterHealth,
    WriterStatus,
};
pub(crate) use plan::plan;
pub use plan::{Plan, PlanRequest};
pub(crate) use read::experiment_results;
pub use read::{ReadResultsError, ResultsScope, read_results_of};
pub use service::ResultsError;
pub use slices::{Segment, Slice, Slices};
pub(crate) use slices::{SliceFilter, slices};
pub(crate) use store::read_cohorts_by_segment;
pub use store::{StoredRowCounts, count_stored_rows};
