//! `dashly load-test`.

use crate::environment;
use crate::output::say;
use clap::Args;
use dashly_db::{DatabaseUrl, Db};
use dashly_experiments::count_stored_rows;
use dashly_loadgen::{CountFuture, LoadTestOptions, Progress, RowCounts, StoredRows};
use std::process::ExitCode;

/// What `dashly load-test` takes.
#[derive(Debug, Args)]
#[command(after_help = "Needs a running server, and with --db its database.\n\
                        Exit code: 0 when every request succeeded and, with --db, every acknowledged row is stored, else 1.")]
pub(crate) struct Arguments {
    /// Address of the server
    #[arg(default_value = "http://localhost:3000")]
    base_url: String,
    /// Visitors at once, each in a loop of its own
    #[arg(long, env = "LOAD_WORKERS", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    workers: u32,
    /// Rounds of each visitor
    #[arg(long, env = "LOAD_ITERATIONS", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    iterations: u32,
    /// Pause after each round, in milliseconds
    #[arg(long, env = "LOAD_DELAY", default_value_t = 30, value_name = "MILLISECONDS")]
    delay: u64,
    /// Open a connection for every request. A Service of Kubernetes spreads connections and not requests: kept ones never
    /// reach a pod that comes later, such as a canary's
    #[arg(long, env = "LOAD_RECONNECT", value_parser = clap::builder::FalseyValueParser::new())]
    reconnect: bool,
    /// Repeats a run: the same seed gives the same requests
    #[arg(long)]
    seed: Option<u64>,
    /// Count the rows in the database before and after (DATABASE_URL, DB_HOST or DATA_DIR say where it is) and compare
    /// with what was acknowledged
    #[arg(long = "db", env = "LOAD_TEST_DB", value_parser = clap::builder::FalseyValueParser::new())]
    compare_with_database: bool,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
}

/// Counts rows without ever writing.
struct DatabaseRows(Db);

impl StoredRows for DatabaseRows {
    fn count(&self) -> CountFuture<'_> {
        Box::pin(async {
            let rows = count_stored_rows(&self.0).await?;
            Ok(RowCounts { exposures: rows.exposures, events: rows.events })
        })
    }
}

/// Runs the load and prints the report.
pub(crate) async fn load_test(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let rows = if arguments.compare_with_database { Some(open_database().await?) } else { None };
    let mut options = LoadTestOptions::new(arguments.base_url);
    options.workers = arguments.workers;
    options.iterations = arguments.iterations;
    options.delay_ms = arguments.delay;
    options.reconnect = arguments.reconnect;
    options.seed = arguments.seed;
    let stored_rows = rows.as_ref().map(|rows| -> &dyn StoredRows { rows });
    let report = dashly_loadgen::load_test(options, stored_rows, &Progress::on_stderr()).await?;
    if arguments.json {
        say!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        crate::output::write(format_args!("{}", report.render()));
    }
    Ok(ExitCode::from(report.exit_code()))
}

async fn open_database() -> anyhow::Result<DatabaseRows> {
    let url: DatabaseUrl = environment::config(environment::LOCAL_HOST)?.database;
    Ok(DatabaseRows(Db::connect_read_only(&url).await?))
}
