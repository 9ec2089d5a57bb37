//! The SQL.

use crate::delta::{Amounts, Kind, added, amounts_by_kind};
use crate::filter::UsageFilter;
use dashly_db::{Columns, Db, DbError, Query, Row, Sql, Tx, sql};
use dashly_kernel::Timestamp;
use dashly_llm::{CounterRow, Counters};
use std::collections::BTreeMap;

/// Any number will do, as long as all processes use the same ("aiusage" in ASCII).
const LOCK_KEY: i64 = 0x0061_6975_7361_6765;
/// As long as nothing happens, nothing is written for this long.
const FRESH_SECONDS: i64 = 60;
/// Instances that were not seen for so long are gone.
const FORGET_INSTANCES_SECONDS: i64 = 30 * 24 * 3_600;

/// On SQLite a transaction has the only write lock from its beginning.
const TAKE_LOCK: Sql = sql! {
    postgres: "select 1::bigint from (select pg_advisory_xact_lock($1)) as lock",
    sqlite: "select $1",
};
const FIND_INSTANCE: Sql =
    sql!("select uptime_ms, counters, collected_at from ai_gateway_instances where instance = $1");
const SAVE_INSTANCE: Sql = sql!(
    "
    insert into ai_gateway_instances (instance, uptime_ms, collected_at, counters)
    values ($1, $2, $3, $4)
    on conflict (instance) do update
    set uptime_ms = excluded.uptime_ms, collected_at = excluded.collected_at, counters = excluded.counters"
);
const FORGET_INSTANCES: Sql = sql!("delete from ai_gateway_instances where collected_at < $1");
const LAST_COLLECTED: Sql = sql!("select max(collected_at) from ai_gateway_instances");
const READ_HOURS: Sql = sql!(
    "
    select hour, task, model, workspace, caller, status, outcome, calls, input_tokens, output_tokens,
           cache_read_tokens, cache_write_tokens, estimated_tokens, cost_micros, calls_without_price,
           duration_micros, duration_counts
    from ai_usage_hours
    where hour >= $1 and hour < $2
      and (cast($3 as text) is null or task = $3)
      and (cast($4 as text) is null or model = $4)
      and (cast($5 as text) is null or workspace = $5)
      and (cast($6 as text) is null or caller = $6)
    order by hour"
);
const SAVE_HOURS: Sql = sql! {
    postgres: "
        insert into ai_usage_hours
        select * from unnest(
          $1::timestamptz[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::text[], $8::bigint[],
          $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[], $15::bigint[],
          $16::bigint[], $17::text[])
        on conflict (hour, task, model, workspace, caller, status, outcome) do update
        set calls = excluded.calls, input_tokens = excluded.input_tokens, output_tokens = excluded.output_tokens,
            cache_read_tokens = excluded.cache_read_tokens, cache_write_tokens = excluded.cache_write_tokens,
            estimated_tokens = excluded.estimated_tokens, cost_micros = excluded.cost_micros,
            calls_without_price = excluded.calls_without_price, duration_micros = excluded.duration_micros,
            duration_counts = excluded.duration_counts",
    sqlite: "
        insert into ai_usage_hours
        select value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7,
               value ->> 8, value ->> 9, value ->> 10, value ->> 11, value ->> 12, value ->> 13, value ->> 14,
               value ->> 15, value ->> 16
        from json_each($1)
        where true
        on conflict (hour, task, model, workspace, caller, status, outcome) do update
        set calls = excluded.calls, input_tokens = excluded.input_tokens, output_tokens = excluded.output_tokens,
            cache_read_tokens = excluded.cache_read_tokens, cache_write_tokens = excluded.cache_write_tokens,
            estimated_tokens = excluded.estimated_tokens, cost_micros = excluded.cost_micros,
            calls_without_price = excluded.calls_without_price, duration_micros = excluded.duration_micros,
            duration_counts = excluded.duration_counts",
};

/// The calls of one kind in one hour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HourRow {
    pub(crate) hour: Timestamp,
    pub(crate) kind: Kind,
    pub(crate) amounts: Amounts,
}

/// Adds what is new of `counters` to the hour of `now`.
///
/// Counters that another process has seen later already add nothing: the lock puts all looks in one order.
pub(crate) async fn add(db: &Db, counters: &Counters, now: Timestamp) -> Result<(), DbError> {
    let mut tx = db.begin().await?;
    let _locked = tx.fetch_one(TAKE_LOCK.query().bind(LOCK_KEY)).await?;
    let seen = tx.fetch_optional(FIND_INSTANCE.query().bind(counters.instance.as_str())).await?;
    let uptime_ms = whole(counters.uptime_ms);
    let now_counted = amounts_by_kind(&counters.rows);
    let mut is_fresh = false;
    let before = match seen {
        Some(row) if row.get::<i64>(0)? >= uptime_ms => return tx.commit().await,
        Some(row) => {
            is_fresh = row.get::<Timestamp>(2)?.plus_seconds(FRESH_SECONDS) > now;
            match read_counters(&row.get::<String>(1)?) {
                Some(rows) => amounts_by_kind(&rows),
                // Rather nothing than everything twice.
                None => now_counted.clone(),
            }
        }
        None => BTreeMap::new(),
    };
    let new = added(&before, &now_counted);
    if new.is_empty() && is_fresh {
        return tx.commit().await;
    }
    if !new.is_empty() {
        add_to_hour(&mut tx, now.start_of_hour(), new).await?;
    }
    let save = SAVE_INSTANCE
        .query()
        .bind(counters.instance.as_str())
        .bind(uptime_ms)
        .bind(now)
        .bind(write_counters(&counters.rows));
    tx.execute(save).await?;
    tx.execute(FORGET_INSTANCES.query().bind(now.plus_seconds(-FORGET_INSTANCES_SECONDS))).await?;
    tx.commit().await
}

