//! `dashly experiments`.

use super::{replays, retention};
use crate::environment;
use crate::output::say;
use anyhow::Context;
use clap::{Args, Subcommand};
use dashly_db::Db;
use dashly_experiments::{ExportReport, RecountMode, RecountReport, export, recount};
use dashly_kernel::Clock;
use dashly_process::SystemClock;
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

const EXPORT_NEEDS: &str = "\
Status, traffic, winner and holdout that were changed on the page are kept in the database and win over tests.json. \
This prints tests.json with them in it, for a look or a review. With --write the file is replaced in one step, and the \
changes are forgotten, since the file then says the same: no visitor notices.\nThe server may run meanwhile. Order, \
comments (fields that start with `_`) and unknown fields stay; the file is written anew with an indent of two spaces.\n\
Needs the database (DATABASE_URL, DB_HOST and its companions, or the SQLite file in DATA_DIR) and TESTS_FILE \
(tests.json).";

#[derive(Debug, Subcommand)]
enum ExperimentsCommand {
    /// Print tests.json with what was changed on the page, or write it there
    #[command(after_help = EXPORT_NEEDS)]
    Export {
        /// Replace the file, and forget the changes: the file then says the same
        #[arg(long)]
        write: bool,
    },
    /// Import experiments of others from a CSV file, to replay them
    #[command(after_help = replays::IMPORT_NEEDS)]
    Import(replays::ImportArguments),
    /// Show what looking often does to imported experiments
    Replay {
        /// Print as JSON
        #[arg(long)]
        json: bool,
    },
    /// Show what is too old to be kept, or remove it
    #[command(after_help = retention::RETENTION_NEEDS)]
    Retention(retention::Arguments),
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
        ExperimentsCommand::Export { write } => export_changes(write).await,
        ExperimentsCommand::Import(arguments) => replays::import(&arguments).await,
        ExperimentsCommand::Replay { json } => replays::replay(json).await,
        ExperimentsCommand::Retention(arguments) => retention::retention(arguments).await,
        ExperimentsCommand::Recount { check, json } => recount_all(check, json).await,
    }
}

async fn export_changes(write: bool) -> anyhow::Result<ExitCode> {
    let config = environment::config(environment::LOCAL_HOST)?;
    let db = Db::connect_existing(&config.database).await?;
    let exported = export(&db, &config.tests_file, write, SystemClock.now())
        .await
        .with_context(|| format!("exporting to {}", config.tests_file.display()));
    db.close().await;
    let ExportReport { text, changed } = exported?;
    let file = config.tests_file.display();
    match (write, changed.is_empty()) {
        (false, _) => say!("{}", text.trim_end()),
        (true, true) => say!("Nothing was changed on the page; {file} stays as it is."),
        (true, false) => say!("{file} now has what was changed on the page: {}.", changed.join(", ")),
    }
    Ok(ExitCode::SUCCESS)
}

async fn recount_all(check: bool, json: bool) -> anyhow::Result<ExitCode> {
    let config = environment::config(environment::LOCAL_HOST)?;
    let db = Db::connect_existing(&config.database).await?;
    let mode = if check { RecountMode::Check } else { RecountMode::Replace { at: SystemClock.now() } };
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
        say!("  {:<26} {:>8} lines  {finding}", table.table, table.lines);
    }
    if report.is_equal() {
        say!("Everything kept is what the rows say.");
    } else if report.replaced {
        say!("What was kept has been replaced by what was counted.");
    } else {
        say!("Nothing was changed. Run it without --check to replace what is kept.");
    }
}
