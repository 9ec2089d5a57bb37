//! `dashly restore`.

use super::beside::put_back;
use super::progress::RowsBar;
use super::swap::{swap_in, with_suffix};
use super::{inspect, readable, until_stopped};
use crate::confirmation::{ask_for_word, can_ask};
use crate::environment;
use crate::output::say;
use anyhow::{Context, bail};
use clap::Args;
use dashly_api::{Config, DataFolderLock};
use dashly_db::backup::{BackupFile, Restored, count_rows, restore as fill};
use dashly_db::{ConnectError, DatabaseUrl, Db};
use dashly_kernel::{Clock, Timestamp};
use dashly_process::SystemClock;
use serde::Serialize;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

pub(crate) const RESTORE_NEEDS: &str = "\
Stop all servers first: it refuses while one uses the database. The backup may come from the other engine: this is how an \
installation moves from SQLite to PostgreSQL. Into an empty database, unless --replace. Everything is read back and \
compared before it counts; when anything goes wrong, or the power fails, what was there stays. A backup of an older Dashly \
is brought up to date, one of a newer Dashly is refused.\n\n  \
dashly restore /backup/monday.gz\n  DATABASE_URL=postgres://… dashly restore data.gz\n  dashly restore --check \
/backup/monday.gz     only checks that the file is whole\n\n\
Needs the database (DATABASE_URL, DB_HOST and its companions, or DATA_DIR for an SQLite file).";

/// What has to be typed.
const WORD: &str = "replace";

/// What `dashly restore` takes.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(crate) struct Arguments {
    /// The backup, or - for standard input
    file: PathBuf,
    /// Give up what the database holds now; asks for a confirmation
    #[arg(long)]
    replace: bool,
    /// With --replace: do not ask
    #[arg(long, requires = "replace")]
    yes: bool,
    /// Only check that the backup is whole, and show what it holds
    #[arg(long, conflicts_with_all = ["replace", "yes"])]
    check: bool,
    /// Print as JSON
    #[arg(long)]
    json: bool,
}

/// What was done.
#[derive(Debug, Serialize)]
struct Report {
    database: String,
    rows: u64,
    tables: usize,
    migrated: Vec<&'static str>,
    /// Where the old SQLite file is now.
    old_database: Option<PathBuf>,
    files: Vec<String>,
}

/// Checks or restores a backup.
pub(crate) async fn restore(arguments: Arguments) -> anyhow::Result<ExitCode> {
    until_stopped(check_or_restore(arguments)).await
}

async fn check_or_restore(arguments: Arguments) -> anyhow::Result<ExitCode> {
    if arguments.check {
        return inspect::inspect(&arguments.file, arguments.json);
    }
    let config = environment::config(environment::LOCAL_HOST)?;
    let (path, _kept) = readable(&arguments.file)?;
    let backup = BackupFile::open(&path).with_context(|| arguments.file.display().to_string())?;
    let consent = Consent { arguments: &arguments, database: config.database.to_string() };
    let (restored, old_database) = match &config.database {
        DatabaseUrl::Sqlite(target) => into_sqlite(&config, target, &backup, &consent).await?,
        DatabaseUrl::Postgres(_) => (into_postgres(&config, &backup, &consent).await?, None),
    };
    let files = put_beside(&config, &backup).context(
        "the database is restored, but not everything beside it; mend that and restore again with --replace",
    )?;
    let report = Report {
        database: config.database.to_string(),
        rows: restored.tables.iter().map(|table| table.rows).sum(),
        tables: restored.tables.len(),
        migrated: restored.migrated,
        old_database,
        files,
    };
    if arguments.json {
        say!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        print(&report, backup.header().created_at);
    }
    Ok(ExitCode::SUCCESS)
}

fn put_beside(config: &Config, backup: &BackupFile) -> anyhow::Result<Vec<String>> {
    let mut lines = put_back(config, &backup.attachments()?)?;
    lines.extend(remove_mirror(config)?);
    Ok(lines)
}

fn print(report: &Report, created_at: Timestamp) {
    say!("{} is as it was at {created_at}.", report.database);
    say!("  {} rows in {} tables, all read back and equal to the backup", report.rows, report.tables);
    for name in &report.migrated {
        say!("  brought up to date: {name}");
    }
    if let Some(old) = &report.old_database {
        say!("  the old database is kept as {}: delete it when you are content", old.display());
    }
    for line in &report.files {
        say!("  {line}");
    }
    say!("Next: start the server, sign in and look at the results. People may have to sign in again.");
}

/// Whether what is there may go.
struct Consent<'a> {
    arguments: &'a Arguments,
    database: String,
}

