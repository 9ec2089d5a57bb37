//! The handle of a database.

use crate::query::required;
use crate::row::RowKind;
use crate::{DbError, Query, Row, Sql, Tx, sql};
use sqlx::postgres::PgPool;
use sqlx::sqlite::SqlitePool;

/// Which engine a [`Db`] speaks to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// The embedded database: one file, one process.
    Sqlite,
    /// A server that several processes share.
    Postgres,
}

/// A database: cheap to clone, to be shared by everything in the process.
#[derive(Clone, Debug)]
pub struct Db {
    pub(crate) pools: Pools,
}

#[derive(Clone, Debug)]
pub(crate) enum Pools {
    /// SQLite has one writer at a time; readers see the last commit and never wait for it (WAL).
    Sqlite { writer: SqlitePool, readers: SqlitePool },
    /// Transactions have connections of their own, so that the batching writer finds its statements prepared.
    Postgres { writers: PgPool, readers: PgPool },
}

impl Db {
    /// Which engine this is.
    pub const fn engine(&self) -> Engine {
        match self.pools {
            Pools::Sqlite { .. } => Engine::Sqlite,
            Pools::Postgres { .. } => Engine::Postgres,
        }
    }

    /// Begins a transaction that may write. It is undone unless [`Tx::commit`] is called.
    ///
    /// On SQLite it takes the write lock at once, so that it cannot fail later by having read too early.
    ///
    /// # Errors
    /// [`DbError`], mostly `Busy` or `Unavailable`.
    pub async fn begin(&self) -> Result<Tx, DbError> {
        match &self.pools {
            Pools::Sqlite { writer, .. } => Tx::begin_sqlite(writer).await,
            Pools::Postgres { writers, .. } => Tx::begin_postgres(writers).await,
        }
    }

    /// Begins a transaction that sees one state of the database, whatever is written meanwhile.
    pub(crate) async fn begin_snapshot(&self) -> Result<Tx, DbError> {
        match &self.pools {
            Pools::Sqlite { readers, .. } => Tx::begin_snapshot_sqlite(readers).await,
            Pools::Postgres { readers, .. } => Tx::begin_snapshot_postgres(readers).await,
        }
    }

    /// All rows of a reading statement, in the order the statement gives.
    ///
    /// # Errors
    /// [`DbError`]; a statement that writes fails on SQLite, since readers are opened read-only.
    pub async fn fetch_all(&self, query: Query<'_>) -> Result<Vec<Row>, DbError> {
        match &self.pools {
            Pools::Sqlite { readers, .. } => {
                let rows = query.into_sqlite().fetch_all(readers).await?;
                Ok(rows.into_iter().map(|row| Row(RowKind::Sqlite(row))).collect())
            }
            Pools::Postgres { readers, .. } => {
                let rows = query.into_postgres().fetch_all(readers).await?;
                Ok(rows.into_iter().map(|row| Row(RowKind::Postgres(row))).collect())
            }
        }
    }

    /// The first row of a reading statement, if there is any.
    ///
    /// # Errors
    /// As [`Db::fetch_all`].
    pub async fn fetch_optional(&self, query: Query<'_>) -> Result<Option<Row>, DbError> {
        match &self.pools {
            Pools::Sqlite { readers, .. } => {
                let row = query.into_sqlite().fetch_optional(readers).await?;
                Ok(row.map(|row| Row(RowKind::Sqlite(row))))
            }
            Pools::Postgres { readers, .. } => {
                let row = query.into_postgres().fetch_optional(readers).await?;
                Ok(row.map(|row| Row(RowKind::Postgres(row))))
            }
        }
    }

    /// The first row of a reading statement.
    ///
    /// # Errors
    /// As [`Db::fetch_all`], and kind `Other` when there is no row.
    pub async fn fetch_one(&self, query: Query<'_>) -> Result<Row, DbError> {
        required(self.fetch_optional(query).await?)
    }

    /// Runs one writing statement in its own transaction; gives the number of rows it changed.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn execute(&self, query: Query<'_>) -> Result<u64, DbError> {
        match &self.pools {
            Pools::Sqlite { writer, .. } => Ok(query.into_sqlite().execute(writer).await?.rows_affected()),
            Pools::Postgres { writers, .. } => {
                Ok(query.into_postgres().execute(writers).await?.rows_affected())
            }
        }
    }

    /// Whether the database answers at all.
    ///
    /// # Errors
    /// [`DbError`], mostly `Unavailable`.
    pub async fn ping(&self) -> Result<(), DbError> {
        const PING: Sql = sql!("select 1");
        self.fetch_one(PING.query()).await.map(|_| ())
    }

    /// Closes all connections after their running statements; later calls fail. On SQLite this also moves the log
    /// into the main file.
    pub async fn close(&self) {
        match &self.pools {
            Pools::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            Pools::Postgres { writers, readers } => {
                readers.close().await;
                writers.close().await;
            }
        }
    }
}
