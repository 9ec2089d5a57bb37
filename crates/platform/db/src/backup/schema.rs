//! Which tables and columns there are, and how each engine stores them.

use super::error::BackupError;
use super::header::{ColumnHeader, Kind};
use super::write::count_table;
use crate::migrate::apply;
use crate::{Db, DbError, Engine, Migration, Sql, Tx, migrations, sql};
use std::collections::{BTreeMap, BTreeSet};

const LIST_COLUMNS: Sql = sql! {
    postgres: "
        select c.relname::text, a.attname::text, format_type(a.atttypid, a.atttypmod)
        from pg_class c
        join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        where c.relkind = 'r' and c.relnamespace = current_schema()::regnamespace",
    sqlite: "
        select t.name, c.name, lower(c.type),
               case when c.pk > 0 and lower(t.sql) like '%autoincrement%' then 1 else 0 end
        from sqlite_master t
        join pragma_table_info(t.name) c
        where t.type = 'table' and t.name not like 'sqlite_%' and t.name <> 'schema_migrations'
        order by t.name, c.cid",
};
const LIST_REFERENCES: Sql = sql! {
    postgres: "select null::text, null::text where false",
    sqlite: "
        select t.name, r.\"table\"
        from sqlite_master t
        join pragma_foreign_key_list(t.name) r
        where t.type = 'table' and r.\"table\" <> t.name",
};
const FIND_LEDGER: Sql = sql! {
    postgres: "select tablename::text from pg_tables where schemaname = current_schema() and tablename = 'schema_migrations'",
    sqlite: "select name from sqlite_master where type = 'table' and name = 'schema_migrations'",
};
const LIST_APPLIED: Sql = sql!("select name from schema_migrations order by 1");

/// A table of Dashly.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) name: String,
    pub(super) columns: Vec<Column>,
    /// The column whose values the database counts up by itself.
    pub(super) numbered: Option<String>,
    /// How many rows the migrations put there.
    pub(super) seeded: u64,
}

#[derive(Debug)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) stored: Stored,
}

/// How the engine at hand stores a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stored {
    /// As its kind.
    AsIs,
    SmallerInteger,
    Boolean,
    Time,
    Uuid,
    Json,
}

impl Table {
    /// The statement that gives all rows, each value in the form of its column's kind.
    pub(super) fn select(&self) -> String {
        let expressions: Vec<String> = self.columns.iter().map(Column::expression).collect();
        format!("select {} from \"{}\"", expressions.join(", "), self.name)
    }

    pub(super) fn column_headers(&self) -> Vec<ColumnHeader> {
        let header = |column: &Column| ColumnHeader { name: column.name.clone(), kind: column.kind };
        self.columns.iter().map(header).collect()
    }

    /// `"a", "b"`
    pub(super) fn column_list(&self) -> String {
        let names: Vec<String> = self.columns.iter().map(|column| format!("\"{}\"", column.name)).collect();
        names.join(", ")
    }
}

impl Column {
    fn expression(&self) -> String {
        let name = &self.name;
        match self.stored {
            Stored::AsIs => format!("\"{name}\""),
            Stored::SmallerInteger => format!("\"{name}\"::bigint"),
            Stored::Boolean => format!("\"{name}\"::integer::bigint"),
            // `extract` gives an exact decimal number.
            Stored::Time => format!("(extract(epoch from \"{name}\") * 1000000)::bigint"),
            Stored::Uuid => format!("uuid_send(\"{name}\")"),
            Stored::Json => format!("\"{name}\"::text"),
        }
    }
}

fn sqlite_kind(declared: &str) -> Option<Kind> {
    match declared {
        "text" => Some(Kind::Text),
        "integer" => Some(Kind::Integer),
        "real" => Some(Kind::Real),
        "blob" => Some(Kind::Blob),
        _ => None,
    }
}

fn postgres_kind(declared: &str) -> Option<(Kind, Stored)> {
    match declared {
        "text" => Some((Kind::Text, Stored::AsIs)),
        "json" => Some((Kind::Text, Stored::Json)),
        "bigint" => Some((Kind::Integer, Stored::AsIs)),
        "integer" | "smallint" => Some((Kind::Integer, Stored::SmallerInteger)),
        "boolean" => Some((Kind::Integer, Stored::Boolean)),
        "timestamp with time zone" => Some((Kind::Integer, Stored::Time)),
        "double precision" => Some((Kind::Real, Stored::AsIs)),
        "bytea" => Some((Kind::Blob, Stored::AsIs)),
        "uuid" => Some((Kind::Blob, Stored::Uuid)),
        _ => None,
    }
}

/// The first `count` migrations.
pub(super) fn first_migrations(count: usize) -> &'static [Migration] {
    migrations().get(..count).unwrap_or(migrations())
}

