//! `dashly erase-visitor`.

use crate::confirmation::{ask_for_word, can_ask};
use crate::environment;
use crate::output::{counted, say};
use anyhow::{Context, bail};
use clap::Args;
use dashly_api::Config;
use dashly_db::{DatabaseUrl, Db};
use dashly_experiments::{
    MirrorSettled, VisitorRecords, erase_visitor as erase, find_visitor, settle_mirror,
};
use dashly_kernel::Clock;
use dashly_process::{OperatingSystemIds, SystemClock};
use serde::Serialize;
use std::io::Read;
use std::process::ExitCode;
use std::time::Duration;

pub(crate) const ERASE_NEEDS: &str = "\
ID is the value of the cookie ab_visitor_id, `user_or_session_id` in records. Its rows stay and are counted as before, but \
under random ids, another for each experiment, that nobody can lead back; ids of events are removed, and an account \
forgets that this visitor was its own. So results, totals and the validity of running experiments stay what they are. The \
files of the mirror are written anew. The log of changes says that a visitor was erased, and not which.\n\
The server may run meanwhile; writers wait for a moment. Killed at any time it has done everything or nothing to the \
database; the mirror is then finished by the next server or by the same command again. Backups made before still hold the \
visitor: see docs/backup.md.\n\n  \
dashly erase-visitor v_1f2e3d --dry-run     only show what is stored\n  \
echo v_1f2e3d | dashly erase-visitor - --yes     keeps the id out of the list of processes\n\n\
Exit code: 0 when it is erased, 1 when nothing is stored of this visitor or something went wrong.\n\
Needs the database (DATABASE_URL, DB_HOST and its companions, or the SQLite file in DATA_DIR) and, where the mirror is \
kept on this machine, EXPERIMENT_LOG_DIR.";

/// What has to be typed.
const WORD: &str = "erase";

/// A server that owns the mirror looks every two seconds, then writes it anew.
const MIRROR_PATIENCE: Duration = Duration::from_secs(30);

/// What `dashly erase-visitor` takes.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The visitor's id, or - to read it from standard input
    id: String,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    /// Only show what is stored of the visitor
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
    /// Print as JSON
    #[arg(long)]
    json: bool,
}

/// What was found and done.
#[derive(Debug, Serialize)]
struct Report {
    found: bool,
    erased: bool,
    #[serde(flatten)]
    records: VisitorRecords,
    /// None when nothing was to be done about it.
    mirror: Option<MirrorSettled>,
}

/// Erases one visitor.
pub(crate) async fn erase_visitor(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let config = environment::config(environment::LOCAL_HOST)?;
    if let DatabaseUrl::Sqlite(path) = &config.database
        && !path.exists()
    {
        bail!("there is no database {}; does DATA_DIR name the server's folder?", path.display());
    }
    let id = read_id(&arguments.id)?;
    let db = Db::connect_existing(&config.database).await?;
    let report = look_and_erase(&config, &db, &id, &arguments).await;
    db.close().await;
    let report = report?;
    if arguments.json {
        say!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        print(&report, &arguments);
    }
    Ok(if report.found { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn read_id(argument: &str) -> anyhow::Result<String> {
    if argument != "-" {
        return Ok(argument.to_owned());
    }
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).context("reading the visitor's id from standard input")?;
    let id = text.trim_end_matches(['\r', '\n']).to_owned();
    if id.is_empty() {
        bail!("standard input is empty: it should hold the visitor's id");
    }
    Ok(id)
}

async fn look_and_erase(config: &Config, db: &Db, id: &str, arguments: &Arguments) -> anyhow::Result<Report> {
    let found = find_visitor(db, id).await.context("looking for the visitor")?;
    let erased = match found {
        Some(found) if arguments.dry_run => {
            let records = found.records().clone();
            return Ok(Report { found: true, erased: false, records, mirror: None });
        }
        Some(found) => {
            confirm(arguments, found.records())?;
            erase(db, &OperatingSystemIds, found, SystemClock.now())
                .await
                .context("erasing the visitor; nothing was changed")?
        }
        None => None,
    };
    // Also when nothing was found: an earlier run may have been killed before it came to this.
    let mirror = match &config.experiment_log_folder {
        Some(folder) if !arguments.dry_run => {
            let settled = settle_mirror(db, folder, MIRROR_PATIENCE).await;
            let unfinished = || format!("the database is done; the mirror in {} is not", folder.display());
            Some(settled.with_context(unfinished)?)
        }
        _ => None,
    };
    let is_erased = erased.is_some();
    Ok(Report { found: is_erased, erased: is_erased, records: erased.unwrap_or_default(), mirror })
}

/// Asks a person, unless that was answered on the command line.
fn confirm(arguments: &Arguments, records: &VisitorRecords) -> anyhow::Result<()> {
    if arguments.yes {
        return Ok(());
    }
    let stored = describe(records);
    if arguments.id == "-" || !can_ask() {
        bail!("stored are {stored}, and nobody is there to confirm: add --yes to erase the visitor");
    }
    ask_for_word(&format!("Stored are {stored}. This cannot be taken back. Type `{WORD}` to go on:"), WORD)
}

fn describe(records: &VisitorRecords) -> String {
    let experiments = u64::try_from(records.experiments.len()).unwrap_or(u64::MAX);
    let account = if records.account { ", and an account has this visitor as its own" } else { "" };
    format!(
        "{} and {} in {}{account}",
        counted(records.exposures, "exposure"),
        counted(records.events, "event"),
        counted(experiments, "experiment")
    )
}

fn print(report: &Report, arguments: &Arguments) {
    if !report.found {
        say!("Nothing is stored of this visitor.");
    } else if arguments.dry_run {
        say!("Stored are {}. Nothing was changed.", describe(&report.records));
        return;
    } else {
        say!("The visitor is erased: {}.", describe(&report.records));
        say!("Every count is what it was. Backups made before still hold the visitor: see docs/backup.md.");
    }
    match report.mirror {
        None | Some(MirrorSettled::Absent | MirrorSettled::Current) => {}
        Some(MirrorSettled::Rewritten) => say!("The files of the mirror were written anew."),
        Some(MirrorSettled::Pending) => say!("The server is still writing the files of the mirror anew."),
    }
}
