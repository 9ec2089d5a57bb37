//! A whole batch of rows as the parameters of one statement.

use crate::value::{PostgresQuery, SqliteQuery};
use dashly_kernel::Timestamp;
use serde_json::Value as Json;
use sqlx::types::time::OffsetDateTime;

/// The rows of a batch, column by column.
///
/// On PostgreSQL each column is one array parameter (`$1`, `$2`, … in the order of the calls), to be opened by
/// `unnest($1::text[], $2::timestamptz[])`. On SQLite the whole batch is the single parameter `$1`, a JSON array with
/// one array per row, to be opened by `json_each($1)` and read as `value ->> 0`, `value ->> 1`, … Either way the
/// statement's text is constant, whatever the size of the batch. All columns must have the same length.
#[derive(Debug, Default)]
pub struct Columns<'a> {
    columns: Vec<ColumnValues<'a>>,
}

#[derive(Debug)]
enum ColumnValues<'a> {
    Text(Vec<Option<&'a str>>),
    Integer(Vec<Option<i64>>),
    Float(Vec<Option<f64>>),
    Boolean(Vec<bool>),
    Time(Vec<Option<Timestamp>>),
}

impl<'a> Columns<'a> {
    /// No columns yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a text column.
    #[must_use]
    pub fn text(self, values: impl IntoIterator<Item = &'a str>) -> Self {
        self.optional_text(values.into_iter().map(Some))
    }

    /// Adds a text column with gaps.
    #[must_use]
    pub fn optional_text(mut self, values: impl IntoIterator<Item = Option<&'a str>>) -> Self {
        self.columns.push(ColumnValues::Text(values.into_iter().collect()));
        self
    }

    /// Adds a column of whole numbers.
    #[must_use]
    pub fn integer(mut self, values: impl IntoIterator<Item = i64>) -> Self {
        self.columns.push(ColumnValues::Integer(values.into_iter().map(Some).collect()));
        self
    }

    /// Adds a column of floating-point numbers with gaps. They must be finite: JSON has no other.
    ///
    /// Exact on PostgreSQL. SQLite reads them from text: exact for 0 and magnitudes from 1e-50 to 1e50; beyond, the last
    /// bits may differ.
    #[must_use]
    pub fn optional_float(mut self, values: impl IntoIterator<Item = Option<f64>>) -> Self {
        self.columns.push(ColumnValues::Float(values.into_iter().collect()));
        self
    }

    /// Adds a column of truth values.
    #[must_use]
    pub fn boolean(mut self, values: impl IntoIterator<Item = bool>) -> Self {
        self.columns.push(ColumnValues::Boolean(values.into_iter().collect()));
        self
    }

    /// Adds a column of moments.
    #[must_use]
    pub fn time(self, values: impl IntoIterator<Item = Timestamp>) -> Self {
        self.optional_time(values.into_iter().map(Some))
    }

    /// Adds a column of moments with gaps.
    #[must_use]
    pub fn optional_time(mut self, values: impl IntoIterator<Item = Option<Timestamp>>) -> Self {
        self.columns.push(ColumnValues::Time(values.into_iter().collect()));
        self
    }

    pub(crate) fn column_count(&self) -> usize {
        self.columns.len()
    }

    pub(crate) fn row_count(&self) -> usize {
        self.columns.first().map_or(0, |column| match column {
            ColumnValues::Text(values) => values.len(),
            ColumnValues::Integer(values) => values.len(),
            ColumnValues::Float(values) => values.len(),
            ColumnValues::Boolean(values) => values.len(),
            ColumnValues::Time(values) => values.len(),
        })
    }

    pub(crate) fn bind_postgres(self, mut query: PostgresQuery<'_>) -> PostgresQuery<'_> {
        for column in self.columns {
            query = match column {
                ColumnValues::Text(values) => query.bind(values),
                ColumnValues::Integer(values) => query.bind(values),
                ColumnValues::Float(values) => query.bind(values),
                ColumnValues::Boolean(values) => query.bind(values),
                ColumnValues::Time(values) => query.bind(
                    values
                        .into_iter()
                        .map(|value| value.map(Timestamp::to_date_time))
                        .collect::<Vec<Option<OffsetDateTime>>>(),
                ),
            };
        }
        query
    }

    pub(crate) fn bind_sqlite(self, query: SqliteQuery<'_>) -> SqliteQuery<'_> {
        query.bind(self.to_json())
    }

    fn to_json(&self) -> String {
        let rows = self.row_count();
        let mut json = String::with_capacity(2 + rows * self.columns.len() * 24);
        json.push('[');
        for row in 0..rows {
            json.push_str(if row == 0 { "[" } else { ",[" });
            for (index, column) in self.columns.iter().enumerate() {
                if index > 0 {
                    json.push(',');
                }
                push_cell(&mut json, column, row);
            }
            json.push(']');
        }
        json.push(']');
        json
    }
}

fn push_cell(json: &mut String, column: &ColumnValues<'_>, row: usize) {
    use std::fmt::Write;
    // Writing to a String cannot fail.
    match column {
        ColumnValues::Text(values) => match values.get(row).copied().flatten() {
            Some(text) => push_text(json, text),
            None => json.push_str("null"),
        },
        ColumnValues::Integer(values) => push_integer(json, values.get(row).copied().flatten()),
        ColumnValues::Time(values) => {
            push_integer(json, values.get(row).copied().flatten().map(Timestamp::unix_micros));
        }
        ColumnValues::Boolean(values) => {
            json.push(if values.get(row).copied().unwrap_or(false) { '1' } else { '0' });
        }
        ColumnValues::Float(values) => {
            let _ = write!(json, "{}", values.get(row).copied().flatten().map_or(Json::Null, Json::from));
        }
    }
}

fn push_integer(json: &mut String, value: Option<i64>) {
    use std::fmt::Write;
    match value {
        Some(number) => {
            let _ = write!(json, "{number}");
        }
        None => json.push_str("null"),
    }
}

/// Most names need no escape; only the rest takes the slow way.
fn push_text(json: &mut String, text: &str) {
    use std::fmt::Write;
    if text.bytes().all(|byte| byte >= 0x20 && byte != b'"' && byte != b'\\') {
        json.push('"');
        json.push_str(text);
        json.push('"');
    } else {
        let _ = write!(json, "{}", Json::from(text));
    }
}

#[cfg(test)]
mod tests {
    use super::Columns;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_batch_is_valid_json_with_the_same_values(
            texts in proptest::collection::vec(proptest::option::of(".*"), 0..20)
        ) {
            let columns = Columns::new()
                .optional_text(texts.iter().map(Option::as_deref))
                .integer(0..i64::try_from(texts.len()).unwrap())
                .boolean(texts.iter().map(Option::is_some));
            let rows: Vec<(Option<String>, i64, i64)> = serde_json::from_str(&columns.to_json()).unwrap();
            prop_assert_eq!(rows.len(), texts.len());
            for (index, (text, number, some)) in rows.into_iter().enumerate() {
                prop_assert_eq!(&text, &texts[index]);
                prop_assert_eq!(usize::try_from(number).unwrap(), index);
                prop_assert_eq!(some == 1, text.is_some());
            }
        }
    }
}
