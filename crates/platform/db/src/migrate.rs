//! Brings the schema up to date.

use crate::{Db, DbError, Engine, Sql, Tx, sql};
use sha2::{Digest, Sha256};
use std::collections::HashMap;

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
const LIST_APPLIED: Sql = sql!("select name, checksum from schema_migrations");
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
    /// The database did not say what was applied to it.
    #[error("could not read which migrations were applied")]
    Ledger(#[source] DbError),
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
        let known = self.applied().await.map_err(MigrateError::Ledger)?;
        let mut applied = Vec::new();
        for migration in MIGRATIONS {
            if let Some(known) = known.get(migration.name) {
                migration.must_be(known, self.engine())?;
                continue;
            }
            let failed = |source| MigrateError::Failed { name: migration.name, source };
            let mut tx = self.begin().await.map_err(failed)?;
            if apply(&mut tx, migration).await? {
                tx.commit().await.map_err(failed)?;
                applied.push(migration.name);
            }
        }
        Ok(applied)
    }

    /// The names of the migrations that [`Db::migrate`] would apply now.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn pending_migrations(&self) -> Result<Vec<&'static str>, DbError> {
        let applied = self.applied().await?;
        let names = MIGRATIONS.iter().map(|migration| migration.name);
        Ok(names.filter(|name| !applied.contains_key(*name)).collect())
    }

    /// The checksums of what was applied here, by name.
    async fn applied(&self) -> Result<HashMap<String, String>, DbError> {
        // Every start of a server waits for this. One transaction: a connection that is given back is not free at once, and
        // another one would be opened.
        let mut tx = self.begin_snapshot().await?;
        let rows = match tx.fetch_optional(FIND_LEDGER.query()).await? {
            Some(_) => tx.fetch_all(LIST_APPLIED.query()).await?,
            None => Vec::new(),
        };
        tx.commit().await?;
        rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
    }
}

impl Migration {
    const fn text(&self, engine: Engine) -> &'static str {
        match engine {
            Engine::Postgres => self.sql.postgres,
            Engine::Sqlite => self.sql.sqlite,
        }
    }

    /// That what was applied under its name is what it is now.
    fn must_be(&self, known: &str, engine: Engine) -> Result<(), MigrateError> {
        let is_same = known == checksum(self.text(engine));
        if is_same { Ok(()) } else { Err(MigrateError::Changed { name: self.name }) }
    }
}

/// Applies one migration unless the ledger already has it; says whether it did.
pub(crate) async fn apply(tx: &mut Tx, migration: &Migration) -> Result<bool, MigrateError> {
    let failed = |source| MigrateError::Failed { name: migration.name, source };
    tx.fetch_one(TAKE_LOCK.query().bind(LOCK_KEY)).await.map_err(failed)?;
    tx.execute(CREATE_LEDGER.query()).await.map_err(failed)?;

    if let Some(row) = tx.fetch_optional(FIND_APPLIED.query().bind(migration.name)).await.map_err(failed)? {
        let known: String = row.get(0).map_err(failed)?;
        return migration.must_be(&known, tx.engine()).map(|()| false);
    }

    let text = migration.text(tx.engine());
    tx.execute_script(text).await.map_err(failed)?;
    let record = RECORD_APPLIED.query().bind(migration.name).bind(checksum(text));
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
