//! From an address to an open database.

use crate::database::Pools;
use crate::durability::{self, DurabilityError, sqlite_synchronous};
use crate::{Db, DbError, Sql, WeakDurability, sql};
use dashly_kernel::Secret;
use futures_util::TryFutureExt;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

/// How long a caller waits for a connection before it hears that the database is away.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(2);
/// How long SQLite waits for a lock that another process holds.
const BUSY_TIMEOUT: Duration = Duration::from_secs(2);
/// Readers beside the one writer; results and sign-in are short.
const SQLITE_READERS: u32 = 4;
/// Connections per process for transactions: one for the batching writer, the others for sign-in.
const POSTGRES_WRITERS: u32 = 4;
/// Connections per process for results, sign-in and the mirror.
const POSTGRES_READERS: u32 = 6;

const LIST_SQLITE_TABLES: Sql = sql!("select name from sqlite_master where type = 'table'");

/// Where the database is.
#[derive(Clone, Debug)]
pub enum DatabaseUrl {
    /// A file on this machine, created when missing.
    Sqlite(PathBuf),
    /// A connection string of a PostgreSQL server.
    Postgres(Secret<String>),
}

/// The text is not the address of a database.
#[derive(Debug, thiserror::Error)]
#[error("expected postgres://user:password@host:port/name or sqlite:path/to/file")]
pub struct InvalidDatabaseUrl;

impl FromStr for DatabaseUrl {
    type Err = InvalidDatabaseUrl;

    fn from_str(text: &str) -> Result<Self, InvalidDatabaseUrl> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            PgConnectOptions::from_str(text).map_err(|_| InvalidDatabaseUrl)?;
            return Ok(Self::Postgres(Secret::new(text.to_owned())));
        }
        let path = text.strip_prefix("sqlite://").or_else(|| text.strip_prefix("sqlite:"));
        match path {
            Some(path) if !path.is_empty() => Ok(Self::Sqlite(PathBuf::from(path))),
            _ => Err(InvalidDatabaseUrl),
        }
    }
}

impl std::fmt::Display for DatabaseUrl {
    /// Without the password.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sqlite(path) => write!(formatter, "sqlite:{}", path.display()),
            Self::Postgres(url) => match PgConnectOptions::from_str(url.expose()) {
                Ok(options) => write!(
                    formatter,
                    "postgres://{}@{}:{}/{}",
                    options.get_username(),
                    options.get_host(),
                    options.get_port(),
                    options.get_database().unwrap_or_default()
                ),
                Err(_) => formatter.write_str("postgres://…"),
            },
        }
    }
}

