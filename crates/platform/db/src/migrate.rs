//! Brings the schema up to date.

use crate::{Db, DbError, Engine, Sql, Tx, sql};
use sha2::{Digest, Sha256};
use std::collections::HashSet;

/// One step of the schema, with its text for each engine.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// Its name: the file name without `.sql`. Names sort in the order in which they are applied.
    pub name: &'static str,
    sql: Sql,
}

macro_rules! migration {
    ($name:literal) => {
        Migration {
            name: $name,
            sql: Sql {
                postgres: include_str!(concat!("../../../../migrations/postgres/", $name, ".sql")),
                sqlite: include_str!(concat!("../../../../migrations/sqlite/", $name, ".sql")),
            },
        }
    };
}

/// Every migration in order. A test compares this list with the folders.
const MIGRATIONS: &[Migration] = &[
    migration!("0001_experiments"),
    migration!("0002_identity"),
    migration!("0003_inference"),
    migration!("0004_metrics"),
    migration!("0005_visitor_joins"),
    migration!("0006_experiment_life"),
    migration!("0007_replays"),
    migration!("0008_notices"),
    migration!("0009_ai_usage"),
    migration!("0010_changed_days"),
    migration!("0011_app_versions"),
    migration!("0012_retention"),
];

/// Every migration that this program knows, in order.
pub const fn migrations() -> &'static [Migration] {
    MIGRATIONS
}

/// Any number will do, as long as all processes use the same ("dashlymi" in ASCII).
const LOCK_KEY: i64 = 0x6461_7368_6c79_6d69;

const TAKE_LOCK: Sql = sql! {
    postgres: "select 1::bigint from (select pg_advisory_xact_lock($1)) as lock",
    sqlite: "select $1",
};
const CREATE_LEDGER: Sql = sql! {
    postgres: "create table if not exists schema_migrations (
                 name text primary key,
                 checksum text not null,
                 applied_at timestamptz not null default now()
               )",
    sqlite: "create table if not exists schema_migrations (
               name text primary key,
               checksum text not null,
               applied_at integer not null default (cast(unixepoch('subsec') * 1000000 as integer))
             ) strict",
};
const FIND_LEDGER: Sql = sql! {
    postgres: "select tablename::text from pg_tables where schemaname = current_schema() and tablename = 'schema_migrations'",
    sqlite: "select name from sqlite_master where type = 'table' and name = 'schema_migrations'",
};
const LIST_APPLIED: Sql = sql!("select name from schema_migrations");
const FIND_APPLIED: Sql = sql!("select checksum from schema_migrations where name = $1");
const RECORD_APPLIED: Sql = sql!("insert into schema_migrations (name, checksum) values ($1, $2)");

/// Why the schema could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// A file was changed after it had been applied here.
    #[error("migration {name} was changed after it was applied to this database; add a new one instead")]
    Changed {
        /// Which one.
        name: &'static str,
    },
    /// The database refused.
    #[error("migration {name} failed")]
    Failed {
        /// Which one.
        name: &'static str,
        /// What the database said.
        source: DbError,
    },
}

impl Db {
    /// Applies every migration that this database has not seen; gives the names of those applied now.
    ///
    /// Each runs in its own transaction under a lock, so that any number of processes may call this at once: one
    /// applies, the others wait and find the work done. Running it again changes nothing.
    ///
    /// # Errors
    /// [`MigrateError`]; what was applied before the failing one stays.
    pub async fn migrate(&self) -> Result<Vec<&'static str>, MigrateError> {
        let mut applied = Vec::new();
        for migration in MIGRATIONS {
            let failed = |source| MigrateError::Failed { name: migration.name, source };
            let mut tx = self.begin().await.map_err(failed)?;
            if apply(&mut tx, migration).await? {
                tx.commit().await.map_err(failed)?;
                applied.push(migration.name);
            }
        }
        Ok(applied)
    }
}

impl Db {
    /// The names of the migrations that [`Db::migrate`] would apply now.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn pending_migrations(&self) -> Result<Vec<&'static str>, DbError> {
        let names = MIGRATIONS.iter().map(|migration| migration.name);
        if self.fetch_optional(FIND_LEDGER.query()).await?.is_none() {
            return Ok(names.collect());
        }
        // In one statement: every start of a server waits for this.
        let rows = self.fetch_all(LIST_APPLIED.query()).await?;
        let applied: HashSet<String> = rows.iter().map(|row| row.get(0)).collect::<Result<_, _>>()?;
        Ok(names.filter(|name| !applied.contains(*name)).collect())
    }
}

/// Applies one migration unless the ledger already has it; says whether it did.
pub(crate) async fn apply(tx: &mut Tx, migration: &Migration) -> Result<bool, MigrateError> {
    let failed = |source| MigrateError::Failed { name: migration.name, source };
    tx.fetch_one(TAKE_LOCK.query().bind(LOCK_KEY)).await.map_err(failed)?;
    tx.execute(CREATE_LEDGER.query()).await.map_err(failed)?;

    let text = match tx.engine() {
        Engine::Postgres => migration.sql.postgres,
        Engine::Sqlite => migration.sql.sqlite,
    };
    let checksum = checksum(text);
    if let Some(row) = tx.fetch_optional(FIND_APPLIED.query().bind(migration.name)).await.map_err(failed)? {
        let known: String = row.get(0).map_err(failed)?;
        return if known == checksum {
            Ok(false)
        } else {
            Err(MigrateError::Changed { name: migration.name })
        };
    }

    tx.execute_script(text).await.map_err(failed)?;
    let record = RECORD_APPLIED.query().bind(migration.name).bind(checksum);
    tx.execute(record).await.map_err(failed)?;
    Ok(true)
}

fn checksum(text: &str) -> String {
    use std::fmt::Write;
    Sha256::digest(text.as_bytes()).iter().fold(String::with_capacity(64), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
