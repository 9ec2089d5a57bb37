//! Rows on the way between a database and the lines of a backup.

use super::error::BackupError;
use super::header::Kind;
use super::schema::{Stored, Table};
use crate::transaction::Connection;
use crate::{DbError, Tx};
use dashly_kernel::Timestamp;
use futures_util::StreamExt;
use serde_json::Value as Json;
use sha2::{Digest, Sha256};
use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use sqlx::sqlite::SqliteArguments;
use sqlx::types::time::OffsetDateTime;
use sqlx::{AssertSqlSafe, ColumnIndex, Database, Decode, Postgres, Row, Sqlite, Type};
use std::fmt::Write as _;
use uuid::Uuid;

/// One value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell {
    Null,
    Text(String),
    Integer(i64),
    Real(f64),
    Blob(Vec<u8>),
}

/// What identifies the rows of a table whatever their order: their number, and the sum of their SHA-256.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Content {
    pub(super) rows: u64,
    sum: [u128; 2],
}

impl Content {
    pub(super) fn add(&mut self, line: &[u8]) {
        let digest: [u8; 32] = Sha256::digest(line).into();
        let (halves, _) = digest.as_chunks::<16>();
        for (sum, half) in self.sum.iter_mut().zip(halves) {
            *sum = sum.wrapping_add(u128::from_be_bytes(*half));
        }
        self.rows += 1;
    }

    pub(super) fn hex(&self) -> String {
        let [first, second] = self.sum;
        format!("{first:032x}{second:032x}")
    }
}

/// Gives every row of `table` to `each`, as the line that a backup has for it.
pub(super) async fn read_rows(
    tx: &mut Tx,
    table: &Table,
    each: &mut dyn FnMut(&[u8]) -> Result<(), BackupError>,
) -> Result<(), BackupError> {
    let reading =
        |error: sqlx::Error| BackupError::db(format!("reading {}", table.name))(DbError::from(error));
    let mut line = Vec::new();
    match tx.connection() {
        Connection::Sqlite(connection) => {
            let mut rows = statement::<Sqlite>(table.select()).fetch(connection);
            while let Some(row) = rows.next().await {
                write_line(&mut line, table, &row.map_err(reading)?).map_err(reading)?;
                each(&line)?;
            }
        }
        Connection::Postgres(connection) => {
            let mut rows = statement::<Postgres>(table.select()).fetch(connection);
            while let Some(row) = rows.next().await {
                write_line(&mut line, table, &row.map_err(reading)?).map_err(reading)?;
                each(&line)?;
            }
        }
    }
    Ok(())
}

/// A statement made of names from our own schema, never of values.
#[expect(clippy::disallowed_methods, reason = "this crate is the one owner of the driver")]
fn statement<D: Database>(text: String) -> Query<'static, D, D::Arguments> {
    sqlx::query::<D>(AssertSqlSafe(text))
}

fn write_line<R>(line: &mut Vec<u8>, table: &Table, row: &R) -> Result<(), sqlx::Error>
where
    R: Row,
    usize: ColumnIndex<R>,
    for<'r> &'r str: Decode<'r, R::Database> + Type<R::Database>,
    for<'r> i64: Decode<'r, R::Database> + Type<R::Database>,
    for<'r> f64: Decode<'r, R::Database> + Type<R::Database>,
    for<'r> &'r [u8]: Decode<'r, R::Database> + Type<R::Database>,
{
    line.clear();
    line.push(b'[');
    for (index, column) in table.columns.iter().enumerate() {
        if index > 0 {
            line.push(b',');
        }
        match column.kind {
            Kind::Text => write_json(line, &row.try_get::<Option<&str>, _>(index)?)?,
            Kind::Integer => write_json(line, &row.try_get::<Option<i64>, _>(index)?)?,
            Kind::Real => write_real(line, row.try_get::<Option<f64>, _>(index)?)?,
            Kind::Blob => match row.try_get::<Option<&[u8]>, _>(index)? {
                Some(bytes) => write_json(line, &hex(bytes))?,
                None => line.extend(b"null"),
            },
        }
    }
    line.push(b']');
    Ok(())
}

fn write_json(line: &mut Vec<u8>, value: &impl serde::Serialize) -> Result<(), sqlx::Error> {
    serde_json::to_writer(line, value).map_err(|error| sqlx::Error::Decode(error.into()))
}

