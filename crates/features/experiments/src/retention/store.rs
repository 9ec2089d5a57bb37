//! The SQL of retention.

use super::{Due, ExpiredRecords};
use crate::ingest::signal;
use dashly_db::{Columns, Db, DbError, Sql, Tx, sql};
use dashly_kernel::Timestamp;
use std::collections::{HashMap, HashSet};

/// Rows looked at in one statement: there is no index by experiment or moment, since every row would pay for it.
const SCAN_ROWS: i64 = 50_000;

/// To the day or the hour, whichever is later.
const LIST_LAST_COUNTED: Sql = sql!(
    "
    select test_id, max(at)
    from (
      select test_id, max(day) as at from experiment_totals group by test_id
      union all
      select test_id, max(hour) from experiment_timeline group by test_id
    ) as counted
    group by test_id"
);

const FIND_LAST_EXPOSURE: Sql = sql!("select cast(coalesce(max(id), 0) as bigint) from experiment_exposures");
const FIND_LAST_EVENT: Sql = sql!("select cast(coalesce(max(id), 0) as bigint) from experiment_events");

const LIST_RETIRED: Sql = sql!("select test_id from experiment_settings where retired_at is not null");

const COUNT_EXPOSURES: Sql = sql!(
    "
    select test_id, count(*)
    from experiment_exposures
    where id > $1 and id <= $2 and recorded_at < $3
    group by test_id"
);
const COUNT_EVENTS: Sql = sql!(
    "
    select coalesce(test_id, ''), count(*)
    from experiment_events
    where id > $1 and id <= $2 and recorded_at < $3
    group by test_id"
);

const LIST_EXPOSURES: Sql = sql!(
    "
    select id, user_or_session_id, test_id
    from experiment_exposures
    where id > $1 and id <= $2 and recorded_at < $3
      and test_id in (select test_id from experiment_settings where retired_at is not null)
    order by id"
);
const LIST_EVENTS: Sql = sql!(
    "
    select id
    from experiment_events
    where id > $1 and id <= $2 and recorded_at < $3
      and (test_id is null or test_id in (select test_id from experiment_settings where retired_at is not null))
    order by id"
);

const DELETE_EXPOSURES: Sql = sql! {
    postgres: "
        delete from experiment_exposures
        where id in (select unnest($1::bigint[]))",
    sqlite: "
        delete from experiment_exposures
        where id in (select value ->> 0 from json_each($1))",
};
const DELETE_EVENTS: Sql = sql! {
    postgres: "
        delete from experiment_events
        where id in (select unnest($1::bigint[]))",
    sqlite: "
        delete from experiment_events
        where id in (select value ->> 0 from json_each($1))",
};
const DELETE_AMOUNTS: Sql = sql! {
    postgres: "
        delete from experiment_metric_amounts a
        using unnest($1::text[], $2::text[]) as k (visitor, test_id)
        where a.user_or_session_id = k.visitor and a.test_id = k.test_id",
    sqlite: "
        delete from experiment_metric_amounts
        where (user_or_session_id, test_id) in (select value ->> 0, value ->> 1 from json_each($1))",
};
const DELETE_JOINS: Sql = sql! {
    postgres: "
        delete from experiment_visitor_joins j
        using unnest($1::text[], $2::text[]) as k (visitor, test_id)
        where j.visitor_id = k.visitor and j.test_id = k.test_id",
    sqlite: "
        delete from experiment_visitor_joins
        where (visitor_id, test_id) in (select value ->> 0, value ->> 1 from json_each($1))",
};

const ADD_REMOVED: Sql = sql!(
    "
    insert into experiment_signals as s (test_id, signal, count)
    values ('', $1, $2)
    on conflict (test_id, signal) do update set count = s.count + excluded.count"
);

