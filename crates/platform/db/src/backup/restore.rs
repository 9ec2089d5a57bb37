//! Filling a database from a backup.

use super::OnRows;
use super::cells::{Cell, Content, insert_rows, parse_line, read_rows};
use super::container::{BackupFile, Lines, parse_marker};
use super::error::BackupError;
use super::header::{Header, Marker, TableHeader};
use super::schema::{Table, applied_count, existing_tables, first_migrations, look_up_storage, tables_after};
use super::write::count_table;
use crate::migrate::apply;
use crate::transaction::Connection;
use crate::{Db, DbError, Engine, Sql, Tx, migrations, sql};
use sqlx::AssertSqlSafe;

/// SQLite takes at most 32,766 parameters in a statement; larger batches were not faster.
const SQLITE_BATCH_VALUES: usize = 1_000;
const POSTGRES_BATCH_ROWS: usize = 2_000;
/// Servers that were stopped a moment ago may still be listed; after this many looks they are not stopping.
const LOOKS_FOR_OTHERS: usize = 20;

const COUNT_OTHERS: Sql = sql! {
    postgres: "select count(*) from pg_stat_activity
               where datname = current_database() and application_name in ('dashly', 'dashly restore') and pid <> pg_backend_pid()",
    sqlite: "select 0",
};
const LOOK_AGAIN: Sql = sql! {
    postgres: "select 1::bigint from (select pg_stat_clear_snapshot(), pg_sleep(0.1)) as pause",
    sqlite: "select 1",
};
const SET_LAST_NUMBER: Sql = sql! {
    postgres: "select setval(pg_get_serial_sequence(quote_ident($1), $2)::regclass, $3)",
    sqlite: "update sqlite_sequence set seq = $3 where name = $1 and $2 is not null returning seq",
};
const ADD_LAST_NUMBER: Sql = sql! {
    postgres: "select $1::text, $2::bigint",
    sqlite: "insert into sqlite_sequence (name, seq) values ($1, $2)",
};

/// What was restored.
#[derive(Debug)]
pub struct Restored {
    /// Every table, read back and found equal to the backup.
    pub tables: Vec<RestoredTable>,
    /// Migrations that the backup lacked and that were applied after it.
    pub migrated: Vec<&'static str>,
}

/// A table that is equal to the backup's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestoredTable {
    /// Its name.
    pub name: String,
    /// Its rows.
    pub rows: u64,
    /// What its rows are, whatever their order: the sum of the SHA-256 of each.
    pub content: String,
}

/// How many rows of Dashly a database has, but for those that the migrations put there.
///
/// # Errors
/// [`BackupError`].
pub async fn count_rows(db: &Db) -> Result<u64, BackupError> {
    let mut tx = db.begin_snapshot().await.map_err(BackupError::db("opening the database"))?;
    tx.lift_time_limits().await.map_err(BackupError::db("opening the database"))?;
    let tables = existing_tables(&mut tx).await?;
    let rows = count_existing(&mut tx, &tables).await?;
    tx.commit().await.map_err(BackupError::db("closing the database"))?;
    Ok(rows)
}

async fn count_existing(tx: &mut Tx, tables: &[Table]) -> Result<u64, BackupError> {
    let mut rows = 0;
    for table in tables {
        let counted = count_table(tx, &table.name).await;
        let counted = counted.map_err(BackupError::db(format!("counting {}", table.name)))?;
        rows += counted.saturating_sub(table.seeded);
    }
    Ok(rows)
}

