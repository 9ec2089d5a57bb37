//! `dashly experiments`.

use crate::environment;
use crate::output::say;
use anyhow::Context;
use clap::{Args, Subcommand};
use dashly_db::Db;
use dashly_experiments::{RecountMode, RecountReport, recount};
use indicatif::ProgressBar;
use std::process::ExitCode;
use std::time::Duration;

/// How often the spinner turns.
const TICK: Duration = Duration::from_millis(200);

/// What `dashly experiments` takes.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: ExperimentsCommand,
}

const RECOUNT_NEEDS: &str = "\
Needs the database (DATABASE_URL, DB_HOST and its companions, or the SQLite file in DATA_DIR) and TESTS_FILE \
(tests.json).\nWhile it runs nothing else can be stored: visitors are still served, events hear 503 and are to be sent \
again. Exit code: 0 when the rows and what is kept agree or were made to agree, 1 when --check finds a difference.";

#[derive(Debug, Subcommand)]
enum ExperimentsCommand {
    /// Count all exposures and events again and replace totals, history and evidence by what comes out
    #[command(after_help = RECOUNT_NEEDS)]
    Recount {
        /// Only compare, change nothing
        #[arg(long)]
        check: bool,
        /// Print as JSON
        #[arg(long)]
        json: bool,
    },
}

/// Runs one command.
pub(crate) async fn experiments(arguments: Arguments) -> anyhow::Result<ExitCode> {
    match arguments.command {
        ExperimentsCommand::Recount { check, json } => recount_all(check, json).await,
    }
}

async fn recount_all(check: bool, json: bool) -> anyhow::Result<ExitCode> {
    let config = environment::config(environment::LOCAL_HOST)?;
    let db = Db::connect(&config.database).await?;
    let mode = if check { RecountMode::Check } else { RecountMode::Replace };
    let spinner = ProgressBar::new_spinner().with_message("counting");
    spinner.enable_steady_tick(TICK);
    let show = |steps| spinner.set_message(format!("{steps} exposures and conversions counted"));
    let report = recount(&db, &config.tests_file, mode, &show)
        .await
        .with_context(|| format!("recounting {}", config.database));
    spinner.finish_and_clear();
    db.close().await;
    let report = report?;
    if json {
        say!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        print_report(&report);
    }
    Ok(if check && !report.is_equal() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn print_report(report: &RecountReport) {
    say!("{} first exposures and {} conversions counted", report.exposures, report.conversions);
    for table in &report.tables {
        let finding = match (table.missing, table.surplus) {
            (0, 0) => "equal".to_owned(),
            (missing, surplus) => format!("{missing} lines missing or wrong, {surplus} lines too many"),
        };
        say!("  {:<22} {:>8} lines  {finding}", table.table, table.lines);
    }
    if report.is_equal() {
        say!("Everything kept is what the rows say.");
    } else if report.replaced {
        say!("What was kept has been replaced by what was counted.");
    } else {
        say!("Nothing was changed. Run it without --check to replace what is kept.");
    }
}