/// When something of each experiment was counted last: to the hour, or to the day for programs.
pub(super) async fn list_last_counted(db: &Db) -> Result<HashMap<String, Timestamp>, DbError> {
    let rows = db.fetch_all(LIST_LAST_COUNTED.query()).await?;
    rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

/// Counts the rows from before `cutoff` of retired experiments, of those in `due`, and of none.
pub(super) async fn count_expired(
    db: &Db,
    cutoff: Timestamp,
    due: &[Due],
) -> Result<ExpiredRecords, DbError> {
    let mut test_ids: HashSet<String> = due.iter().map(|due| due.test_id.clone()).collect();
    for row in db.fetch_all(LIST_RETIRED.query()).await? {
        test_ids.insert(row.get(0)?);
    }
    let exposures = count(db, (FIND_LAST_EXPOSURE, COUNT_EXPOSURES), cutoff, &test_ids).await?;
    test_ids.insert(String::new());
    let events = count(db, (FIND_LAST_EVENT, COUNT_EVENTS), cutoff, &test_ids).await?;
    Ok(ExpiredRecords { retired: Vec::new(), exposures, events })
}

async fn count(
    db: &Db,
    (find_last, count): (Sql, Sql),
    cutoff: Timestamp,
    test_ids: &HashSet<String>,
) -> Result<u64, DbError> {
    let last: i64 = db.fetch_one(find_last.query()).await?.get(0)?;
    let (mut from, mut counted) = (0, 0);
    while from < last {
        let to = from.saturating_add(SCAN_ROWS).min(last);
        for row in db.fetch_all(count.query().bind(from).bind(to).bind(cutoff)).await? {
            if test_ids.contains(&row.get::<String>(0)?) {
                counted += u64::try_from(row.get::<i64>(1)?).unwrap_or(0);
            }
        }
        from = to;
    }
    Ok(counted)
}

/// A row of an exposure that is too old.
#[derive(Debug)]
pub(super) struct ExpiredExposure {
    id: i64,
    visitor: String,
    test_id: String,
}

/// Some rows that are too old.
#[derive(Debug)]
pub(super) enum Expired {
    Exposures(Vec<ExpiredExposure>),
    /// By id.
    Events(Vec<i64>),
}

/// Walks all rows of both tables, and gives those that are too old, page by page.
#[derive(Debug)]
pub(super) struct ExpiredPages<'a> {
    db: &'a Db,
    cutoff: Timestamp,
    exposures: Walk,
    events: Walk,
}

#[derive(Debug)]
struct Walk {
    from: i64,
    last: i64,
}

impl Walk {
    async fn new(db: &Db, find_last: Sql) -> Result<Self, DbError> {
        Ok(Self { from: 0, last: db.fetch_one(find_last.query()).await?.get(0)? })
    }

    /// The next range of ids: after the first, up to the second.
    fn next(&mut self) -> Option<(i64, i64)> {
        let from = self.from;
        self.from = from.saturating_add(SCAN_ROWS).min(self.last);
        (from < self.last).then_some((from, self.from))
    }
}

impl<'a> ExpiredPages<'a> {
    pub(super) async fn new(db: &'a Db, cutoff: Timestamp) -> Result<Self, DbError> {
        let (exposures, events) =
            (Walk::new(db, FIND_LAST_EXPOSURE).await?, Walk::new(db, FIND_LAST_EVENT).await?);
        Ok(Self { db, cutoff, exposures, events })
    }

    /// The next page, perhaps an empty one; none at the end.
    pub(super) async fn next(&mut self) -> Result<Option<Expired>, DbError> {
        if let Some((from, to)) = self.exposures.next() {
            let query = LIST_EXPOSURES.query().bind(from).bind(to).bind(self.cutoff);
            let rows = self.db.fetch_all(query).await?;
            let exposures = rows
                .iter()
                .map(|row| {
                    Ok(ExpiredExposure { id: row.get(0)?, visitor: row.get(1)?, test_id: row.get(2)? })
                })
                .collect::<Result<_, DbError>>()?;
            return Ok(Some(Expired::Exposures(exposures)));
        }
        let Some((from, to)) = self.events.next() else { return Ok(None) };
        let query = LIST_EVENTS.query().bind(from).bind(to).bind(self.cutoff);
        let rows = self.db.fetch_all(query).await?;
        let ids = rows.iter().map(|row| row.get(0)).collect::<Result<_, DbError>>()?;
        Ok(Some(Expired::Events(ids)))
    }
}

/// Deletes exposures, and what else names their visitors in the same experiment; gives how many there were. To be called
/// under the ingest lock.
pub(super) async fn delete_exposures(tx: &mut Tx, rows: &[ExpiredExposure]) -> Result<u64, DbError> {
    for delete in [DELETE_AMOUNTS, DELETE_JOINS] {
        let columns = Columns::new()
            .text(rows.iter().map(|row| row.visitor.as_str()))
            .text(rows.iter().map(|row| row.test_id.as_str()));
        tx.execute(delete.batch(columns)).await?;
    }
    let columns = Columns::new().integer(rows.iter().map(|row| row.id));
    let removed = tx.execute(DELETE_EXPOSURES.batch(columns)).await?;
    add_removed(tx, signal::REMOVED_EXPOSURE_ROWS, removed).await
}

/// Deletes events by id; gives how many there were. To be called under the ingest lock.
pub(super) async fn delete_events(tx: &mut Tx, ids: &[i64]) -> Result<u64, DbError> {
    let columns = Columns::new().integer(ids.iter().copied());
    let removed = tx.execute(DELETE_EVENTS.batch(columns)).await?;
    add_removed(tx, signal::REMOVED_EVENT_ROWS, removed).await
}

async fn add_removed(tx: &mut Tx, name: &'static str, removed: u64) -> Result<u64, DbError> {
    if removed > 0 {
        let count = i64::try_from(removed).unwrap_or(i64::MAX);
        tx.execute(ADD_REMOVED.query().bind(name).bind(count)).await?;
    }
    Ok(removed)
}
