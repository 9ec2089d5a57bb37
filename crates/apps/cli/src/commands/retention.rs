//! `dashly experiments retention`.

use crate::confirmation::{ask_for_word, can_ask};
use crate::environment;
use crate::output::{counted, say};
use anyhow::{Context, bail};
use clap::Args;
use dashly_api::Config;
use dashly_db::Db;
use dashly_experiments::{
    ExpiredRecords, MirrorSettled, RetentionDays, find_expired, remove_expired, settle_mirror,
};
use dashly_kernel::Clock;
use dashly_process::SystemClock;
use indicatif::ProgressBar;
use serde::Serialize;
use std::num::NonZeroU16;
use std::process::ExitCode;
use std::time::Duration;

pub(crate) const RETENTION_NEEDS: &str = "\
Two kinds of records are needed by nothing but a look at them: events for no experiment, and everything of an experiment \
that has been archived for so many days, counted from when a removal first saw it archived. With EVENT_RETENTION_DAYS a \
server removes them at its start and every six hours; this command shows what it would remove, and with --remove does it at \
once. Totals, history and evidence of such an experiment stay and with them its results; it is retired: it can neither be \
recounted nor run again under its identifier. Records of any other experiment stay, however old.\n\
The server may run meanwhile. Killed at any time, the next run goes on.\n\n  \
dashly experiments retention --days 180     what would go, were it set to 180\n\n\
Needs the database (DATABASE_URL, DB_HOST and its companions, or the SQLite file in DATA_DIR), TESTS_FILE (tests.json) \
and, where the mirror is kept on this machine, EXPERIMENT_LOG_DIR.";

/// What has to be typed.
const WORD: &str = "remove";

/// How often the spinner turns.
const TICK: Duration = Duration::from_millis(200);
/// A server that owns the mirror looks every two seconds, then writes it anew.
const MIRROR_PATIENCE: Duration = Duration::from_secs(30);

/// What `dashly experiments retention` takes.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Older than so many days, instead of EVENT_RETENTION_DAYS
    #[arg(long)]
    days: Option<NonZeroU16>,
    /// Remove it; cannot be taken back
    #[arg(long)]
    remove: bool,
    /// Do not ask
    #[arg(long, requires = "remove")]
    yes: bool,
    /// Print as JSON
    #[arg(long)]
    json: bool,
}

/// What was found and done.
#[derive(Debug, Serialize)]
struct Report {
    days: u16,
    removed: bool,
    #[serde(flatten)]
    records: ExpiredRecords,
    /// None when nothing was to be done about it.
    mirror: Option<MirrorSettled>,
}

/// Shows or removes what is too old.
pub(crate) async fn retention(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let config = environment::config(environment::LOCAL_HOST)?;
    let Some(days) = arguments.days.map(RetentionDays).or(config.event_retention) else {
        bail!("everything is kept: set EVENT_RETENTION_DAYS or give --days to say what is too old");
    };
    let db = Db::connect_existing(&config.database).await?;
    let spinner = ProgressBar::new_spinner().with_message("looking at all records");
    spinner.enable_steady_tick(TICK);
    let report = look(&config, &db, days, &arguments, &spinner).await;
    spinner.finish_and_clear();
    db.close().await;
    let report = report?;
    if arguments.json {
        say!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        print(&report);
    }
    Ok(ExitCode::SUCCESS)
}

async fn look(
    config: &Config,
    db: &Db,
    days: RetentionDays,
    arguments: &Arguments,
    spinner: &ProgressBar,
) -> anyhow::Result<Report> {
    let (tests_file, now) = (&config.tests_file, SystemClock.now());
    let days_number = days.0.get();
    let records = find_expired(db, tests_file, days, now).await.context("looking for what is too old")?;
    if !arguments.remove {
        return Ok(Report { days: days_number, removed: false, records, mirror: None });
    }
    if !records.is_empty() && !arguments.yes {
        spinner.suspend(|| confirm(&records))?;
    }
    spinner.set_message("removing");
    let records = remove_expired(db, tests_file, days, now)
        .await
        .context("removing what is too old; the next run goes on where this one stopped")?;
    let mirror = match &config.experiment_log_folder {
        Some(folder) => {
            let settled = settle_mirror(db, folder, MIRROR_PATIENCE).await;
            let unfinished = || format!("the database is done; the mirror in {} is not", folder.display());
            Some(settled.with_context(unfinished)?)
        }
        None => None,
    };
    Ok(Report { days: days_number, removed: true, records, mirror })
}

/// Asks a person.
fn confirm(records: &ExpiredRecords) -> anyhow::Result<()> {
    let stored = describe(records);
    if !can_ask() {
        bail!("{stored} are too old, and nobody is there to confirm: add --yes to remove them");
    }
    let question =
        format!("{stored} are too old. Removing them cannot be taken back. Type `{WORD}` to go on:");
    ask_for_word(&question, WORD)
}

fn describe(records: &ExpiredRecords) -> String {
    format!("{} and {}", counted(records.exposures, "exposure"), counted(records.events, "event"))
}

fn print(report: &Report) {
    let Report { days, removed, records, mirror } = report;
    if records.is_empty() {
        say!("Nothing that is not needed any more is older than {days} days.");
    } else {
        let verb = if *removed { "Removed" } else { "To be removed" };
        say!("{verb}, older than {days} days and not needed any more: {}.", describe(records));
    }
    for test_id in &records.retired {
        let verb = if *removed { "is retired" } else { "would be retired" };
        say!("  {test_id} {verb}: its results stay, its records go, and it cannot run again.");
    }
    if !removed && !records.is_empty() {
        say!("Nothing was changed. Add --remove to remove it now.");
    }
    match mirror {
        None | Some(MirrorSettled::Absent | MirrorSettled::Current) => {}
        Some(MirrorSettled::Rewritten) => say!("The files of the mirror were written anew."),
        Some(MirrorSettled::Pending) => say!("The server is still writing the files of the mirror anew."),
    }
}