fn write_real(line: &mut Vec<u8>, value: Option<f64>) -> Result<(), sqlx::Error> {
    match value {
        Some(number) if number.is_nan() => write_json(line, &"NaN"),
        Some(number) if number.is_infinite() => write_json(line, if number > 0.0 { &"inf" } else { &"-inf" }),
        // SQLite does not keep the sign of zero; adding zero takes it away.
        other => write_json(line, &other.map(|number| number + 0.0)),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect()
}

/// Reads a line back.
pub(super) fn parse_line(line: &[u8], table: &Table) -> Result<Vec<Cell>, BackupError> {
    let damaged = || BackupError::Damaged(format!("a row of {} is not understood", table.name));
    let values: Vec<Json> = serde_json::from_slice(line).map_err(|_| damaged())?;
    if values.len() != table.columns.len() {
        return Err(damaged());
    }
    let cells = values.into_iter().zip(&table.columns).map(|(value, column)| parse_cell(value, column.kind));
    cells.collect::<Option<Vec<Cell>>>().ok_or_else(damaged)
}

fn parse_cell(value: Json, kind: Kind) -> Option<Cell> {
    match (kind, value) {
        (_, Json::Null) => Some(Cell::Null),
        (Kind::Text, Json::String(text)) => Some(Cell::Text(text)),
        (Kind::Blob, Json::String(text)) => from_hex(&text).map(Cell::Blob),
        (Kind::Integer, Json::Number(number)) => number.as_i64().map(Cell::Integer),
        (Kind::Real, Json::Number(number)) => number.as_f64().map(Cell::Real),
        (Kind::Real, Json::String(text)) => match text.as_str() {
            "NaN" => Some(Cell::Real(f64::NAN)),
            "inf" => Some(Cell::Real(f64::INFINITY)),
            "-inf" => Some(Cell::Real(f64::NEG_INFINITY)),
            _ => None,
        },
        _ => None,
    }
}

/// Inserts rows with one statement.
pub(super) async fn insert_rows(tx: &mut Tx, table: &Table, rows: &[Vec<Cell>]) -> Result<(), BackupError> {
    let inserted = match tx.connection() {
        Connection::Sqlite(connection) => {
            insert_sqlite(table, rows).execute(connection).await.map(|done| done.rows_affected())
        }
        Connection::Postgres(connection) => {
            insert_postgres(table, rows)?.execute(connection).await.map(|done| done.rows_affected())
        }
    };
    inserted
        .map(drop)
        .map_err(|error| BackupError::db(format!("filling {}", table.name))(DbError::from(error)))
}

fn insert_sqlite<'a>(table: &Table, rows: &'a [Vec<Cell>]) -> Query<'a, Sqlite, SqliteArguments> {
    let one = format!("({})", vec!["?"; table.columns.len()].join(","));
    let all = vec![one.as_str(); rows.len()].join(",");
    let text = format!("insert into \"{}\" ({}) values {all}", table.name, table.column_list());
    let mut query = statement::<Sqlite>(text);
    for cell in rows.iter().flatten() {
        query = match cell {
            Cell::Null => query.bind(None::<i64>),
            Cell::Text(text) => query.bind(text.clone()),
            Cell::Integer(number) => query.bind(*number),
            Cell::Real(number) => query.bind(*number),
            Cell::Blob(bytes) => query.bind(bytes.clone()),
        };
    }
    query
}

