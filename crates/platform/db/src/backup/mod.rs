//! A whole database as one file that either engine can be filled from.
//!
//! The file is an ordinary gzip file of lines: a [`Header`], attached files, then for each table its rows as JSON arrays.
//! What is in a table is found from the schema that the migrations make (`schema.rs`), so a new migration needs no code
//! here. Values are kept in the four forms that SQLite stores (text, whole numbers of 64 bits, floating-point numbers,
//! bytes); PostgreSQL's further types become one of them and back (`schema.rs`, `cells.rs`), so the lines of a table are
//! the same whichever engine wrote them. A second, short gzip member at the end holds the SHA-256 of everything before
//! it (`container.rs`): a cut or changed file is refused before a target is touched.
//!
//! [`write_backup`] reads one state of the database while others write. [`BackupFile::open`] checks a file,
//! [`restore()`] fills a database from it in one transaction and reads everything back before it commits.

mod cells;
mod container;
mod error;
mod header;
mod restore;
mod schema;
mod write;

pub use container::BackupFile;
pub use error::BackupError;
pub use header::{Attachment, ColumnHeader, FORMAT, Header, Kind, TableHeader};
pub use restore::{Restored, RestoredTable, count_rows, restore};
pub use write::{BackupRequest, write_backup};

/// Told the number of rows done so far.
pub type OnRows<'a> = &'a mut dyn FnMut(u64);
