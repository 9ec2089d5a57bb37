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
    select id
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

/// What is removed shall not stay readable in free space of the file; what others store need not be written twice.
const OVERWRITE: Sql = sql! {
    postgres: "select 1",
    sqlite: "pragma secure_delete = on",
};
const OVERWRITE_NO_MORE: Sql = sql! {
    postgres: "select 1",
    sqlite: "pragma secure_delete = off",
};

/// By the exposures as they are now: a visitor may have been erased since they were found.
const DELETE_AMOUNTS: Sql = sql! {
    postgres: "
        delete from experiment_metric_amounts a
        using experiment_exposures x
        where x.id in (select unnest($1::bigint[]))
          and a.user_or_session_id = x.user_or_session_id and a.test_id = x.test_id",
    sqlite: "
        delete from experiment_metric_amounts
        where (user_or_session_id, test_id) in (
          select user_or_session_id, test_id
          from experiment_exposures
          where id in (select value ->> 0 from json_each($1))
        )",
};
const DELETE_JOINS: Sql = sql! {
    postgres: "
        delete from experiment_visitor_joins j
        using experiment_exposures x
        where x.id in (select unnest($1::bigint[]))
          and j.visitor_id = x.user_or_session_id and j.test_id = x.test_id",
    sqlite: "
        delete from experiment_visitor_joins
        where (visitor_id, test_id) in (
          select user_or_session_id, test_id
          from experiment_exposures
          where id in (select value ->> 0 from json_each($1))
        )",
};
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

/// Which rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RowTable {
    Exposures,
    Events,
}

/// Walks all rows of both tables, and gives the ids of those that are too old, page by page.
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
    pub(super) async fn next(&mut self) -> Result<Option<(RowTable, Vec<i64>)>, DbError> {
        let (table, list, (from, to)) = if let Some(range) = self.exposures.next() {
            (RowTable::Exposures, LIST_EXPOSURES, range)
        } else if let Some(range) = self.events.next() {
            (RowTable::Events, LIST_EVENTS, range)
        } else {
            return Ok(None);
        };
        let rows = self.db.fetch_all(list.query().bind(from).bind(to).bind(self.cutoff)).await?;
        let ids = rows.iter().map(|row| row.get(0)).collect::<Result<_, DbError>>()?;
        Ok(Some((table, ids)))
    }
}

/// Deletes rows by id, and what else names the visitors of exposures in the same experiment; gives how many rows there
/// were. To be called under the ingest lock.
pub(super) async fn delete(tx: &mut Tx, table: RowTable, ids: &[i64]) -> Result<u64, DbError> {
    let (deletes, name): (&[Sql], _) = match table {
        RowTable::Exposures => {
            (&[DELETE_AMOUNTS, DELETE_JOINS, DELETE_EXPOSURES], signal::REMOVED_EXPOSURE_ROWS)
        }
        RowTable::Events => (&[DELETE_EVENTS], signal::REMOVED_EVENT_ROWS),
    };
    tx.fetch_all(OVERWRITE.query()).await?;
    let mut removed = 0;
    for delete in deletes {
        // The last one is that of the rows.
        removed = tx.execute(delete.batch(Columns::new().integer(ids.iter().copied()))).await?;
    }
    if removed > 0 {
        let count = i64::try_from(removed).unwrap_or(i64::MAX);
        tx.execute(ADD_REMOVED.query().bind(name).bind(count)).await?;
    }
    tx.fetch_all(OVERWRITE_NO_MORE.query()).await?;
    Ok(removed)
}
