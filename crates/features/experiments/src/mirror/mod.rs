//! The JSON mirror: `exposures.json` and `events.json`, always valid, always equal to the database a moment later.
//!
//! Each file is one inode of a pair. Rows are appended to the copy that nobody can be reading, which then replaces
//! the published one by rename; the copies change roles. A copy is written to only when it has been out of sight for
//! longer than [`copies::HOLD`], so that whoever opened it has had that long to read it whole. Every row is written
//! twice, whatever the size of the file.
//!
//! The database is the only source: the mirror reads rows by id, both to follow and to catch up after a crash. When a
//! visitor was erased, rows were removed or became too old for the files, both are written anew from it.

mod copies;
mod files;
mod left_out;
mod rows;
mod settle;
mod task;

pub use settle::{MirrorSettled, SettleMirrorError, settle_mirror};
pub(crate) use task::{Mirror, MirrorPlace};
pub use task::{MirrorReport, MirrorStatus};
