//! A transaction.

use crate::query::required;
use crate::row::RowKind;
use crate::{DbError, Engine, Query, Row};
use sqlx::postgres::Postgres;
use sqlx::sqlite::Sqlite;

/// A transaction on either engine. Dropped without [`Tx::commit`], it is undone.
#[derive(Debug)]
pub enum Tx {
    /// Holds SQLite's one write lock.
    Sqlite(sqlx::Transaction<'static, Sqlite>),
    /// Read committed, unless a statement takes stronger locks.
    Postgres(sqlx::Transaction<'static, Postgres>),
}

impl Tx {
    /// Which engine this runs on.
    pub const fn engine(&self) -> Engine {
        match self {
            Self::Sqlite(_) => Engine::Sqlite,
            Self::Postgres(_) => Engine::Postgres,
        }
    }

    /// Makes everything done here permanent: on return it has been synced to disk.
    ///
    /// # Errors
    /// [`DbError`]. After `Unavailable` the outcome is not known: the server may have committed before the
    /// connection broke.
    pub async fn commit(self) -> Result<(), DbError> {
        match self {
            Self::Sqlite(transaction) => Ok(transaction.commit().await?),
            Self::Postgres(transaction) => Ok(transaction.commit().await?),
        }
    }

    /// Runs a statement; gives the number of rows it changed.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn execute(&mut self, query: Query<'_>) -> Result<u64, DbError> {
        match self {
            Self::Sqlite(transaction) => {
                Ok(query.into_sqlite().execute(&mut **transaction).await?.rows_affected())
            }
            Self::Postgres(transaction) => {
                Ok(query.into_postgres().execute(&mut **transaction).await?.rows_affected())
            }
        }
    }

    /// All rows of a statement.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn fetch_all(&mut self, query: Query<'_>) -> Result<Vec<Row>, DbError> {
        match self {
            Self::Sqlite(transaction) => {
                let rows = query.into_sqlite().fetch_all(&mut **transaction).await?;
                Ok(rows.into_iter().map(|row| Row(RowKind::Sqlite(row))).collect())
            }
            Self::Postgres(transaction) => {
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
        match self {
            Self::Sqlite(transaction) => script.execute(&mut **transaction).await.map(drop)?,
            Self::Postgres(transaction) => script.execute(&mut **transaction).await.map(drop)?,
        }
        Ok(())
    }
}