/// The tables that the first `count` migrations make, in an order in which they can be filled. They are found by making
/// them, in memory: so no list of tables is kept by hand, and tables of other programs in the same PostgreSQL database are
/// left alone.
pub(super) async fn tables_after(count: usize) -> Result<Vec<Table>, BackupError> {
    let reading = || BackupError::db("reading the schema");
    let db = Db::in_memory().await.map_err(reading())?;
    let mut tx = db.begin().await.map_err(reading())?;
    for migration in first_migrations(count) {
        apply(&mut tx, migration).await?;
    }
    let mut tables = read_tables(&mut tx).await?;
    for table in &mut tables {
        table.seeded = count_table(&mut tx, &table.name).await.map_err(reading())?;
    }
    let order = read_references(&mut tx).await.map_err(reading())?;
    tx.commit().await.map_err(reading())?;
    db.close().await;
    Ok(parents_first(tables, &order))
}

async fn read_tables(tx: &mut Tx) -> Result<Vec<Table>, BackupError> {
    let rows = tx.fetch_all(LIST_COLUMNS.query()).await.map_err(BackupError::db("reading the schema"))?;
    let mut tables: Vec<Table> = Vec::new();
    for row in rows {
        let read = || -> Result<(String, String, String, i64), DbError> {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        };
        let (table, name, declared, is_numbered) = read().map_err(BackupError::db("reading the schema"))?;
        let Some(kind) = sqlite_kind(&declared) else {
            return Err(BackupError::Column { table, column: name, found: declared });
        };
        if tables.last().is_none_or(|last| last.name != table) {
            tables.push(Table { name: table, columns: Vec::new(), numbered: None, seeded: 0 });
        }
        if let Some(last) = tables.last_mut() {
            if is_numbered != 0 {
                last.numbered = Some(name.clone());
            }
            last.columns.push(Column { name, kind, stored: Stored::AsIs });
        }
    }
    Ok(tables)
}

async fn read_references(tx: &mut Tx) -> Result<Vec<(String, String)>, DbError> {
    let rows = tx.fetch_all(LIST_REFERENCES.query()).await?;
    rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

/// Tables after those that they refer to, else by name.
fn parents_first(tables: Vec<Table>, references: &[(String, String)]) -> Vec<Table> {
    let mut left = tables;
    let mut ordered: Vec<Table> = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let waiting: BTreeSet<String> = left.iter().map(|table| table.name.clone()).collect();
        let is_ready = |table: &Table| {
            !references.iter().any(|(child, parent)| *child == table.name && waiting.contains(parent))
        };
        let (ready, rest): (Vec<Table>, Vec<Table>) = left.into_iter().partition(is_ready);
        if ready.is_empty() {
            // Tables that refer to each other have no such order.
            ordered.extend(rest);
            break;
        }
        ordered.extend(ready);
        left = rest;
    }
    ordered
}

/// Fills in how this database stores the columns of `tables`.
pub(super) async fn look_up_storage(tx: &mut Tx, tables: &mut [Table]) -> Result<(), BackupError> {
    if tx.engine() == Engine::Sqlite {
        return Ok(());
    }
    let reading = || BackupError::db("reading the catalogue");
    let mut declared: BTreeMap<(String, String), String> = BTreeMap::new();
    for row in tx.fetch_all(LIST_COLUMNS.query()).await.map_err(reading())? {
        let read = || -> Result<_, DbError> { Ok(((row.get(0)?, row.get(1)?), row.get(2)?)) };
        declared.extend([read().map_err(reading())?]);
    }
    for table in tables {
        for column in &mut table.columns {
            let key = (table.name.clone(), column.name.clone());
            let found = declared.get(&key).map_or("none", String::as_str);
            match postgres_kind(found) {
                Some((kind, stored)) if kind == column.kind => column.stored = stored,
                _ => {
                    let (table, column) = key;
                    return Err(BackupError::Column { table, column, found: found.to_owned() });
                }
            }
        }
    }
    Ok(())
}

/// How many migrations the database has had; none without a ledger.
pub(super) async fn applied_count(tx: &mut Tx) -> Result<Option<usize>, BackupError> {
    let reading = || BackupError::db("reading the ledger of migrations");
    if tx.fetch_optional(FIND_LEDGER.query()).await.map_err(reading())?.is_none() {
        return Ok(None);
    }
    let rows = tx.fetch_all(LIST_APPLIED.query()).await.map_err(reading())?;
    let mut names = Vec::with_capacity(rows.len());
    for row in &rows {
        names.push(row.get::<String>(0).map_err(reading())?);
    }
    let mut known: Vec<&str> = migrations().iter().map(|migration| migration.name).collect();
    known.truncate(names.len());
    names.sort();
    match names.iter().find(|name| !known.contains(&name.as_str())) {
        Some(unknown) => Err(BackupError::NewerDatabase { migration: unknown.clone() }),
        None => Ok(Some(names.len())),
    }
}

/// The tables of [`tables_after`] that this database has.
pub(super) async fn existing_tables(tx: &mut Tx) -> Result<Vec<Table>, BackupError> {
    let reading = || BackupError::db("reading the catalogue");
    let known = tables_after(migrations().len()).await?;
    let mut found: BTreeSet<String> = BTreeSet::new();
    for row in tx.fetch_all(LIST_COLUMNS.query()).await.map_err(reading())? {
        found.insert(row.get(0).map_err(reading())?);
    }
    Ok(known.into_iter().filter(|table| found.contains(&table.name)).collect())
}