/// Why a database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The address is not understood.
    #[error(transparent)]
    Url(#[from] InvalidDatabaseUrl),
    /// The folder of the database file could not be made.
    #[error("could not create the folder {}", .path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The database did not answer.
    #[error("could not open the database {url}")]
    Open {
        /// Its address without the password.
        url: String,
        /// What the driver said.
        source: DbError,
    },
    /// The file is the database of another program.
    #[error("{} is the database of another program: it has tables, and none of them is Dashly's", .path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The database answers but may lose committed data.
    #[error(transparent)]
    Weak(#[from] WeakDurability),
}

impl Db {
    /// Opens the database and reads back that what it commits is kept. On PostgreSQL it makes two connections.
    ///
    /// # Errors
    /// [`ConnectError`]; `Open` can pass by itself when a server is just starting.
    pub async fn connect(url: &DatabaseUrl) -> Result<Self, ConnectError> {
        let db = match url {
            DatabaseUrl::Sqlite(path) => {
                Self::refuse_foreign(path).await?;
                Self::open_sqlite(path).await?
            }
            DatabaseUrl::Postgres(text) => Self::open_postgres(text)?,
        };
        let open = |source| ConnectError::Open { url: url.to_string(), source };
        let keeps = durability::check(&db).map_err(|error| match error {
            DurabilityError::Weak(weak) => weak.into(),
            DurabilityError::Read(source) => open(source),
        });
        // A server makes a process and checks the password for each connection: the first reader gets its own meanwhile.
        tokio::try_join!(keeps, db.ping().map_err(open))?;
        Ok(db)
    }

    /// As [`Db::connect`], of a database that exists already: nothing is created where there is none.
    ///
    /// # Errors
    /// [`ConnectError`].
    pub async fn connect_existing(url: &DatabaseUrl) -> Result<Self, ConnectError> {
        Self::connect_read_only(url).await?.close().await;
        Self::connect(url).await
    }

    /// Opens an existing database for reading only: statements that write fail.
    ///
    /// # Errors
    /// [`ConnectError`].
    pub async fn connect_read_only(url: &DatabaseUrl) -> Result<Self, ConnectError> {
        let db = match url {
            DatabaseUrl::Sqlite(path) => {
                let readers = open_sqlite_readers(path).await?;
                Self { pools: Pools::Sqlite { writer: readers.clone(), readers } }
            }
            DatabaseUrl::Postgres(text) => {
                let options = postgres_options(text)?.options([("default_transaction_read_only", "on")]);
                Self { pools: postgres_pools(options) }
            }
        };
        db.ping().await.map_err(|source| ConnectError::Open { url: url.to_string(), source })?;
        Ok(db)
    }

    /// An empty database in memory, with one connection.
    pub(crate) async fn in_memory() -> Result<Self, DbError> {
        Self::on_one_connection(SqliteConnectOptions::new().in_memory(true)).await
    }

    /// Opens a database to be filled in one transaction, over one connection.
    ///
    /// On SQLite it is a new file, private to this user, and nothing in it is safe before [`Db::close`] and a sync of the
    /// file: for files that become a database only when they are complete. On PostgreSQL it can be told from servers.
    ///
    /// # Errors
    /// [`ConnectError`]; `Open` also when the file exists.
    pub async fn connect_for_loading(url: &DatabaseUrl) -> Result<Self, ConnectError> {
        let open = |source| ConnectError::Open { url: url.to_string(), source };
        match url {
            DatabaseUrl::Sqlite(path) => {
                let mut options = private_options();
                options
                    .create_new(true)
                    .open(path)
                    .await
                    .map_err(|source| open(sqlx::Error::Io(source).into()))?;
                let options = SqliteConnectOptions::new()
                    .filename(path)
                    .journal_mode(SqliteJournalMode::Off)
                    .synchronous(SqliteSynchronous::Off)
                    .foreign_keys(true)
                    // In KiB, because negative.
                    .pragma("cache_size", "-65536");
                Self::on_one_connection(options).await.map_err(open)
            }
            DatabaseUrl::Postgres(text) => {
                let options = postgres_options(text)?.application_name("dashly restore");
                let pool = PgPoolOptions::new()
                    .max_connections(1)
                    .acquire_timeout(ACQUIRE_TIMEOUT)
                    .connect_lazy_with(options);
                let db = Self { pools: Pools::Postgres { writers: pool.clone(), readers: pool } };
                db.ping().await.map_err(open)?;
                Ok(db)
            }
        }
    }

    async fn on_one_connection(options: SqliteConnectOptions) -> Result<Self, DbError> {
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(options)
            .await?;
        Ok(Self { pools: Pools::Sqlite { writer: pool.clone(), readers: pool } })
    }

    /// Looks, without writing, whether an existing file is ours or empty. Several programs may share a PostgreSQL
    /// database, but not such a file.
    async fn refuse_foreign(path: &Path) -> Result<(), ConnectError> {
        if !tokio::fs::metadata(path).await.is_ok_and(|file| file.len() > 0) {
            return Ok(());
        }
        let url = DatabaseUrl::Sqlite(path.to_owned());
        let db = Self::connect_read_only(&url).await?;
        let tables = db.fetch_all(LIST_SQLITE_TABLES.query()).await;
        db.close().await;
        let names = tables.and_then(|rows| rows.iter().map(|row| row.get::<String>(0)).collect());
        let names: Vec<String> =
            names.map_err(|source| ConnectError::Open { url: url.to_string(), source })?;
        if names.is_empty() || names.iter().any(|name| name == "schema_migrations") {
            return Ok(());
        }
        Err(ConnectError::Foreign { path: path.to_owned() })
    }

    async fn open_sqlite(path: &Path) -> Result<Self, ConnectError> {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            tokio::fs::create_dir_all(folder)
                .await
                .map_err(|source| ConnectError::Folder { path: folder.to_owned(), source })?;
        }
        create_private_file(path).await.map_err(|source| open_error(path, sqlx::Error::Io(source)))?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(sqlite_synchronous())
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT);
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(options)
            .await
            .map_err(|source| open_error(path, source))?;
        let readers = open_sqlite_readers(path).await?;
        Ok(Self { pools: Pools::Sqlite { writer, readers } })
    }

    fn open_postgres(url: &Secret<String>) -> Result<Self, ConnectError> {
        Ok(Self { pools: postgres_pools(postgres_options(url)?) })
    }
}

/// Makes the database file, readable by this user only, unless it is there. SQLite gives its log the same mode.
async fn create_private_file(path: &Path) -> std::io::Result<()> {
    match private_options().create_new(true).open(path).await {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// For writing a file that this user only may read.
fn private_options() -> tokio::fs::OpenOptions {
    let mut options = tokio::fs::OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    options.mode(0o600);
    options
}

fn open_error(path: &Path, source: sqlx::Error) -> ConnectError {
    ConnectError::Open { url: DatabaseUrl::Sqlite(path.to_owned()).to_string(), source: source.into() }
}

/// Readers must not set the journal mode: only the writer may touch the file.
async fn open_sqlite_readers(path: &Path) -> Result<SqlitePool, ConnectError> {
    let options = SqliteConnectOptions::new().filename(path).read_only(true).busy_timeout(BUSY_TIMEOUT);
    SqlitePoolOptions::new()
        .max_connections(SQLITE_READERS)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .connect_with(options)
        .await
        .map_err(|source| open_error(path, source))
}

fn postgres_options(url: &Secret<String>) -> Result<PgConnectOptions, ConnectError> {
    Ok(PgConnectOptions::from_str(url.expose())
        .map_err(|_| InvalidDatabaseUrl)?
        .application_name("dashly")
        .options([
            ("synchronous_commit", "on"),
            ("statement_timeout", "10s"),
            ("idle_in_transaction_session_timeout", "30s"),
        ]))
}

fn postgres_pools(options: PgConnectOptions) -> Pools {
    let pool =
        |connections| PgPoolOptions::new().max_connections(connections).acquire_timeout(ACQUIRE_TIMEOUT);
    Pools::Postgres {
        writers: pool(POSTGRES_WRITERS).connect_lazy_with(options.clone()),
        readers: pool(POSTGRES_READERS).connect_lazy_with(options),
    }
}
