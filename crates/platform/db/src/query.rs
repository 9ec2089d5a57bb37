//! A statement and its parameters on the way to an engine.

use crate::value::{PostgresQuery, SqliteQuery};
use crate::{Columns, DbError, Value};

/// The text of a statement: the same for both engines, or one each. Made by [`sql!`](crate::sql!).
#[derive(Clone, Copy, Debug)]
pub struct Sql {
    /// The text that PostgreSQL gets.
    pub postgres: &'static str,
    /// The text that SQLite gets.
    pub sqlite: &'static str,
}

/// Makes a [`Sql`]: `sql!("…")` when both engines take the same text, else
/// `sql! { postgres: "…", sqlite: "…" }` with the two side by side.
#[macro_export]
macro_rules! sql {
    ($text:literal) => {
        $crate::Sql { postgres: $text, sqlite: $text }
    };
    (postgres: $postgres:literal, sqlite: $sqlite:literal $(,)?) => {
        $crate::Sql { postgres: $postgres, sqlite: $sqlite }
    };
}

/// A statement with its parameters, ready to run on a [`Db`](crate::Db) or in a [`Tx`](crate::Tx).
#[derive(Debug)]
pub struct Query<'a> {
    sql: Sql,
    parameters: Parameters<'a>,
}

#[derive(Debug)]
enum Parameters<'a> {
    Values(Vec<Value>),
    Columns(Columns<'a>),
}

impl Sql {
    /// This statement without parameters so far.
    pub const fn query(self) -> Query<'static> {
        Query { sql: self, parameters: Parameters::Values(Vec::new()) }
    }

    /// This statement over a whole batch of rows.
    pub const fn batch(self, columns: Columns<'_>) -> Query<'_> {
        Query { sql: self, parameters: Parameters::Columns(columns) }
    }
}

impl Query<'static> {
    /// Adds the next parameter: the first call gives `$1`.
    #[must_use]
    pub fn bind(mut self, value: impl Into<Value>) -> Self {
        if let Parameters::Values(values) = &mut self.parameters {
            values.push(value.into());
        }
        self
    }
}

impl<'a> Query<'a> {
    #[expect(clippy::disallowed_methods, reason = "this crate is the one owner of the driver")]
    pub(crate) fn into_sqlite(self) -> SqliteQuery<'a> {
        let query = sqlx::query(self.sql.sqlite);
        match self.parameters {
            Parameters::Values(values) => {
                values.into_iter().fold(query, |query, value| value.bind_sqlite(query))
            }
            Parameters::Columns(columns) => columns.bind_sqlite(query),
        }
    }

    #[expect(clippy::disallowed_methods, reason = "this crate is the one owner of the driver")]
    pub(crate) fn into_postgres(self) -> PostgresQuery<'a> {
        let query = sqlx::query(self.sql.postgres);
        match self.parameters {
            Parameters::Values(values) => {
                values.into_iter().fold(query, |query, value| value.bind_postgres(query))
            }
            Parameters::Columns(columns) => columns.bind_postgres(query),
        }
    }
}

/// Turns a missing row into an error of the driver's own kind, so that `fetch_one` reads the same on both engines.
pub(crate) fn required<T>(row: Option<T>) -> Result<T, DbError> {
    row.ok_or_else(|| DbError::from(sqlx::Error::RowNotFound))
}
