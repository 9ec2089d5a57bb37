//! One parameter of a statement.

use dashly_kernel::Timestamp;
use sqlx::postgres::{PgArguments, Postgres};
use sqlx::sqlite::{Sqlite, SqliteArguments};
use uuid::Uuid;

/// One parameter of a statement, in the types that both engines keep without loss.
#[derive(Clone, Debug)]
pub enum Value {
    /// Text.
    Text(Option<String>),
    /// A whole number.
    Integer(Option<i64>),
    /// A binary floating-point number; never money.
    Float(Option<f64>),
    /// True or false (0 or 1 on SQLite).
    Boolean(bool),
    /// A moment: `timestamptz`, or microseconds since 1970 on SQLite.
    Time(Option<Timestamp>),
    /// An identifier: `uuid`, or 16 bytes on SQLite.
    Uuid(Uuid),
}

macro_rules! value_from {
    ($($type:ty => $variant:ident($convert:expr)),* $(,)?) => {
        $(impl From<$type> for Value {
            fn from(value: $type) -> Self {
                Self::$variant($convert(value))
            }
        })*
    };
}

value_from! {
    &str => Text(|text: &str| Some(text.to_owned())),
    String => Text(Some),
    Option<String> => Text(std::convert::identity),
    i64 => Integer(Some),
    Option<i64> => Integer(std::convert::identity),
    f64 => Float(Some),
    Option<f64> => Float(std::convert::identity),
    bool => Boolean(std::convert::identity),
    Timestamp => Time(Some),
    Option<Timestamp> => Time(std::convert::identity),
    Uuid => Uuid(std::convert::identity),
}

pub(crate) type SqliteQuery<'q> = sqlx::query::Query<'q, Sqlite, SqliteArguments>;
pub(crate) type PostgresQuery<'q> = sqlx::query::Query<'q, Postgres, PgArguments>;

impl Value {
    pub(crate) fn bind_sqlite(self, query: SqliteQuery<'_>) -> SqliteQuery<'_> {
        match self {
            Self::Text(value) => query.bind(value),
            Self::Integer(value) => query.bind(value),
            Self::Float(value) => query.bind(value),
            Self::Boolean(value) => query.bind(value),
            Self::Time(value) => query.bind(value.map(Timestamp::unix_micros)),
            Self::Uuid(value) => query.bind(value),
        }
    }

    pub(crate) fn bind_postgres(self, query: PostgresQuery<'_>) -> PostgresQuery<'_> {
        match self {
            Self::Text(value) => query.bind(value),
            Self::Integer(value) => query.bind(value),
            Self::Float(value) => query.bind(value),
            Self::Boolean(value) => query.bind(value),
            Self::Time(value) => query.bind(value.map(Timestamp::to_date_time)),
            Self::Uuid(value) => query.bind(value),
        }
    }
}
