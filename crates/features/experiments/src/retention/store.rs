//! The SQL of retention.

use crate::ingest::signal;
use crate::row_tables::{RowTable, id_ranges};
use dashly_db::{Columns, Db, DbError, Sql, Tx, sql};
use dashly_kernel::Timestamp;
use std::collections::{HashMap, HashSet};

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

/// Counts the rows of `table` from before `cutoff` that are of one of the experiments; '' stands for none.
pub(super) async fn count_rows(
    db: &Db,
    table: RowTable,
    cutoff: Timestamp,
    test_ids: &HashSet<&str>,
) -> Result<u64, DbError> {
    let count = match table {
        RowTable::Exposures => COUNT_EXPOSURES,
        RowTable::Events => COUNT_EVENTS,
    };
    let mut counted = 0;
    for (from, to) in id_ranges(0, find_last(db, table).await?) {
        for row in db.fetch_all(count.query().bind(from).bind(to).bind(cutoff)).await? {
            if test_ids.contains(row.get::<String>(0)?.as_str()) {
                counted += u64::try_from(row.get::<i64>(1)?).unwrap_or(0);
            }
        }
    }
    Ok(counted)
}

/// The last row of `table`; 0 when there is none.
pub(super) async fn find_last(db: &Db, table: RowTable) -> Result<i64, DbError> {
    db.fetch_one(table.find_last().query()).await?.get(0)
}

/// Ids of the rows of `table` in a range that are too old: of retired experiments, and events for none.
pub(super) async fn list_expired(
    db: &Db,
    table: RowTable,
    (from, to): (i64, i64),
    cutoff: Timestamp,
) -> Result<Vec<i64>, DbError> {
    let list = match table {
        RowTable::Exposures => LIST_EXPOSURES,
        RowTable::Events => LIST_EVENTS,
    };
    let rows = db.fetch_all(list.query().bind(from).bind(to).bind(cutoff)).await?;
    rows.iter().map(|row| row.get(0)).collect()
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