/// Fills `db` from `backup` in one transaction: makes the backup's schema, inserts its rows, reads all of them back and
/// compares, brings the schema up to date, commits. Whenever that does not come to its end, `db` stays as it was.
///
/// `db` is of [`Db::connect_for_loading`]: on PostgreSQL any other connection of Dashly is a reason to refuse.
/// When `db` has rows of Dashly, `may_replace` is told how many and decides whether they may go.
///
/// # Errors
/// [`BackupError`].
pub async fn restore(
    db: &Db,
    backup: &BackupFile,
    may_replace: &mut dyn FnMut(u64) -> bool,
    on_rows: OnRows<'_>,
) -> Result<Restored, BackupError> {
    let header = backup.header();
    let mut tx = db.begin().await.map_err(BackupError::db("opening the database"))?;
    tx.lift_time_limits().await.map_err(BackupError::db("opening the database"))?;
    refuse_others(&mut tx).await?;
    make_room(&mut tx, may_replace).await?;
    let tables = make_schema(&mut tx, header).await?;
    let contents = fill(&mut tx, backup.lines()?, header, &tables, on_rows).await?;
    let mut restored = Vec::with_capacity(tables.len());
    for (table, content) in tables.iter().zip(contents) {
        restored.push(check_table(&mut tx, table, content).await?);
    }
    let mut migrated = Vec::new();
    for migration in migrations() {
        if apply(&mut tx, migration).await? {
            migrated.push(migration.name);
        }
    }
    tx.commit().await.map_err(BackupError::db("committing what was restored"))?;
    Ok(Restored { tables: restored, migrated })
}

/// A server that runs remembers what it has stored, and would go on as if nothing had happened.
async fn refuse_others(tx: &mut Tx) -> Result<(), BackupError> {
    let looking = || BackupError::db("looking for other servers");
    for look in 1..=LOOKS_FOR_OTHERS {
        let row = tx.fetch_one(COUNT_OTHERS.query()).await.map_err(looking())?;
        let connections: i64 = row.get(0).map_err(looking())?;
        if connections == 0 {
            break;
        }
        if look == LOOKS_FOR_OTHERS {
            return Err(BackupError::InUse { connections });
        }
        tx.fetch_one(LOOK_AGAIN.query()).await.map_err(looking())?;
    }
    Ok(())
}

/// Removes the tables of Dashly, all others stay.
async fn make_room(tx: &mut Tx, may_replace: &mut dyn FnMut(u64) -> bool) -> Result<(), BackupError> {
    // Also refuses a database of a newer Dashly, which may have tables that this program does not know.
    let has_ledger = applied_count(tx).await?.is_some();
    let tables = existing_tables(tx).await?;
    let rows = count_existing(tx, &tables).await?;
    if rows > 0 && !may_replace(rows) {
        return Err(BackupError::NotEmpty { rows });
    }
    let mut existing: Vec<String> = tables.into_iter().map(|table| table.name).collect();
    if has_ledger {
        existing.push("schema_migrations".to_owned());
    }
    // Children before their parents.
    existing.reverse();
    for table in existing {
        let drop = format!("drop table if exists \"{table}\"");
        run(tx, drop).await.map_err(BackupError::db(format!("removing {table}")))?;
    }
    Ok(())
}

/// Makes the schema that the backup was read from; gives its tables in the order of the backup.
async fn make_schema(tx: &mut Tx, header: &Header) -> Result<Vec<Table>, BackupError> {
    let count = header.migrations.len();
    for migration in first_migrations(count) {
        apply(tx, migration).await?;
    }
    let mut tables = tables_after(count).await?;
    look_up_storage(tx, &mut tables).await?;
    for table in &tables {
        // What a migration put there is in the backup too.
        let clear = format!("delete from \"{}\"", table.name);
        run(tx, clear).await.map_err(BackupError::db(format!("clearing {}", table.name)))?;
    }
    let is_same = |(table, header): (&Table, &TableHeader)| {
        table.name == header.name && table.column_headers() == header.columns
    };
    if tables.len() != header.tables.len() || !tables.iter().zip(&header.tables).all(is_same) {
        return Err(BackupError::Damaged("its tables are not those of its schema".to_owned()));
    }
    Ok(tables)
}

