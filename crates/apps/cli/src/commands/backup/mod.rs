//! `dashly backup`.

mod beside;
mod directory;
mod inspect;
mod progress;
mod restore;
mod swap;
mod verify;

pub(crate) use restore::{Arguments as RestoreArguments, RESTORE_NEEDS, restore};

use crate::environment;
use crate::output::say;
use anyhow::{Context, bail};
use beside::{Beside, collect};
use clap::Args;
use dashly_api::Config;
use dashly_db::backup::{BackupRequest, Header, write_backup};
use dashly_db::{DatabaseUrl, Db};
use dashly_kernel::Clock;
use dashly_process::{SystemClock, stop_signal};
use directory::Directory;
use progress::RowsBar;
use serde::Serialize;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;
use tempfile::NamedTempFile;
use verify::{Verified, verify};

/// How everything begins that is not a finished backup.
const UNFINISHED: &str = ".dashly-backup-";

pub(crate) const BACKUP_NEEDS: &str = "\
The server may run meanwhile: the backup has everything that was committed when it began. It is one file for both \
engines: a backup of SQLite can be restored into PostgreSQL and the reverse. After writing it is checked by restoring it \
into a fresh database beside it, which needs as much free space again as the database has; only then it gets its name.\n\
In it: all tables, and copies of TESTS_FILE and TEAM_KPIS_FILE. Not in it unless --with-secrets: the secrets that this \
installation made for itself. It holds e-mail addresses and password hashes: keep it where only you can read it.\n\n  \
dashly backup /backup/monday.gz\n  dashly backup --directory /backup --keep 14     daily, from cron or Kubernetes\n  \
dashly backup - | ssh elsewhere 'cat > dashly.gz'\n  dashly backup --inspect /backup/monday.gz\n\n\
Needs the database (DATABASE_URL, DB_HOST and its companions, or the SQLite file in DATA_DIR).";

/// What `dashly backup` takes.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(crate) struct Arguments {
    /// The file to write, or - for standard output
    #[arg(required_unless_present = "directory", conflicts_with = "directory")]
    file: Option<PathBuf>,
    /// Write a file named by the time (UTC) into this folder
    #[arg(long, value_name = "FOLDER")]
    directory: Option<PathBuf>,
    /// With --directory: afterwards delete the oldest of its own backups there, all but this many
    #[arg(long, value_name = "NUMBER", requires = "directory", value_parser = clap::value_parser!(u16).range(1..))]
    keep: Option<u16>,
    /// Overwrite the file if it exists
    #[arg(long)]
    force: bool,
    /// Do not check the backup by restoring it
    #[arg(long)]
    no_verify: bool,
    /// Keep jwt-secret, gateway-token and admin-password of DATA_DIR in it too
    #[arg(long)]
    with_secrets: bool,
    /// Show what an existing backup holds, after checking that it is whole; needs no database
    #[arg(long, conflicts_with_all = ["directory", "force", "no_verify", "with_secrets"])]
    inspect: bool,
    /// Print as JSON
    #[arg(long)]
    json: bool,
}

/// What was done.
#[derive(Debug, Serialize)]
struct Report {
    file: PathBuf,
    bytes: u64,
    header: Header,
    /// None when it was not checked.
    verified: Option<Verified>,
    not_in_it: Vec<String>,
    deleted: Vec<PathBuf>,
    seconds: f64,
}

/// Makes or shows a backup.
pub(crate) async fn backup(arguments: Arguments) -> anyhow::Result<ExitCode> {
    until_stopped(make_or_inspect(arguments)).await
}

/// Gives up when the process is told to stop, so that what is unfinished is cleared away.
async fn until_stopped(work: impl Future<Output = anyhow::Result<ExitCode>>) -> anyhow::Result<ExitCode> {
    let stop = stop_signal()?;
    tokio::select! {
        done = work => done,
        () = stop => bail!("told to stop before the end; what was unfinished is removed"),
    }
}

async fn make_or_inspect(arguments: Arguments) -> anyhow::Result<ExitCode> {
    if arguments.inspect {
        let file = arguments.file.unwrap_or_default();
        return inspect::inspect(&file, arguments.json);
    }
    let config = environment::config(environment::LOCAL_HOST)?;
    refuse_missing(&config)?;
    match (&arguments.file, &arguments.directory) {
        (Some(file), _) if file.as_os_str() == "-" => to_standard_output(&config, &arguments).await?,
        (Some(file), _) => {
            let report = to_file(&config, &arguments, file).await?;
            print(&config, &report, arguments.json)?;
        }
        (None, Some(folder)) => {
            let directory = Directory::take(folder)?;
            let file = directory.name_for(SystemClock.now());
            let mut report = to_file(&config, &arguments, &file).await?;
            if let Some(keep) = arguments.keep {
                report.deleted = directory.delete_all_but(usize::from(keep), &file)?;
            }
            print(&config, &report, arguments.json)?;
        }
        (None, None) => bail!("name a file, or a folder with --directory"),
    }
    Ok(ExitCode::SUCCESS)
}

