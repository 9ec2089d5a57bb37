//! The rows that the mirror shows, in the original's shape with the row's id in front.

use super::copies::MirrorRow;
use crate::row_tables::{RowTable, id_ranges};
use dashly_db::{Db, DbError, Row, Sql, sql};
use dashly_kernel::Timestamp;
use serde::Serialize;

/// Rows read at once while catching up.
pub(super) const PAGE_ROWS: i64 = 5_000;

const LIST_EXPOSURES: Sql = sql!(
    "
    select id, user_or_session_id, test_id, variant, recorded_at
    from experiment_exposures
    where id > $1
    order by id
    limit $2"
);

const LIST_EVENTS: Sql = sql!(
    "
    select id, user_or_session_id, event_name, test_id, variant, recorded_at
    from experiment_events
    where id > $1
    order by id
    limit $2"
);

const FIND_FIRST_EXPOSURE: Sql = sql!(
    "
    select cast(coalesce(min(id), 0) as bigint)
    from experiment_exposures
    where id > $1 and id <= $2 and recorded_at >= $3"
);
const FIND_FIRST_EVENT: Sql = sql!(
    "
    select cast(coalesce(min(id), 0) as bigint)
    from experiment_events
    where id > $1 and id <= $2 and recorded_at >= $3"
);

#[derive(Serialize)]
struct ExposureLine {
    id: i64,
    user_or_session_id: String,
    test_id: String,
    variant: String,
    timestamp: Timestamp,
}

#[derive(Serialize)]
struct EventLine {
    id: i64,
    user_or_session_id: String,
    event_name: String,
    test_id: Option<String>,
    variant: Option<String>,
    timestamp: Timestamp,
}

/// Each table has a file.
impl RowTable {
    /// The file's name without `.json`.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Exposures => "exposures",
            Self::Events => "events",
        }
    }

    /// The next page of rows after `last_id`, ascending.
    pub(super) async fn list_after(self, db: &Db, last_id: i64) -> Result<Vec<MirrorRow>, DbError> {
        self.list(db, last_id, PAGE_ROWS).await
    }

    /// The last row before the first one that is not older than `since`; the last of all when none is. Rows are stored
    /// nearly in the order of their moments. Looks at all older rows.
    pub(super) async fn find_before(self, db: &Db, since: Timestamp) -> Result<i64, DbError> {
        let find_first = match self {
            Self::Exposures => FIND_FIRST_EXPOSURE,
            Self::Events => FIND_FIRST_EVENT,
        };
        let last: i64 = db.fetch_one(self.find_last().query()).await?.get(0)?;
        for (from, to) in id_ranges(0, last) {
            let row = db.fetch_one(find_first.query().bind(from).bind(to).bind(since)).await?;
            let first: i64 = row.get(0)?;
            if first > 0 {
                return Ok(first - 1);
            }
        }
        Ok(last)
    }

    /// The row with this id, if it is there.
    pub(super) async fn find(self, db: &Db, id: i64) -> Result<Option<MirrorRow>, DbError> {
        let next = self.list(db, id.saturating_sub(1), 1).await?;
        Ok(next.into_iter().next().filter(|row| row.id == id))
    }

    async fn list(self, db: &Db, last_id: i64, limit: i64) -> Result<Vec<MirrorRow>, DbError> {
        let sql = match self {
            Self::Exposures => LIST_EXPOSURES,
            Self::Events => LIST_EVENTS,
        };
        let rows = db.fetch_all(sql.query().bind(last_id).bind(limit)).await?;
        rows.iter().map(|row| self.line(row)).collect()
    }

    fn line(self, row: &Row) -> Result<MirrorRow, DbError> {
        let id = row.get(0)?;
        // Text, numbers and times always serialise.
        let json = match self {
            Self::Exposures => serde_json::to_string(&ExposureLine {
                id,
                user_or_session_id: row.get(1)?,
                test_id: row.get(2)?,
                variant: row.get(3)?,
                timestamp: row.get(4)?,
            }),
            Self::Events => serde_json::to_string(&EventLine {
                id,
                user_or_session_id: row.get(1)?,
                event_name: row.get(2)?,
                test_id: row.get(3)?,
                variant: row.get(4)?,
                timestamp: row.get(5)?,
            }),
        };
        Ok(MirrorRow { id, json: json.unwrap_or_default() })
    }
}
