//! Simulated visitors: each converts with a known probability, and the server's counts are compared with its
//! answers.
//!
//! [`simulate`] prepares (`prepare.rs`), lets every visitor run (`visitor.rs`), adds up (`tally.rs`),
//! compares with the server's results (`comparison.rs`) and words what was found (`finding.rs`, `report.rs`).

mod comparison;
mod finding;
mod prepare;
mod report;
mod tally;
mod visitor;

use std::collections::BTreeMap;
use std::fmt;

use futures_util::{StreamExt, stream};
use thiserror::Error;

pub use comparison::{Comparison, Difference, Measure, ServerCounts};
pub use finding::Finding;
pub use report::{ExperimentReport, SimulateReport, VariantReport};

use crate::chance::{self, Chance};
use crate::failures::Failure;
use crate::progress::Progress;
use crate::replies::Experiment;
use crate::site::{Site, SiteError};
use crate::stopwatch::{Stopwatch, milliseconds};
use comparison::Counts;
use tally::Tally;

/// What to simulate.
#[derive(Debug, Clone)]
pub struct SimulateOptions {
    /// Where the server listens, such as `http://localhost:3000`.
    pub base_url: String,
    /// Number of visitors, at least 1.
    pub users: u32,
    /// How many visitors act at the same time, at least 1.
    pub concurrency: u32,
    /// Repeats the choices of an earlier run; nothing: a random one, printed in the report.
    pub seed: Option<u64>,
    /// Probability, from 0 to 1, with which a visitor who was shown a variant converts, by variant.
    pub rates: BTreeMap<String, f64>,
    /// How often every visitor comes back to the views. Must not create exposures.
    pub return_visits: u32,
    /// An administrator who may read the results; nothing: the server's counts are not compared.
    pub sign_in: Option<SignIn>,
}

impl SimulateOptions {
    /// The usual simulation: 500 visitors, 16 at a time, rates A 15 % and B 35 %, no return visits, no
    /// sign-in.
    pub fn new(base_url: impl Into<String>) -> Self {
        Self {
            base_url: base_url.into(),
            users: 500,
            concurrency: 16,
            seed: None,
            rates: BTreeMap::from([("A".to_owned(), 0.15), ("B".to_owned(), 0.35)]),
            return_visits: 0,
            sign_in: None,
        }
    }
}

/// How to sign in as an administrator.
#[derive(Clone)]
pub struct SignIn {
    /// User name, or e-mail address (told by its @).
    pub login: String,
    /// Password.
    pub password: String,
}

/// Without the password.
impl fmt::Debug for SignIn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SignIn").field("login", &self.login).finish_non_exhaustive()
    }
}

/// Why a simulation could not start. Whatever goes wrong later is in the report.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SimulateError {
    /// A number is out of range.
    #[error("{option} must be {expected}, found {found}")]
    Option {
        /// Which option.
        option: String,
        /// What is allowed.
        expected: &'static str,
        /// What was given.
        found: String,
    },
    /// The base URL or the client.
    #[error(transparent)]
    Site(#[from] SiteError),
    /// A request before the first visitor failed.
    #[error("could not {doing}")]
    Request {
        /// What was tried.
        doing: &'static str,
        /// How it failed.
        #[source]
        failure: Failure,
    },
    /// No test is running.
    #[error("no experiment is running at {base_url}")]
    NoExperiment {
        /// Where.
        base_url: String,
    },
    /// A variant could be served for which there is no conversion probability.
    #[error(
        "variant {variant} of {test_id} has no conversion rate: give one for it (there are rates for {known})"
    )]
    NoRate {
        /// The test.
        test_id: String,
        /// The variant.
        variant: String,
        /// The variants with a rate.
        known: String,
    },
    /// The operating system gives no random numbers.
    #[error("no random number for the seed")]
    Random(#[source] getrandom::Error),
}

/// Everything a visitor needs to know.
struct Plan {
    site: Site,
    chance: Chance,
    /// Makes event ids of this run differ from those of another run with the same seed.
    run: u64,
    rates: BTreeMap<String, f64>,
    return_visits: u32,
    /// Running tests in the server's order.
    experiments: Vec<Experiment>,
}

/// Sends `options.users` visitors to the server and reports what it answered and what it counted.
///
/// Each visitor has its own cookies, opens the dashboard and the pricing view, and for every test whose
/// exposure the server acknowledged posts the target event with the probability of the variant it was served.
/// Which visitor converts depends on nothing but (seed, visitor number, test, variant's rate). With a sign-in
/// the server's results are read before and after, and their growth is compared with what was acknowledged.
/// # Errors
/// [`SimulateError`], only before the first visitor.
pub async fn simulate(
    options: SimulateOptions,
    progress: &Progress,
) -> Result<SimulateReport, SimulateError> {
    prepare::check(&options)?;
    let seed = match options.seed {
        Some(seed) => seed,
        None => chance::fresh().map_err(SimulateError::Random)?,
    };
    let site = Site::new(&options.base_url, options.concurrency)?;
    let experiments = prepare::running_experiments(&site, &options.rates).await?;
    let plan = Plan {
        site,
        chance: Chance::new(seed),
        run: chance::fresh().map_err(SimulateError::Random)?,
        rates: options.rates.clone(),
        return_visits: options.return_visits,
        experiments,
    };
    let token = match &options.sign_in {
        Some(sign_in) => Some(prepare::token(&plan.site, sign_in).await?),
        None => None,
    };
    let before = match &token {
        Some(token) => Some(prepare::counts_before(&plan.site, token).await?),
        None => None,
    };

    let stopwatch = Stopwatch::start();
    let tally = run_visitors(&plan, &options, progress).await;
    let wall_time_ms = milliseconds(stopwatch.elapsed());

    let after = match &token {
        Some(token) => Some(comparison::fetch(&plan.site, token).await),
        None => None,
    };
    let growth = before.zip(after).map(|(before, after)| after.map(|after| Counts::growth(&before, &after)));
    Ok(report::assemble(&plan, seed, options.users, wall_time_ms, tally, growth))
}

/// All visitors, some at a time. One task is enough: the work is waiting, and the connections have their own
/// tasks.
async fn run_visitors(plan: &Plan, options: &SimulateOptions, progress: &Progress) -> Tally {
    let steps = progress.start("visitors", u64::from(options.users));
    let width = usize::try_from(options.concurrency).unwrap_or(usize::MAX);
    stream::iter(0..options.users)
        .map(|number| visitor::visit(plan, number))
        .buffer_unordered(width)
        .fold(Tally::default(), |mut tally, outcome| {
            steps.step();
            tally.add(outcome);
            std::future::ready(tally)
        })
        .await
}
