//! What can go wrong in a database, in the terms in which a caller decides.

/// What kind of failure it was: what the caller can do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DbErrorKind {
    /// A row with this key is already there.
    Unique,
    /// A row that this one refers to is missing.
    ForeignKey,
    /// Another writer held the lock for too long; the same call can succeed later.
    Busy,
    /// Two transactions collided and this one was undone; run it again.
    Serialization,
    /// The disk or the quota is full; the same call can succeed when there is space again.
    Full,
    /// The disk does not read or write; the same call can succeed when it does again.
    Disk,
    /// The database cannot be reached, is shutting down, or took too long.
    Unavailable,
    /// The file is not a database or is damaged.
    Corrupt,
    /// Anything else: a fault of ours.
    Other,
}

/// A failed database call. Its text is for the log, never for a caller over the network.
#[derive(Debug)]
pub struct DbError {
    kind: DbErrorKind,
    source: sqlx::Error,
}

impl std::fmt::Display for DbError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.reason())
    }
}

impl std::error::Error for DbError {
    /// What the database itself said, without the driver's words around it.
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.source {
            sqlx::Error::Database(said) => Some(said.as_error()),
            other => Some(other),
        }
    }
}

impl DbError {
    /// What the caller can do about it.
    pub const fn kind(&self) -> DbErrorKind {
        self.kind
    }

    /// Whether the same call can succeed later without anybody changing the program.
    pub const fn is_transient(&self) -> bool {
        matches!(
            self.kind,
            DbErrorKind::Busy
                | DbErrorKind::Serialization
                | DbErrorKind::Full
                | DbErrorKind::Disk
                | DbErrorKind::Unavailable
        )
    }

    /// The reason in a few words without names of files, tables or hosts: fit for health reports.
    pub const fn reason(&self) -> &'static str {
        match self.kind {
            DbErrorKind::Unique => "a row with this key exists",
            DbErrorKind::ForeignKey => "a row that is referred to is missing",
            DbErrorKind::Busy => "the database is locked by another process",
            DbErrorKind::Serialization => "transactions collided",
            DbErrorKind::Full => "the disk of the database is full",
            DbErrorKind::Disk => "the disk of the database reports errors",
            DbErrorKind::Unavailable => "the database cannot be reached",
            DbErrorKind::Corrupt => "the database file is damaged",
            DbErrorKind::Other => "the database refused a statement",
        }
    }
}

impl From<sqlx::Error> for DbError {
    fn from(source: sqlx::Error) -> Self {
        let kind = match &source {
            sqlx::Error::Database(error) => match error.code() {
                Some(code) if code.len() == 5 => postgres_kind(&code),
                Some(code) => sqlite_kind(&code),
                None => DbErrorKind::Other,
            },
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => DbErrorKind::Unavailable,
            _ => DbErrorKind::Other,
        };
        Self { kind, source }
    }
}

/// SQLSTATE classes: <https://www.postgresql.org/docs/current/errcodes-appendix.html>.
fn postgres_kind(code: &str) -> DbErrorKind {
    match code {
        "23505" => DbErrorKind::Unique,
        "23503" => DbErrorKind::ForeignKey,
        "40001" | "40P01" => DbErrorKind::Serialization,
        "55P03" => DbErrorKind::Busy,
        "53100" => DbErrorKind::Full,
        "58030" => DbErrorKind::Disk,
        // Statement timeout, read-only server, and whole classes: connection lost, no resources, operator intervened.
        "57014" | "25006" => DbErrorKind::Unavailable,
        _ if code.starts_with("08") || code.starts_with("53") || code.starts_with("57P") => {
            DbErrorKind::Unavailable
        }
        _ if code.starts_with("XX") => DbErrorKind::Corrupt,
        _ => DbErrorKind::Other,
    }
}

/// Extended result codes: <https://www.sqlite.org/rescode.html>; the low byte is the primary code.
fn sqlite_kind(code: &str) -> DbErrorKind {
    let Ok(extended) = code.parse::<u32>() else { return DbErrorKind::Other };
    match (extended, extended & 0xff) {
        (2067 | 1555, _) => DbErrorKind::Unique,
        (787, _) => DbErrorKind::ForeignKey,
        (_, 5 | 6) => DbErrorKind::Busy,
        (_, 13) => DbErrorKind::Full,
        (_, 10) => DbErrorKind::Disk,
        (_, 8 | 14) => DbErrorKind::Unavailable,
        (_, 11 | 26) => DbErrorKind::Corrupt,
        _ => DbErrorKind::Other,
    }
}
