//! Refuses a database that may forget what it acknowledged.

use crate::database::Pools;
use crate::{Db, DbError, Sql, Tx, sql};

/// A setting under which a committed transaction can be lost in a power cut.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the database would lose acknowledged data in a power cut: {setting} is `{found}`, it must be `{needed}`"
)]
pub struct WeakDurability {
    /// Name of the setting in the database's own words.
    pub setting: &'static str,
    /// What it is.
    pub found: String,
    /// What it must be.
    pub needed: &'static str,
}

/// Why the check did not pass.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DurabilityError {
    #[error(transparent)]
    Weak(#[from] WeakDurability),
    #[error("could not read the durability settings")]
    Read(#[from] DbError),
}

/// Reads the settings back from the connection that commits, since asking for them is not having them.
pub(crate) async fn check(db: &Db) -> Result<(), DurabilityError> {
    // One for all: a connection that is given back is not free at once, and another one would be opened.
    let mut tx = db.begin().await?;
    match &db.pools {
        Pools::Sqlite { .. } => {
            expect(&mut tx, sql!("pragma journal_mode"), "journal_mode", "wal").await?;
            if sqlite_synchronous() == sqlx::sqlite::SqliteSynchronous::Full {
                expect_number(&mut tx, sql!("pragma synchronous"), "synchronous", 2, "2 (FULL)").await?;
            }
        }
        Pools::Postgres { .. } => {
            expect(&mut tx, sql!("select current_setting('fsync')"), "fsync", "on").await?;
            expect(&mut tx, sql!("select current_setting('synchronous_commit')"), "synchronous_commit", "on")
                .await?;
            expect(&mut tx, sql!("select current_setting('full_page_writes')"), "full_page_writes", "on")
                .await?;
        }
    }
    tx.commit().await?;
    Ok(())
}

/// The level that every SQLite connection is opened with.
#[cfg(not(feature = "power-cut-self-test"))]
pub(crate) const fn sqlite_synchronous() -> sqlx::sqlite::SqliteSynchronous {
    sqlx::sqlite::SqliteSynchronous::Full
}

/// The level that every SQLite connection is opened with; in this build a variable may weaken it, so that the
/// power-cut test can show that it notices. No shipped build has this feature.
#[cfg(feature = "power-cut-self-test")]
#[expect(clippy::disallowed_methods, reason = "a switch of the test build, not configuration")]
pub(crate) fn sqlite_synchronous() -> sqlx::sqlite::SqliteSynchronous {
    match std::env::var("DASHLY_UNSAFE_SQLITE_SYNCHRONOUS").as_deref() {
        Ok("NORMAL") => sqlx::sqlite::SqliteSynchronous::Normal,
        Ok("OFF") => sqlx::sqlite::SqliteSynchronous::Off,
        _ => sqlx::sqlite::SqliteSynchronous::Full,
    }
}

async fn expect(
    tx: &mut Tx,
    sql: Sql,
    setting: &'static str,
    needed: &'static str,
) -> Result<(), DurabilityError> {
    let found: String = tx.fetch_one(sql.query()).await?.get(0)?;
    if found == needed { Ok(()) } else { Err(WeakDurability { setting, found, needed }.into()) }
}

async fn expect_number(
    tx: &mut Tx,
    sql: Sql,
    setting: &'static str,
    number: i64,
    needed: &'static str,
) -> Result<(), DurabilityError> {
    let found: i64 = tx.fetch_one(sql.query()).await?.get(0)?;
    if found == number {
        Ok(())
    } else {
        Err(WeakDurability { setting, found: found.to_string(), needed }.into())
    }
}
