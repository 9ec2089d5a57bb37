//! One row of an answer.

use crate::DbError;
use dashly_kernel::Timestamp;
use sqlx::Row as _;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::types::time::OffsetDateTime;
use uuid::Uuid;

/// One row of an answer, from either engine.
#[derive(Debug)]
pub struct Row(pub(crate) RowKind);

pub(crate) enum RowKind {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

impl std::fmt::Debug for RowKind {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Sqlite(_) => "SqliteRow",
            Self::Postgres(_) => "PgRow",
        })
    }
}

impl Row {
    /// The value in column `index`, counted from 0 in the order of the statement's select list.
    ///
    /// # Errors
    /// [`DbError`] of kind `Other` when the column does not exist or holds another type: a fault of the statement.
    pub fn get<T: Column>(&self, index: usize) -> Result<T, DbError> {
        T::decode(self, index)
    }
}

/// A type that can be read from a column of either engine.
pub trait Column: Sized {
    /// Reads column `index` of `row`.
    ///
    /// # Errors
    /// As [`Row::get`].
    fn decode(row: &Row, index: usize) -> Result<Self, DbError>;
}

macro_rules! plain_column {
    ($($type:ty),* $(,)?) => {
        $(impl Column for $type {
            fn decode(row: &Row, index: usize) -> Result<Self, DbError> {
                match &row.0 {
                    RowKind::Sqlite(row) => Ok(row.try_get(index)?),
                    RowKind::Postgres(row) => Ok(row.try_get(index)?),
                }
            }
        })*
    };
}

plain_column!(String, Option<String>, i64, Option<i64>, f64, Option<f64>, bool, Uuid);

impl Column for Timestamp {
    fn decode(row: &Row, index: usize) -> Result<Self, DbError> {
        match &row.0 {
            RowKind::Sqlite(row) => Ok(Self::from_unix_micros(row.try_get(index)?)),
            RowKind::Postgres(row) => Ok(Self::from_date_time(row.try_get::<OffsetDateTime, _>(index)?)),
        }
    }
}

impl Column for Option<Timestamp> {
    fn decode(row: &Row, index: usize) -> Result<Self, DbError> {
        match &row.0 {
            RowKind::Sqlite(row) => {
                Ok(row.try_get::<Option<i64>, _>(index)?.map(Timestamp::from_unix_micros))
            }
            RowKind::Postgres(row) => {
                Ok(row.try_get::<Option<OffsetDateTime>, _>(index)?.map(Timestamp::from_date_time))
            }
        }
    }
}
