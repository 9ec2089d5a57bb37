//! What came out: read from the totals that the writer keeps, so that the cost depends on variants and days only.

mod model;
mod read;
mod store;

pub use model::{
    DefinitionsHealth, DefinitionsProblem, ExperimentHealth, ExperimentResults, Interval, Results,
    ResultsHealth, Timeline, TimelineCounts, TimelineGrain, TimelinePoint, VariantResults, WriterHealth,
    WriterStatus,
};
pub(crate) use read::read_results;
pub use read::{ReadResultsError, read_results_of};
pub(crate) use store::read_stored;
pub use store::{StoredRowCounts, count_stored_rows};
