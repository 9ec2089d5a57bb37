//! The lines of a backup that are not rows.

use dashly_kernel::Timestamp;
use serde::{Deserialize, Serialize};

/// The format that this program writes and reads.
pub const FORMAT: u32 = 1;

/// The first line of a backup: what it is and what is in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The format of the file.
    #[serde(rename = "dashly_backup")]
    pub format: u32,
    /// The version of Dashly that made it.
    pub dashly_version: String,
    /// When it was begun. Everything committed before is in it.
    pub created_at: Timestamp,
    /// The engine that it was read from: `sqlite` or `postgres`. It can be restored into either.
    pub engine: String,
    /// The migrations that had been applied, in order.
    pub migrations: Vec<String>,
    /// Files beside the database, in the order in which they follow.
    pub attachments: Vec<String>,
    /// The tables, in the order in which they follow: a table comes after those that it refers to.
    pub tables: Vec<TableHeader>,
}

impl Header {
    /// Rows of all tables together.
    pub fn row_count(&self) -> u64 {
        self.tables.iter().map(|table| table.rows).sum()
    }
}

/// One table of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableHeader {
    /// Its name.
    pub name: String,
    /// Its rows.
    pub rows: u64,
    /// The last number that the database gave out for its key, where it counts; numbers are never given out again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_number: Option<i64>,
    /// Its columns, in the order of the values in a row.
    pub columns: Vec<ColumnHeader>,
}

/// One column of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnHeader {
    /// Its name.
    pub name: String,
    /// The form of its values.
    pub kind: Kind,
}

/// The forms of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A JSON string.
    Text,
    /// A whole number of 64 bits; also 0 and 1 for truth values, and microseconds since 1970 for moments.
    Integer,
    /// A binary floating-point number, printed so that it is read back bit by bit (−0 as 0); `"NaN"`, `"inf"` and `"-inf"` as strings.
    Real,
    /// Bytes, as a JSON string of hexadecimal digits; also the 16 bytes of an identifier.
    Blob,
}

/// A file kept beside the database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// Its name in the backup.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// A line that is not a row.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Marker {
    /// A file.
    Attachment(Attachment),
    /// The rows of this table follow.
    Table(String),
    /// They are over.
    End { table: String, rows: u64, content: String },
}