/// The rows of hours from `from` up to but without `to` that `filter` asks for, oldest first.
pub(crate) async fn hours(
    db: &Db,
    from: Timestamp,
    to: Timestamp,
    filter: &UsageFilter,
) -> Result<Vec<HourRow>, DbError> {
    db.fetch_all(read_hours(from, to, filter.clone())).await?.iter().map(hour_row).collect()
}

fn read_hours(from: Timestamp, to: Timestamp, filter: UsageFilter) -> Query<'static> {
    let UsageFilter { task, model, workspace, caller } = filter;
    READ_HOURS.query().bind(from).bind(to).bind(task).bind(model).bind(workspace).bind(caller)
}

/// When counters were read last; none when never.
pub(crate) async fn last_collected(db: &Db) -> Result<Option<Timestamp>, DbError> {
    db.fetch_one(LAST_COLLECTED.query()).await?.get(0)
}

async fn add_to_hour(tx: &mut Tx, hour: Timestamp, new: BTreeMap<Kind, Amounts>) -> Result<(), DbError> {
    let next = hour.plus_seconds(3_600);
    let rows = tx.fetch_all(read_hours(hour, next, UsageFilter::default())).await?;
    let mut known: BTreeMap<Kind, Amounts> = BTreeMap::new();
    for row in &rows {
        let HourRow { kind, amounts, .. } = hour_row(row)?;
        known.insert(kind, amounts);
    }
    let sums: Vec<(Kind, Amounts)> = new
        .into_iter()
        .map(|(kind, new)| {
            let mut sum = new;
            if let Some(before) = known.get(&kind) {
                sum.add(before);
            }
            (kind, sum)
        })
        .collect();
    let classes: Vec<String> = sums.iter().map(|(_, sum)| write_classes(&sum.duration_counts)).collect();
    let text = |read: fn(&Kind) -> &str| sums.iter().map(move |(kind, _)| read(kind));
    let number = |read: fn(&Amounts) -> u64| sums.iter().map(move |(_, sum)| whole(read(sum)));
    let columns = Columns::new()
        .time(sums.iter().map(|_| hour))
        .text(text(|kind| &kind.task))
        .text(text(|kind| &kind.model))
        .text(text(|kind| &kind.workspace))
        .text(text(|kind| &kind.caller))
        .integer(sums.iter().map(|(kind, _)| kind.status))
        .text(text(|kind| &kind.outcome))
        .integer(number(|sum| sum.calls))
        .integer(number(|sum| sum.input_tokens))
        .integer(number(|sum| sum.output_tokens))
        .integer(number(|sum| sum.cache_read_tokens))
        .integer(number(|sum| sum.cache_write_tokens))
        .integer(number(|sum| sum.estimated_tokens))
        .integer(number(|sum| sum.cost_micros))
        .integer(number(|sum| sum.calls_without_price))
        .integer(number(|sum| sum.duration_micros))
        .text(classes.iter().map(String::as_str));
    tx.execute(SAVE_HOURS.batch(columns)).await.map(drop)
}

fn hour_row(row: &Row) -> Result<HourRow, DbError> {
    let number = |index: usize| row.get::<i64>(index).map(|number| u64::try_from(number).unwrap_or(0));
    Ok(HourRow {
        hour: row.get(0)?,
        kind: Kind {
            task: row.get(1)?,
            model: row.get(2)?,
            workspace: row.get(3)?,
            caller: row.get(4)?,
            status: row.get(5)?,
            outcome: row.get(6)?,
        },
        amounts: Amounts {
            calls: number(7)?,
            input_tokens: number(8)?,
            output_tokens: number(9)?,
            cache_read_tokens: number(10)?,
            cache_write_tokens: number(11)?,
            estimated_tokens: number(12)?,
            cost_micros: number(13)?,
            calls_without_price: number(14)?,
            duration_micros: number(15)?,
            duration_counts: serde_json::from_str(&row.get::<String>(16)?).unwrap_or_default(),
        },
    })
}

fn read_counters(text: &str) -> Option<Vec<CounterRow>> {
    serde_json::from_str(text)
        .inspect_err(|error| tracing::error!(%error, "the last counters of a gateway cannot be read"))
        .ok()
}

fn write_counters(rows: &[CounterRow]) -> String {
    serde_json::to_string(rows).unwrap_or_else(|_| "[]".to_owned())
}

fn write_classes(counts: &[u64]) -> String {
    serde_json::to_string(counts).unwrap_or_else(|_| "[]".to_owned())
}

fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