/// Opening a file that is not there says only that it could not be opened.
fn refuse_missing(config: &Config) -> anyhow::Result<()> {
    match &config.database {
        DatabaseUrl::Sqlite(path) if !path.exists() => {
            bail!("there is no database {}; does DATA_DIR name the server's folder?", path.display())
        }
        _ => Ok(()),
    }
}

async fn to_file(config: &Config, arguments: &Arguments, file: &Path) -> anyhow::Result<Report> {
    if file.exists() && !arguments.force {
        bail!("{} exists; use --force to overwrite it, or name another file", file.display());
    }
    let started = Instant::now();
    let folder = match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let unfinished = tempfile::Builder::new()
        .prefix(UNFINISHED)
        .tempfile_in(folder)
        .with_context(|| format!("making a file in {}", folder.display()))?;
    let beside = collect(config, arguments.with_secrets)?;
    let writer = BufWriter::new(unfinished.as_file());
    let (header, writer) = write(config, &beside, writer, true)
        .await
        .with_context(|| format!("backing up {} to {}", config.database, file.display()))?;
    drop(writer);
    unfinished.as_file().sync_all().context("syncing the backup")?;
    let verified = if arguments.no_verify {
        None
    } else {
        let verified = verify(unfinished.path(), folder, &config.tests_file).await;
        Some(verified.context("checking the backup by restoring it; the backup was not kept")?)
    };
    give_name(unfinished, file, arguments.force)?;
    let bytes = file.metadata()?.len();
    let not_in_it = beside.not_in_it;
    let seconds = started.elapsed().as_secs_f64();
    Ok(Report { file: file.to_owned(), bytes, header, verified, not_in_it, deleted: Vec::new(), seconds })
}

/// Renames the finished file; only then is there anything under its name.
fn give_name(unfinished: NamedTempFile, file: &Path, force: bool) -> anyhow::Result<()> {
    let named = if force { unfinished.persist(file) } else { unfinished.persist_noclobber(file) };
    named.map_err(|error| error.error).with_context(|| format!("naming the backup {}", file.display()))?;
    swap::sync_folder_of(file)
}

async fn write<W: Write>(
    config: &Config,
    beside: &Beside,
    out: W,
    show: bool,
) -> anyhow::Result<(Header, W)> {
    let db = Db::connect_read_only(&config.database).await?;
    let request = BackupRequest {
        dashly_version: env!("CARGO_PKG_VERSION"),
        created_at: SystemClock.now(),
        attachments: &beside.attachments,
    };
    let bar = RowsBar::start("reading", None, show);
    let written = Box::pin(write_backup(&db, &request, out, &mut |rows| bar.at(rows))).await;
    drop(bar);
    db.close().await;
    Ok(written?)
}

#[expect(clippy::print_stderr, reason = "standard output is the backup")]
async fn to_standard_output(config: &Config, arguments: &Arguments) -> anyhow::Result<()> {
    let beside = collect(config, arguments.with_secrets)?;
    let out = BufWriter::with_capacity(1 << 16, std::io::stdout());
    let (header, mut out) = write(config, &beside, out, false)
        .await
        .with_context(|| format!("backing up {} to standard output", config.database))?;
    out.flush().context("writing the backup to standard output")?;
    eprintln!("{} rows in {} tables written.", header.row_count(), header.tables.len());
    eprintln!("Not checked by restoring: where it arrives, run `dashly restore --check FILE`.");
    for line in &beside.not_in_it {
        eprintln!("Not in it: {line}");
    }
    Ok(())
}

fn print(config: &Config, report: &Report, json: bool) -> anyhow::Result<()> {
    if json {
        say!("{}", serde_json::to_string_pretty(report)?);
        return Ok(());
    }
    let header = &report.header;
    say!("{} holds {} as it was at {}.", report.file.display(), config.database, header.created_at);
    say!(
        "  {} rows in {} tables, {} bytes, {:.1} s",
        header.row_count(),
        header.tables.len(),
        report.bytes,
        report.seconds
    );
    for name in &header.attachments {
        say!("  with a copy of {name}");
    }
    match &report.verified {
        Some(verified) => verified.print(),
        None => say!("Not checked by restoring (--no-verify): run `dashly restore --check` on it."),
    }
    for line in &report.not_in_it {
        say!("Not in it: {line}");
    }
    for file in &report.deleted {
        say!("Deleted the older {}", file.display());
    }
    Ok(())
}

/// Opens a file for reading or takes standard input, which is kept in a file first: it has to be read twice.
fn readable(file: &Path) -> anyhow::Result<(PathBuf, Option<NamedTempFile>)> {
    if file.as_os_str() != "-" {
        File::open(file).with_context(|| format!("opening {}", file.display()))?;
        return Ok((file.to_owned(), None));
    }
    let mut kept = NamedTempFile::with_prefix(UNFINISHED).context("keeping standard input in TMPDIR")?;
    std::io::copy(&mut std::io::stdin().lock(), &mut kept).context("reading standard input")?;
    Ok((kept.path().to_owned(), Some(kept)))
}
