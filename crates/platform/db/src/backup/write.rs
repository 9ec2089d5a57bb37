//! Writing a backup.

use super::OnRows;
use super::cells::{Content, read_rows};
use super::container::Sink;
use super::error::BackupError;
use super::header::{Attachment, FORMAT, Header, Marker, TableHeader};
use super::schema::{Table, applied_count, first_migrations, look_up_storage, tables_after};
use crate::transaction::Connection;
use crate::{Db, DbError, Engine, Sql, Tx, sql};
use dashly_kernel::Timestamp;
use sqlx::{AssertSqlSafe, Row as _};
use std::io::Write;

/// How many rows pass between two reports of progress.
const REPORT_EVERY_ROWS: u64 = 1_000;

const FIND_LAST_NUMBER: Sql = sql! {
    postgres: "select pg_sequence_last_value(pg_get_serial_sequence(quote_ident($1), $2)::regclass)",
    sqlite: "select seq from sqlite_sequence where name = $1 and $2 is not null",
};

/// What is to be written beside the rows.
#[derive(Debug)]
pub struct BackupRequest<'a> {
    /// The version of the program.
    pub dashly_version: &'a str,
    /// Now.
    pub created_at: Timestamp,
    /// Files to keep beside the database.
    pub attachments: &'a [Attachment],
}

/// Writes everything in `db`, as it is at this moment, to `out`. Others may write meanwhile. Needs a constant amount of
/// memory; its time grows with the number of rows.
///
/// # Errors
/// [`BackupError`]; what has been written to `out` is then of no use.
pub async fn write_backup<W: Write>(
    db: &Db,
    request: &BackupRequest<'_>,
    out: W,
    on_rows: OnRows<'_>,
) -> Result<(Header, W), BackupError> {
    let mut tx = db.begin_snapshot().await.map_err(BackupError::db("opening the database"))?;
    tx.lift_time_limits().await.map_err(BackupError::db("opening the database"))?;
    let Some(count) = applied_count(&mut tx).await?.filter(|count| *count > 0) else {
        return Err(BackupError::NoSchema);
    };
    let mut tables = tables_after(count).await?;
    look_up_storage(&mut tx, &mut tables).await?;
    let header = header(&mut tx, request, count, &tables).await?;
    let mut sink = Sink::new(out);
    sink.json(&header)?;
    for attachment in request.attachments {
        sink.json(&Marker::Attachment(attachment.clone()))?;
    }
    let mut done = 0;
    for table in &tables {
        sink.json(&Marker::Table(table.name.clone()))?;
        let mut content = Content::default();
        read_rows(&mut tx, table, &mut |line| {
            content.add(line);
            done += 1;
            if done % REPORT_EVERY_ROWS == 0 {
                on_rows(done);
            }
            sink.line(line)
        })
        .await?;
        let Content { rows, .. } = content;
        sink.json(&Marker::End { table: table.name.clone(), rows, content: content.hex() })?;
    }
    tx.commit().await.map_err(BackupError::db("closing the database"))?;
    Ok((header, sink.finish()?))
}

async fn header(
    tx: &mut Tx,
    request: &BackupRequest<'_>,
    count: usize,
    tables: &[Table],
) -> Result<Header, BackupError> {
    let mut headers = Vec::with_capacity(tables.len());
    for table in tables {
        let reading = || BackupError::db(format!("counting {}", table.name));
        let last_number = match &table.numbered {
            Some(column) => {
                let find = FIND_LAST_NUMBER.query().bind(table.name.as_str()).bind(column.as_str());
                let row = tx.fetch_optional(find).await.map_err(reading())?;
                row.map(|row| row.get::<Option<i64>>(0)).transpose().map_err(reading())?.flatten()
            }
            None => None,
        };
        headers.push(TableHeader {
            name: table.name.clone(),
            rows: count_table(tx, &table.name).await.map_err(reading())?,
            last_number,
            columns: table.column_headers(),
        });
    }
    Ok(Header {
        format: FORMAT,
        dashly_version: request.dashly_version.to_owned(),
        created_at: request.created_at,
        engine: match tx.engine() {
            Engine::Sqlite => "sqlite".to_owned(),
            Engine::Postgres => "postgres".to_owned(),
        },
        migrations: first_migrations(count).iter().map(|migration| migration.name.to_owned()).collect(),
        attachments: request.attachments.iter().map(|attachment| attachment.name.clone()).collect(),
        tables: headers,
    })
}

/// The number of rows of a table of ours.
#[expect(clippy::disallowed_methods, reason = "this crate is the one owner of the driver")]
pub(super) async fn count_table(tx: &mut Tx, name: &str) -> Result<u64, DbError> {
    let query = AssertSqlSafe(format!("select count(*) from \"{name}\""));
    let count: i64 = match tx.connection() {
        Connection::Sqlite(connection) => sqlx::query(query).fetch_one(connection).await?.try_get(0)?,
        Connection::Postgres(connection) => sqlx::query(query).fetch_one(connection).await?.try_get(0)?,
    };
    Ok(u64::try_from(count).unwrap_or(0))
}