impl Consent<'_> {
    /// Asks a person, unless that was answered on the command line. `holds` says what is lost.
    fn ask(&self, holds: &str) -> anyhow::Result<()> {
        if !self.arguments.replace {
            bail!("{} {holds}; use --replace to give that up, or name another database", self.database);
        }
        if self.arguments.yes {
            return Ok(());
        }
        if !can_ask() {
            bail!("{} {holds}, and nobody is there to confirm: add --yes to replace it", self.database);
        }
        ask_for_word(&format!("{} {holds}. Type `{WORD}` to give that up:", self.database), WORD)
    }

    fn ask_about_rows(&self, rows: u64) -> anyhow::Result<()> {
        self.ask(&format!("is not empty: it has {rows} rows"))
    }
}

async fn into_postgres(
    config: &Config,
    backup: &BackupFile,
    consent: &Consent<'_>,
) -> anyhow::Result<Restored> {
    // Refuses a server that may lose what it acknowledges.
    Db::connect(&config.database).await?.close().await;
    let db = Db::connect_for_loading(&config.database).await?;
    let mut refusal = None;
    let restored = load(&db, backup, &mut |rows| match consent.ask_about_rows(rows) {
        Ok(()) => true,
        Err(error) => {
            refusal = Some(error);
            false
        }
    })
    .await;
    db.close().await;
    match refusal {
        Some(refusal) => Err(refusal),
        None => restored.with_context(|| format!("restoring into {}; it is as it was", config.database)),
    }
}

async fn load(
    db: &Db,
    backup: &BackupFile,
    may_replace: &mut dyn FnMut(u64) -> bool,
) -> anyhow::Result<Restored> {
    let bar = RowsBar::start("restoring", Some(backup.header().row_count()), true);
    Ok(Box::pin(fill(db, backup, may_replace, &mut |rows| bar.at(rows))).await?)
}

async fn into_sqlite(
    config: &Config,
    target: &Path,
    backup: &BackupFile,
    consent: &Consent<'_>,
) -> anyhow::Result<(Restored, Option<PathBuf>)> {
    // A server holds it as long as it runs.
    let _lock = DataFolderLock::take(&config.data_folder)?;
    let is_damaged = look_at(&config.database, target, consent).await?;
    let fresh = with_suffix(target, ".restoring");
    for suffix in ["", "-wal", "-shm", "-journal"] {
        // Left by a restore that was killed.
        match fs::remove_file(with_suffix(&fresh, suffix)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("removing the unfinished {}", fresh.display()));
            }
            _ => {}
        }
    }
    if let Some(folder) = target.parent() {
        fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    }
    let unfinished = Unfinished(fresh);
    let filled = fill_fresh(&unfinished.0, backup).await;
    let swapped = filled.and_then(|restored| {
        let stamp = SystemClock.now().to_rfc3339_millis().replace([':', '.'], "-");
        Ok((restored, swap_in(&unfinished.0, target, &stamp, is_damaged)?))
    });
    swapped.with_context(|| format!("restoring into {}; it is as it was", config.database))
}

/// A file that goes away unless it was renamed, also when the restore is told to stop.
struct Unfinished(PathBuf);

impl Drop for Unfinished {
    fn drop(&mut self) {
        // It is of no use to anybody; that it stays is no further harm.
        let _ = fs::remove_file(&self.0);
    }
}

async fn fill_fresh(fresh: &Path, backup: &BackupFile) -> anyhow::Result<Restored> {
    let db = Db::connect_for_loading(&DatabaseUrl::Sqlite(fresh.to_owned())).await?;
    let restored = load(&db, backup, &mut |_| false).await;
    db.close().await;
    restored
}

/// Asks when the file at `target` holds something; moves its log into it. Says whether it is damaged.
async fn look_at(url: &DatabaseUrl, target: &Path, consent: &Consent<'_>) -> anyhow::Result<bool> {
    if !target.metadata().is_ok_and(|file| file.len() > 0) {
        return Ok(false);
    }
    let counted = match Db::connect(url).await {
        Ok(db) => {
            let counted = count_rows(&db).await;
            db.close().await;
            counted.map_err(anyhow::Error::from)
        }
        Err(error @ ConnectError::Foreign { .. }) => return Err(error.into()),
        Err(error) => Err(error.into()),
    };
    match counted {
        Ok(0) => Ok(false),
        Ok(rows) => consent.ask_about_rows(rows).map(|()| false),
        Err(error) => consent.ask(&format!("cannot be read ({error:#})")).map(|()| true),
    }
}

/// The mirror follows the database by its numbers, so files of another state would stay wrong. They are written anew.
fn remove_mirror(config: &Config) -> anyhow::Result<Vec<String>> {
    let Some(folder) = &config.experiment_log_folder else { return Ok(Vec::new()) };
    let mut removed = 0;
    let Ok(entries) = fs::read_dir(folder) else { return Ok(Vec::new()) };
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let is_mirror = name.contains("exposures.json") || name.contains("events.json");
        if is_mirror && path.is_file() {
            fs::remove_file(&path).with_context(|| format!("removing {}", path.display()))?;
            removed += 1;
        }
    }
    let line = format!("the mirror in {} is written anew at the next start", folder.display());
    Ok(if removed == 0 { Vec::new() } else { vec![line] })
}
