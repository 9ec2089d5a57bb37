//! From a configuration to a process that serves until it is told to stop.

use crate::app::identity_config;
use crate::{App, AppParts, Config, DataFolderLock};
use anyhow::{Context, bail};
use dashly_db::{ConnectError, DatabaseUrl, Db};
use dashly_identity::{AdminOutcome, EnsureAdminError};
use dashly_kernel::Secret;
use dashly_process::{OperatingSystemIds, SystemClock, stop_signal};
use dashly_telemetry::{Health, Phase, Tasks};
use dashly_web::{ServeOptions, serve};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::time::Instant;

/// A database server that is just starting gets this long.
const CONNECT_PATIENCE: Duration = Duration::from_mins(1);
/// Requests in progress get this long to end.
const FINISH_TIMEOUT: Duration = Duration::from_secs(8);
/// Background work gets this long to finish at the end.
const FINISH_PATIENCE: Duration = Duration::from_secs(8);

/// Where a started server listens, and what it did at its start.
#[derive(Clone, Copy, Debug)]
pub struct Address {
    /// Address and port.
    pub socket: SocketAddr,
    /// Whether the first administrator was created just now.
    pub created_admin: bool,
}

/// Whether the schema may be brought up to date at the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Migrate {
    /// Apply what is missing: a local installation.
    AtStart,
    /// Refuse to start when something is missing: `dashly migrate` is a step of the deployment.
    Beforehand,
}

/// Serves until SIGTERM or Ctrl-C, then finishes what is in progress. `started` is called once, when the port is open.
///
/// `lock` is the lock on the data folder, if the caller has it already; an embedded database is never opened without.
///
/// # Errors
/// Whatever keeps the server from starting, in words for the operator.
pub async fn run(
    config: Config,
    migrate: Migrate,
    lock: Option<DataFolderLock>,
    started: impl FnOnce(Address),
) -> anyhow::Result<()> {
    // Before waiting for a database.
    identity_config(&config)?;
    let _lock = match (lock, &config.database) {
        (None, DatabaseUrl::Sqlite(_)) => Some(DataFolderLock::take(&config.data_folder)?),
        (lock, _) => lock,
    };
    let db = connect(&config.database).await?;
    prepare_schema(&db, migrate).await?;

    let (health, tasks) = (Health::default(), Tasks::default());
    let parts = AppParts {
        db: db.clone(),
        clock: Arc::new(SystemClock),
        ids: Arc::new(OperatingSystemIds),
        health: health.clone(),
        tasks: tasks.clone(),
    };
    let app = App::build(&config, parts).await?;
    // Before the account is made: a start that fails must not use up the one time its password is shown. Whoever
    // connects meanwhile waits, since nothing is accepted yet.
    let (host, port) = (config.host, config.port);
    let listener = TcpListener::bind((host, port)).await.with_context(|| {
        format!("cannot listen on {host} port {port}; set PORT (or HOST) to another one if it is taken")
    })?;
    let socket = listener.local_addr()?;
    let created_admin = ensure_admin(&app, &config).await?;
    let stop = stop_signal()?;
    health.set_phase(Phase::Ready);
    tracing::info!(%socket, database = %config.database, "serving");
    started(Address { socket, created_admin });

    let options = ServeOptions { drain: config.drain, finish: FINISH_TIMEOUT, health, tasks: tasks.clone() };
    serve(listener, app.router(), options, stop).await;
    drop(app);
    if !tasks.shut_down(FINISH_PATIENCE).await {
        tracing::warn!("some background work did not end in time");
    }
    db.close().await;
    tracing::info!("stopped");
    Ok(())
}

/// Opens the database; waits for a server that does not answer yet.
async fn connect(url: &DatabaseUrl) -> anyhow::Result<Db> {
    let deadline = Instant::now() + CONNECT_PATIENCE;
    loop {
        match Db::connect(url).await {
            Ok(db) => return Ok(db),
            Err(ConnectError::Open { url, source }) if source.is_transient() && Instant::now() < deadline => {
                tracing::warn!(%url, reason = source.reason(), "waiting for the database");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
}

async fn prepare_schema(db: &Db, migrate: Migrate) -> anyhow::Result<()> {
    match migrate {
        Migrate::AtStart => {
            for name in db.migrate().await? {
                tracing::info!(name, "migration applied");
            }
            Ok(())
        }
        Migrate::Beforehand => {
            let missing = db.pending_migrations().await?;
            if missing.is_empty() {
                return Ok(());
            }
            bail!("the database lacks the migrations {}; run `dashly migrate` first", missing.join(", "))
        }
    }
}

/// Creates the first administrator; says whether it did.
async fn ensure_admin(app: &App, config: &Config) -> anyhow::Result<bool> {
    let given = config.admin_password.clone();
    let password = given.clone().unwrap_or_else(|| Secret::new(String::new()));
    let outcome = app.identity().ensure_admin(&config.admin_username, &config.admin_email, &password).await;
    match outcome {
        Ok(outcome) => Ok(outcome == AdminOutcome::Created),
        Err(EnsureAdminError::Password(_)) if given.is_none() => {
            bail!(
                "there is no administrator yet: set ADMIN_PASSWORD (at least 15 characters) for the first start"
            )
        }
        Err(error) => Err(error)
            .context("creating the first administrator (ADMIN_USERNAME, ADMIN_EMAIL, ADMIN_PASSWORD)"),
    }
}
