//! Simulated visitors and load for a running Dashly, over HTTP, with a verdict.
//!
//! Two programs, both called by the `dashly` command, which parses the flags and prints what comes back:
//!
//! - [`simulate`](fn@simulate): visitors that convert with known probabilities, to see whether the results
//!   page finds the difference that was put in, and whether the server counts exactly what it acknowledged;
//! - [`load_test`](fn@load_test): parallel visitors that measure latency, and whether every acknowledged row
//!   is stored.
//!
//! It must never share code with the server (only `dashly-stats`), touch a database or read the server's
//! files: a measure that reuses the measured code repeats its mistakes. Rows are counted through
//! [`StoredRows`], which the caller implements. Start reading at `simulate/mod.rs` and `load_test/mod.rs`;
//! `site.rs` is the HTTP side of both.

mod chance;
mod failures;
mod jar;
mod load_test;
mod progress;
mod ratio;
mod replies;
mod simulate;
mod site;
mod stopwatch;
mod table;
mod wording;

pub use failures::{Failure, FailureGroup, FailureKind};
pub use load_test::{
    CountFuture, Latency, LoadTestError, LoadTestOptions, LoadTestReport, RouteReport, RowCheck, RowCounts,
    RowDifference, StoredRows, load_test,
};
pub use progress::Progress;
pub use simulate::{
    Comparison, Difference, ExperimentReport, Finding, Measure, ServerCounts, SignIn, SimulateError,
    SimulateOptions, SimulateReport, VariantReport, simulate,
};
pub use site::{REQUEST_TIMEOUT_SECONDS, SiteError};
