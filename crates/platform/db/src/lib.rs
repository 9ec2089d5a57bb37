//! SQLite and PostgreSQL behind one small interface.
//!
//! Stores write plain SQL once, with `$1` placeholders, and run it on either engine: see [`Db`], [`Sql`] and the
//! [`sql!`](crate::sql!) macro for the few statements whose text differs. Whole batches go through [`Columns`], as
//! arrays on PostgreSQL and as one JSON parameter on SQLite.
//!
//! This crate is the only user of the database drivers. It knows nothing of what is stored, except for the files
//! under `migrations/`, which it applies in order.
//!
//! What must hold: a committed transaction has been synced to disk (WAL with `synchronous=FULL` on SQLite;
//! `fsync=on` and `synchronous_commit=on` on PostgreSQL). [`Db::connect`] reads the settings back and refuses less.

pub mod backup;
mod columns;
mod connect;
mod database;
mod durability;
mod error;
mod migrate;
mod query;
mod row;
pub mod scratch;
mod transaction;
mod value;

pub use columns::Columns;
pub use connect::{ConnectError, DatabaseUrl, InvalidDatabaseUrl};
pub use database::{Db, Engine};
pub use durability::WeakDurability;
pub use error::{DbError, DbErrorKind};
pub use migrate::{MigrateError, Migration, migrations};
pub use query::{Query, Sql};
pub use row::{Column, Row};
pub use transaction::Tx;
pub use value::Value;