/// One array for each column.
fn insert_postgres(
    table: &Table,
    rows: &[Vec<Cell>],
) -> Result<Query<'static, Postgres, PgArguments>, BackupError> {
    let mut arrays = Vec::new();
    let mut names = Vec::new();
    let mut values = Vec::new();
    for (index, column) in table.columns.iter().enumerate() {
        let place = index + 1;
        let array = match (column.kind, column.stored) {
            (_, Stored::Boolean) => "boolean",
            (_, Stored::Time) => "timestamptz",
            (_, Stored::Uuid) => "uuid",
            (Kind::Text, _) => "text",
            (Kind::Integer, _) => "bigint",
            (Kind::Real, _) => "double precision",
            (Kind::Blob, _) => "bytea",
        };
        arrays.push(format!("${place}::{array}[]"));
        names.push(format!("c{place}"));
        values.push(if column.stored == Stored::Json {
            format!("c{place}::json")
        } else {
            format!("c{place}")
        });
    }
    let text = format!(
        "insert into \"{}\" ({}) overriding system value select {} from unnest({}) as given ({})",
        table.name,
        table.column_list(),
        values.join(", "),
        arrays.join(", "),
        names.join(", ")
    );
    let mut query = statement::<Postgres>(text);
    for (index, column) in table.columns.iter().enumerate() {
        let cells = rows.iter().map(|row| row.get(index).unwrap_or(&Cell::Null));
        let wrong =
            || BackupError::Damaged(format!("a value of {}.{} does not fit", table.name, column.name));
        let bound = match (column.kind, column.stored) {
            (_, Stored::Boolean) => collect(cells, as_boolean).map(|values| query.bind(values)),
            (_, Stored::Time) => collect(cells, as_moment).map(|values| query.bind(values)),
            (_, Stored::Uuid) => collect(cells, as_uuid).map(|values| query.bind(values)),
            (Kind::Text, _) => collect(cells, as_text).map(|values| query.bind(values)),
            (Kind::Integer, _) => collect(cells, as_integer).map(|values| query.bind(values)),
            (Kind::Real, _) => collect(cells, as_real).map(|values| query.bind(values)),
            (Kind::Blob, _) => collect(cells, as_bytes).map(|values| query.bind(values)),
        };
        query = bound.ok_or_else(wrong)?;
    }
    Ok(query)
}

/// The values of a column; none when one does not fit.
fn collect<'a, T>(
    cells: impl Iterator<Item = &'a Cell>,
    convert: fn(&Cell) -> Option<T>,
) -> Option<Vec<Option<T>>> {
    let convert_or_null = |cell| match cell {
        &Cell::Null => Some(None),
        value => convert(value).map(Some),
    };
    cells.map(convert_or_null).collect()
}

fn as_text(cell: &Cell) -> Option<String> {
    if let Cell::Text(text) = cell { Some(text.clone()) } else { None }
}

fn as_integer(cell: &Cell) -> Option<i64> {
    if let Cell::Integer(number) = cell { Some(*number) } else { None }
}

fn as_real(cell: &Cell) -> Option<f64> {
    if let Cell::Real(number) = cell { Some(*number) } else { None }
}

fn as_bytes(cell: &Cell) -> Option<Vec<u8>> {
    if let Cell::Blob(bytes) = cell { Some(bytes.clone()) } else { None }
}

fn as_uuid(cell: &Cell) -> Option<Uuid> {
    if let Cell::Blob(bytes) = cell { Uuid::from_slice(bytes).ok() } else { None }
}

fn as_boolean(cell: &Cell) -> Option<bool> {
    match cell {
        Cell::Integer(0) => Some(false),
        Cell::Integer(1) => Some(true),
        _ => None,
    }
}

fn as_moment(cell: &Cell) -> Option<OffsetDateTime> {
    if let Cell::Integer(micros) = cell {
        let moment = Timestamp::from_unix_micros(*micros);
        let date_time = moment.to_date_time();
        // Years that PostgreSQL or the calendar does not have must not become another moment.
        (Timestamp::from_date_time(date_time) == moment).then_some(date_time)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::{Cell, Content, from_hex, hex, parse_cell, write_real};
    use crate::backup::Kind;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_floating_point_number_but_minus_zero_is_read_back_bit_by_bit(bits in any::<u64>()) {
            let number = f64::from_bits(bits);
            let mut line = Vec::new();
            write_real(&mut line, Some(number)).unwrap();
            let cell = parse_cell(serde_json::from_slice(&line).unwrap(), Kind::Real);
            match cell {
                Some(Cell::Real(found)) if number.is_nan() => prop_assert!(found.is_nan()),
                Some(Cell::Real(found)) => prop_assert_eq!(found.to_bits(), (number + 0.0).to_bits()),
                other => prop_assert!(false, "{other:?}"),
            }
        }

        #[test]
        fn bytes_are_read_back(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            prop_assert_eq!(from_hex(&hex(&bytes)), Some(bytes));
        }

        #[test]
        fn the_content_does_not_depend_on_the_order_but_on_every_row(
            lines in proptest::collection::vec(".{1,10}", 2..10),
        ) {
            let content = |lines: &[String]| {
                let mut content = Content::default();
                for line in lines {
                    content.add(line.as_bytes());
                }
                content
            };
            let mut others = lines.clone();
            others.reverse();
            prop_assert_eq!(content(&lines), content(&others));
            others[0].push('x');
            prop_assert_ne!(content(&lines).hex(), content(&others).hex());
        }
    }
}
