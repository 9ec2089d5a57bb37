//! Parallel visitors that measure latency, and whether every acknowledged row is stored.
//!
//! [`load_test`] sets up, `worker.rs` is one visitor's loop, `tally.rs` adds up, `rows.rs` compares with the
//! stored rows, `report.rs` words it.

mod report;
mod rows;
mod tally;
mod worker;

use std::time::Duration;

use futures_util::{StreamExt, stream::FuturesUnordered};
use thiserror::Error;

pub use report::{LoadTestReport, RouteReport};
pub use rows::{CountFuture, RowCheck, RowCounts, RowDifference, StoredRows};
pub use tally::Latency;

use crate::chance::{self, Chance};
use crate::failures::Failure;
use crate::jar::CookieJar;
use crate::progress::Progress;
use crate::replies::{Config, Experiment};
use crate::site::{Request, Route, Site, SiteError};
use crate::stopwatch::{Stopwatch, milliseconds};
use tally::Tally;

/// What load to put on the server.
#[derive(Debug, Clone)]
pub struct LoadTestOptions {
    /// Where the server listens, such as `http://localhost:3000`.
    pub base_url: String,
    /// Visitors acting at the same time, at least 1.
    pub workers: u32,
    /// Rounds of each, at least 1.
    pub iterations: u32,
    /// Pause of a visitor after each round, in milliseconds.
    pub delay_ms: u64,
    /// A connection for every request, so that whoever spreads connections spreads the requests.
    pub reconnect: bool,
    /// Repeats the choices of an earlier run; nothing: a random one, printed in the report.
    pub seed: Option<u64>,
}

impl LoadTestOptions {
    /// The usual load: 30 visitors, 20 rounds, 30 ms pause.
    pub fn new(base_url: impl Into<String>) -> Self {
        Self {
            base_url: base_url.into(),
            workers: 30,
            iterations: 20,
            delay_ms: 30,
            reconnect: false,
            seed: None,
        }
    }
}

/// Why a load test could not start. Whatever goes wrong later is in the report.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LoadTestError {
    /// A number is out of range.
    #[error("{option} must be at least 1, found 0")]
    Zero {
        /// Which option.
        option: &'static str,
    },
    /// The base URL or the client.
    #[error(transparent)]
    Site(#[from] SiteError),
    /// The running tests could not be read.
    #[error("could not read the running experiments")]
    Config(#[source] Failure),
    /// No test is running, so there is nothing to post.
    #[error("no experiment is running at {base_url}")]
    NoExperiment {
        /// Where.
        base_url: String,
    },
    /// The stored rows could not be counted before the run.
    #[error("could not count the stored rows before the run")]
    Count(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The operating system gives no random numbers.
    #[error("no random number for the seed")]
    Random(#[source] getrandom::Error),
}

/// Everything a worker needs to know.
struct Plan {
    site: Site,
    chance: Chance,
    iterations: u32,
    delay: Duration,
    /// The test whose target event is posted alone.
    single: Experiment,
    /// The other test of a bulk post.
    other: Experiment,
}

/// Puts load on the server and reports latency, failures and, with `stored_rows`, whether every acknowledged
/// row is stored.
///
/// A round of a visitor: open the dashboard; with probability 0.4 post one target event; with probability 0.2
/// post two target events at once; open the pricing view; pause. Events are those of `kpi_scorecard_layout`
/// and `guided_onboarding`, or of the first running tests where these are not running. Choices depend on
/// nothing but (seed, visitor, round).
/// # Errors
/// [`LoadTestError`], only before the first round.
pub async fn load_test(
    options: LoadTestOptions,
    stored_rows: Option<&dyn StoredRows>,
    progress: &Progress,
) -> Result<LoadTestReport, LoadTestError> {
    for (option, value) in [("workers", options.workers), ("iterations", options.iterations)] {
        if value == 0 {
            return Err(LoadTestError::Zero { option });
        }
    }
    let seed = match options.seed {
        Some(seed) => seed,
        None => chance::fresh().map_err(LoadTestError::Random)?,
    };
    let site = Site::new(&options.base_url, if options.reconnect { 0 } else { options.workers })?;
    let (single, other) = targets(&site).await?;
    let plan = Plan {
        site,
        chance: Chance::new(seed),
        iterations: options.iterations,
        delay: Duration::from_millis(options.delay_ms),
        single,
        other,
    };
    let before = match stored_rows {
        Some(rows) => Some(rows.count().await.map_err(LoadTestError::Count)?),
        None => None,
    };

    let stopwatch = Stopwatch::start();
    let tally = run_workers(&plan, options.workers, progress).await;
    let wall_time_ms = milliseconds(stopwatch.elapsed());

    let check = match (stored_rows, before) {
        (Some(rows), Some(before)) => rows::check(rows, before, tally.acknowledged()).await,
        _ => RowCheck::NotMade,
    };
    Ok(report::assemble(&plan, &options, seed, wall_time_ms, &tally, check))
}

/// All workers at once, on one task: the work is waiting, and the connections have their own tasks.
async fn run_workers(plan: &Plan, workers: u32, progress: &Progress) -> Tally {
    let tally = Tally::default();
    let steps = progress.start("rounds", u64::from(workers) * u64::from(plan.iterations));
    let loops: FuturesUnordered<_> =
        (0..workers).map(|number| worker::run(plan, number, &tally, &steps)).collect();
    loops.for_each(|()| std::future::ready(())).await;
    tally
}

/// The tests whose events are posted.
async fn targets(site: &Site) -> Result<(Experiment, Experiment), LoadTestError> {
    let config: Config = site
        .ask(&mut CookieJar::default(), Request::get(Route::Config))
        .await
        .result
        .map_err(LoadTestError::Config)?;
    let running = config.experiments;
    let named = |test_id: &str| running.iter().find(|experiment| experiment.test_id == test_id);
    let single = named("kpi_scorecard_layout").or(running.first());
    let other = named("guided_onboarding").or(running.get(1)).or(running.first());
    match single.cloned().zip(other.cloned()) {
        Some(targets) => Ok(targets),
        None => Err(LoadTestError::NoExperiment { base_url: site.base_url().to_owned() }),
    }
}
