//! A statement and its parameters on the way to an engine.

use crate::value::{PostgresQuery, SqliteQuery};
use crate::{Columns, DbError, Value};
use std::fmt::Write;

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
        self.parameters.bind_postgres(sqlx::query(self.sql.postgres))
    }

    /// Whether it is over a batch without rows.
    pub(crate) fn is_over_nothing(&self) -> bool {
        matches!(&self.parameters, Parameters::Columns(columns) if columns.row_count() == 0)
    }
}

impl<'a> Parameters<'a> {
    /// How many PostgreSQL gets.
    fn len(&self) -> usize {
        match self {
            Self::Values(values) => values.len(),
            Self::Columns(columns) => columns.column_count(),
        }
    }

    fn bind_postgres(self, query: PostgresQuery<'a>) -> PostgresQuery<'a> {
        match self {
            Self::Values(values) => values.into_iter().fold(query, |query, value| value.bind_postgres(query)),
            Self::Columns(columns) => columns.bind_postgres(query),
        }
    }
}

/// Statements as one, for PostgreSQL: each becomes a part of a `with`, its parameters numbered on from those before it.
#[expect(clippy::disallowed_methods, reason = "this crate is the one owner of the driver")]
pub(crate) fn join_for_postgres(queries: Vec<Query<'_>>) -> PostgresQuery<'_> {
    let mut text = String::new();
    let mut parameters = 0;
    for (number, query) in queries.iter().enumerate() {
        text.push_str(if number == 0 { "with " } else { ", " });
        // Writing to a String cannot fail.
        let _ = write!(text, "statement_{number} as (");
        push_renumbered(&mut text, query.sql.postgres, parameters);
        text.push(')');
        parameters += query.parameters.len();
    }
    text.push_str(" select 1");
    // Made of constants only.
    let joined = sqlx::query(sqlx::AssertSqlSafe(text));
    queries.into_iter().fold(joined, |joined, query| query.parameters.bind_postgres(joined))
}

/// Adds `text` with `offset` added to the number of each parameter.
fn push_renumbered(joined: &mut String, text: &str, offset: usize) {
    let mut parts = text.split('$');
    joined.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let digits = part.len() - part.trim_start_matches(|character: char| character.is_ascii_digit()).len();
        let (number, rest) = part.split_at(digits);
        joined.push('$');
        match number.parse::<usize>() {
            Ok(number) => {
                let _ = write!(joined, "{}", number + offset);
            }
            Err(_) => joined.push_str(number),
        }
        joined.push_str(rest);
    }
}

/// Turns a missing row into an error of the driver's own kind, so that `fetch_one` reads the same on both engines.
pub(crate) fn required<T>(row: Option<T>) -> Result<T, DbError> {
    row.ok_or_else(|| DbError::from(sqlx::Error::RowNotFound))
}

#[cfg(test)]
mod tests {
    use super::push_renumbered;

    #[test]
    fn parameters_are_numbered_on() {
        let mut joined = String::new();
        push_renumbered(&mut joined, "select $1, $2::text[], '$', $10 + $1", 9);
        assert_eq!(joined, "select $10, $11::text[], '$', $19 + $10");
        push_renumbered(&mut joined, " from nothing", 9);
        assert_eq!(joined, "select $10, $11::text[], '$', $19 + $10 from nothing");
    }
}
