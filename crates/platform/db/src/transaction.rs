//! A transaction.

use crate::query::{join_for_postgres, required};
use crate::row::RowKind;
use crate::{DbError, Engine, Query, Row, Sql, sql};
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnection, PgPool, Postgres};
use sqlx::sqlite::{Sqlite, SqliteConnection, SqlitePool};

/// A transaction on either engine. Dropped without [`Tx::commit`], it is undone.
#[derive(Debug)]
pub struct Tx(Kind);

#[derive(Debug)]
enum Kind {
    /// Holds SQLite's one write lock.
    Sqlite(SqliteTransaction),
    /// Read committed, unless a statement takes stronger locks.
    Postgres(sqlx::Transaction<'static, Postgres>),
}

/// A connection inside `begin immediate`.
///
/// The driver keeps a count of nested transactions, which SQLite invalidates: on a full disk it undoes the transaction
/// by itself, and the connection could never begin another one. So a connection whose transaction did not end in a
/// commit is closed, which undoes whatever there is to undo; the next transaction opens a new one (about a millisecond).
#[derive(Debug)]
struct SqliteTransaction {
    connection: PoolConnection<Sqlite>,
    is_committed: bool,
}

impl Drop for SqliteTransaction {
    fn drop(&mut self) {
        if !self.is_committed {
            self.connection.close_on_drop();
        }
    }
}

const BEGIN: Sql = sql!("begin immediate");
const COMMIT: Sql = sql!("commit");
/// Reads one state of the database, that of its first statement, for as long as it lasts.
const BEGIN_READING: Sql = sql!("begin");

/// The connection under a transaction, for statements whose text is made from the catalogue.
pub(crate) enum Connection<'a> {
    Sqlite(&'a mut SqliteConnection),
    Postgres(&'a mut PgConnection),
}

impl Tx {
    pub(crate) async fn begin_sqlite(pool: &SqlitePool) -> Result<Self, DbError> {
        let connection = pool.acquire().await?;
        let mut transaction = SqliteTransaction { connection, is_committed: false };
        BEGIN.query().into_sqlite().execute(&mut *transaction.connection).await?;
        Ok(Self(Kind::Sqlite(transaction)))
    }

    pub(crate) async fn begin_postgres(pool: &PgPool) -> Result<Self, DbError> {
        Ok(Self(Kind::Postgres(pool.begin().await?)))
    }

    /// Reads one state for as long as it lasts, while others write.
    pub(crate) async fn begin_snapshot_sqlite(readers: &SqlitePool) -> Result<Self, DbError> {
        let connection = readers.acquire().await?;
        let mut transaction = SqliteTransaction { connection, is_committed: false };
        BEGIN_READING.query().into_sqlite().execute(&mut *transaction.connection).await?;
        Ok(Self(Kind::Sqlite(transaction)))
    }

    /// As [`Tx::begin_snapshot_sqlite`].
    pub(crate) async fn begin_snapshot_postgres(readers: &PgPool) -> Result<Self, DbError> {
        let mut tx = Self::begin_postgres(readers).await?;
        tx.execute_script("set transaction isolation level repeatable read, read only").await?;
        Ok(tx)
    }

    /// Lets the statements of this transaction take as long as they need; on SQLite there is no limit.
    pub(crate) async fn lift_time_limits(&mut self) -> Result<(), DbError> {
        if self.engine() == Engine::Postgres {
            self.execute_script(
                "set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0",
            )
            .await?;
        }
        Ok(())
    }

    pub(crate) fn connection(&mut self) -> Connection<'_> {
        match &mut self.0 {
            Kind::Sqlite(transaction) => Connection::Sqlite(&mut transaction.connection),
            Kind::Postgres(transaction) => Connection::Postgres(transaction),
        }
    }

    /// Which engine this runs on.
    pub const fn engine(&self) -> Engine {
        match self.0 {
            Kind::Sqlite(_) => Engine::Sqlite,
            Kind::Postgres(_) => Engine::Postgres,
        }
    }

    /// Makes everything done here permanent: on return it has been synced to disk.
    ///
    /// # Errors
    /// [`DbError`]. After `Unavailable` the outcome is not known: the server may have committed before the
    /// connection broke.
    pub async fn commit(self) -> Result<(), DbError> {
        match self.0 {
            Kind::Sqlite(mut transaction) => {
                COMMIT.query().into_sqlite().execute(&mut *transaction.connection).await?;
                transaction.is_committed = true;
                Ok(())
            }
            Kind::Postgres(transaction) => Ok(transaction.commit().await?),
        }
    }

    /// Runs a statement; gives the number of rows it changed.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn execute(&mut self, query: Query<'_>) -> Result<u64, DbError> {
        match &mut self.0 {
            Kind::Sqlite(transaction) => {
                Ok(query.into_sqlite().execute(&mut *transaction.connection).await?.rows_affected())
            }
            Kind::Postgres(transaction) => {
                Ok(query.into_postgres().execute(&mut **transaction).await?.rows_affected())
            }
        }
    }

    /// Runs statements that change something and do not need each other's changes; all parameters reach the server at once.
    ///
    /// On PostgreSQL they are one statement: a single way to the server and back, which is what a transaction's time
    /// is made of where the server is far. None of them sees what the others change, and no two may change the same row.
    /// The server keeps the plan, so give the same statements each time: a batch without rows costs next to nothing. On
    /// SQLite they run one after the other, without the batches that have no rows.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn execute_all(&mut self, queries: Vec<Query<'_>>) -> Result<(), DbError> {
        match &mut self.0 {
            Kind::Sqlite(transaction) => {
                for query in queries.into_iter().filter(|query| !query.is_over_nothing()) {
                    query.into_sqlite().execute(&mut *transaction.connection).await?;
                }
            }
            Kind::Postgres(transaction) => {
                join_for_postgres(queries).execute(&mut **transaction).await?;
            }
        }
        Ok(())
    }

    /// All rows of a statement.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn fetch_all(&mut self, query: Query<'_>) -> Result<Vec<Row>, DbError> {
        match &mut self.0 {
            Kind::Sqlite(transaction) => {
                let rows = query.into_sqlite().fetch_all(&mut *transaction.connection).await?;
                Ok(rows.into_iter().map(|row| Row(RowKind::Sqlite(row))).collect())
            }
            Kind::Postgres(transaction) => {
                let rows = query.into_postgres().fetch_all(&mut **transaction).await?;
                Ok(rows.into_iter().map(|row| Row(RowKind::Postgres(row))).collect())
            }
        }
    }

    /// The first row of a statement, if there is any.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn fetch_optional(&mut self, query: Query<'_>) -> Result<Option<Row>, DbError> {
        Ok(self.fetch_all(query).await?.into_iter().next())
    }

    /// The first row of a statement.
    ///
    /// # Errors
    /// [`DbError`], of kind `Other` when there is no row.
    pub async fn fetch_one(&mut self, query: Query<'_>) -> Result<Row, DbError> {
        required(self.fetch_optional(query).await?)
    }

    /// Runs several statements of one constant text, such as a migration.
    pub(crate) async fn execute_script(&mut self, text: &'static str) -> Result<(), DbError> {
        let script = sqlx::raw_sql(text);
        match &mut self.0 {
            Kind::Sqlite(transaction) => script.execute(&mut *transaction.connection).await.map(drop)?,
            Kind::Postgres(transaction) => script.execute(&mut **transaction).await.map(drop)?,
        }
        Ok(())
    }
}