async fn fill(
    tx: &mut Tx,
    mut lines: Lines,
    header: &Header,
    tables: &[Table],
    on_rows: OnRows<'_>,
) -> Result<Vec<Content>, BackupError> {
    for _ in &header.attachments {
        lines.marker()?;
    }
    let mut done = 0;
    let mut contents = Vec::with_capacity(tables.len());
    for (table, expected) in tables.iter().zip(&header.tables) {
        match lines.marker()? {
            Some(Marker::Table(name)) if name == table.name => {}
            _ => return Err(BackupError::Damaged(format!("the table {} is missing", table.name))),
        }
        let content = fill_table(tx, &mut lines, table, &mut done, on_rows).await?;
        if content.rows != expected.rows {
            return Err(BackupError::Damaged(format!("{} has not all of its rows", table.name)));
        }
        set_last_number(tx, table, expected.last_number).await?;
        contents.push(content);
    }
    Ok(contents)
}

async fn fill_table(
    tx: &mut Tx,
    lines: &mut Lines,
    table: &Table,
    done: &mut u64,
    on_rows: OnRows<'_>,
) -> Result<Content, BackupError> {
    let batch_rows = match tx.engine() {
        Engine::Sqlite => (SQLITE_BATCH_VALUES / table.columns.len().max(1)).max(1),
        Engine::Postgres => POSTGRES_BATCH_ROWS,
    };
    let mut content = Content::default();
    let mut batch: Vec<Vec<Cell>> = Vec::with_capacity(batch_rows);
    loop {
        let Some(line) = lines.read()? else {
            return Err(BackupError::Damaged(format!("{} has no end", table.name)));
        };
        let is_row = line.first() == Some(&b'[');
        if is_row {
            content.add(line);
            batch.push(parse_line(line, table)?);
        }
        let end = if is_row { None } else { Some(parse_marker(line)?) };
        if batch.len() == batch_rows || (end.is_some() && !batch.is_empty()) {
            insert_rows(tx, table, &batch).await?;
            *done += u64::try_from(batch.len()).unwrap_or(0);
            on_rows(*done);
            batch.clear();
        }
        match end {
            None => {}
            Some(Marker::End { table: name, rows, content: sum })
                if name == table.name && rows == content.rows && sum == content.hex() =>
            {
                return Ok(content);
            }
            Some(_) => {
                return Err(BackupError::Damaged(format!(
                    "the rows of {} are not those written",
                    table.name
                )));
            }
        }
    }
}

async fn set_last_number(tx: &mut Tx, table: &Table, last_number: Option<i64>) -> Result<(), BackupError> {
    let (Some(column), Some(number)) = (&table.numbered, last_number) else { return Ok(()) };
    let setting = || BackupError::db(format!("numbering {}", table.name));
    let set = SET_LAST_NUMBER.query().bind(table.name.as_str()).bind(column.as_str()).bind(number);
    if tx.fetch_optional(set).await.map_err(setting())?.is_none() {
        let add = ADD_LAST_NUMBER.query().bind(table.name.as_str()).bind(number);
        tx.execute(add).await.map_err(setting())?;
    }
    Ok(())
}

/// Reads a table back.
async fn check_table(tx: &mut Tx, table: &Table, expected: Content) -> Result<RestoredTable, BackupError> {
    let mut found = Content::default();
    read_rows(tx, table, &mut |line| {
        found.add(line);
        Ok(())
    })
    .await?;
    if found == expected {
        return Ok(RestoredTable { name: table.name.clone(), rows: found.rows, content: found.hex() });
    }
    let detail = if found.rows == expected.rows {
        "a value is another one".to_owned()
    } else {
        format!("{} rows instead of {}", found.rows, expected.rows)
    };
    Err(BackupError::Different { table: table.name.clone(), detail })
}

/// Runs a statement made of names from our own schema.
async fn run(tx: &mut Tx, text: String) -> Result<(), DbError> {
    let script = sqlx::raw_sql(AssertSqlSafe(text));
    match tx.connection() {
        Connection::Sqlite(connection) => script.execute(connection).await.map(drop)?,
        Connection::Postgres(connection) => script.execute(connection).await.map(drop)?,
    }
    Ok(())
}
