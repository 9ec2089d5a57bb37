//! Why a backup could not be made or used.

use crate::{DbError, MigrateError};

/// Why a backup could not be made or used.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The database refused.
    #[error("{doing}")]
    Db {
        /// What was being done.
        doing: String,
        /// What the database said.
        source: DbError,
    },
    /// A migration failed.
    #[error(transparent)]
    Migrate(#[from] MigrateError),
    /// The file could not be read or written.
    #[error("{doing}")]
    Io {
        /// What was being done.
        doing: &'static str,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The file does not begin like a backup.
    #[error("this is not a Dashly backup: it does not begin like one")]
    NotABackup,
    /// The file is not as it was written.
    #[error("the backup is damaged or was cut short: {0}; nothing was changed, use another copy")]
    Damaged(String),
    /// The file has a later format.
    #[error(
        "the backup has format {found}, and this program ({program}) reads format {known}: use the Dashly {version} that made it, or a newer one"
    )]
    NewerFormat {
        /// Its format.
        found: u32,
        /// What this program reads.
        known: u32,
        /// The version of Dashly that made it.
        version: String,
        /// The version of this crate.
        program: &'static str,
    },
    /// The backup was made after migrations that this program does not have.
    #[error(
        "the backup has the schema {migration}, which this program does not know: use the Dashly {version} that made it, or a newer one"
    )]
    NewerSchema {
        /// The first unknown migration.
        migration: String,
        /// The version of Dashly that made it.
        version: String,
    },
    /// The database was brought to a schema that this program does not have.
    #[error("the database has the schema {migration}, which this program does not know: use a newer Dashly")]
    NewerDatabase {
        /// The first unknown migration.
        migration: String,
    },
    /// There is nothing of ours in the database.
    #[error("the database has no tables of Dashly: run `dashly migrate` or start the server once")]
    NoSchema,
    /// A column has a type that a backup cannot keep, or is missing.
    #[error("the column {table}.{column} has the type {found}, which a backup does not keep")]
    Column {
        /// Its table.
        table: String,
        /// Its name.
        column: String,
        /// The type in the database's words.
        found: String,
    },
    /// Others work on the target.
    #[error(
        "{connections} connections of Dashly are open to this database: stop all servers that use it, then restore"
    )]
    InUse {
        /// How many.
        connections: i64,
    },
    /// The target has rows, and nobody said that they may go.
    #[error("the database is not empty: it has {rows} rows; use --replace to give them up")]
    NotEmpty {
        /// How many rows.
        rows: u64,
    },
    /// What was read back is not what the backup holds.
    #[error("the table {table} read back differs from the backup: {detail}; nothing was changed")]
    Different {
        /// Which table.
        table: String,
        /// In what.
        detail: String,
    },
}

impl BackupError {
    pub(super) fn io(doing: &'static str) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Io { doing, source }
    }

    pub(super) fn db(doing: impl Into<String>) -> impl FnOnce(DbError) -> Self {
        move |source| Self::Db { doing: doing.into(), source }
    }
}
