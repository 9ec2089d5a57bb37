//! The SQL of the metrics: since when they count, the visitors' amounts, and the totals.

use super::metrics::{MetricCell, MetricEvent, MetricKey, MetricLedger, MetricTotal};
use dashly_db::{Columns, DbError, Query, Row, Sql, Tx, sql};
use dashly_kernel::Timestamp;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// A metric that comes after the first visitor begins with the visitors of the next day: what those before did is not
/// known.
const OPEN_METRICS: Sql = sql! {
    postgres: "
        insert into experiment_metrics (test_id, metric, counted_from)
        select k.test_id, k.metric,
               case when exists (select 1 from experiment_totals t where t.test_id = k.test_id) then k.next_day end
        from unnest($1::text[], $2::text[], $3::timestamptz[]) as k (test_id, metric, next_day)
        on conflict (test_id, metric) do nothing",
    sqlite: "
        insert into experiment_metrics (test_id, metric, counted_from)
        select k.value ->> 0, k.value ->> 1,
               case when exists (select 1 from experiment_totals t where t.test_id = k.value ->> 0)
                    then k.value ->> 2 end
        from json_each($1) as k
        where true
        on conflict (test_id, metric) do nothing",
};

const LIST_METRICS: Sql = sql!("select test_id, metric, counted_from from experiment_metrics");

const LIST_AMOUNTS: Sql = sql! {
    postgres: "
        select a.user_or_session_id, a.test_id, a.metric, a.amount
        from unnest($1::text[], $2::text[], $3::text[]) as k (visitor, test_id, metric)
        join experiment_metric_amounts a
          on a.user_or_session_id = k.visitor and a.test_id = k.test_id and a.metric = k.metric",
    sqlite: "
        select a.user_or_session_id, a.test_id, a.metric, a.amount
        from json_each($1) as k
        cross join experiment_metric_amounts a
          on a.user_or_session_id = k.value ->> 0 and a.test_id = k.value ->> 1 and a.metric = k.value ->> 2",
};

const LIST_TOTALS: Sql = sql! {
    postgres: "
        select t.test_id, t.metric, t.epoch, t.drawn_variant, t.day, t.converters, t.total, t.total_of_squares
        from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[])
             as k (test_id, metric, epoch, drawn_variant, day)
        join experiment_metric_totals t
          on t.test_id = k.test_id and t.metric = k.metric and t.epoch = k.epoch
         and t.drawn_variant = k.drawn_variant and t.day = k.day",
    sqlite: "
        select t.test_id, t.metric, t.epoch, t.drawn_variant, t.day, t.converters, t.total, t.total_of_squares
        from json_each($1) as k
        cross join experiment_metric_totals t
          on t.test_id = k.value ->> 0 and t.metric = k.value ->> 1 and t.epoch = k.value ->> 2
         and t.drawn_variant = k.value ->> 3 and t.day = k.value ->> 4",
};

const SET_AMOUNTS: Sql = sql! {
    postgres: "
        insert into experiment_metric_amounts (user_or_session_id, test_id, metric, amount)
        select * from unnest($1::text[], $2::text[], $3::text[], $4::double precision[])
        on conflict (user_or_session_id, test_id, metric) do update set amount = excluded.amount",
    sqlite: "
        insert into experiment_metric_amounts (user_or_session_id, test_id, metric, amount)
        select value ->> 0, value ->> 1, value ->> 2, value ->> 3
        from json_each($1)
        where true
        on conflict (user_or_session_id, test_id, metric) do update set amount = excluded.amount",
};

const SET_TOTALS: Sql = sql! {
    postgres: "
        insert into experiment_metric_totals
          (test_id, metric, epoch, drawn_variant, day, converters, total, total_of_squares)
        select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::bigint[],
                             $7::double precision[], $8::double precision[])
        on conflict (test_id, metric, epoch, drawn_variant, day) do update
        set converters = excluded.converters, total = excluded.total, total_of_squares = excluded.total_of_squares",
    sqlite: "
        insert into experiment_metric_totals
          (test_id, metric, epoch, drawn_variant, day, converters, total, total_of_squares)
        select value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7
        from json_each($1)
        where true
        on conflict (test_id, metric, epoch, drawn_variant, day) do update
        set converters = excluded.converters, total = excluded.total, total_of_squares = excluded.total_of_squares",
};

/// Since when each metric counts; none: since the first visitor.
pub(crate) type CountedFrom = HashMap<MetricKey, Option<Timestamp>>;

/// Notes `metrics` as counted from now on, unless they were before.
pub(super) async fn open_metrics(
    tx: &mut Tx,
    metrics: &[MetricKey],
    next_day: Timestamp,
) -> Result<(), DbError> {
    let columns = Columns::new()
        .text(metrics.iter().map(|(test_id, _)| &**test_id))
        .text(metrics.iter().map(|(_, metric)| &**metric))
        .time(metrics.iter().map(|_| next_day));
    tx.execute(OPEN_METRICS.batch(columns)).await.map(drop)
}

/// Since when each metric counts, of all experiments.
pub(crate) async fn list_metrics(tx: &mut Tx) -> Result<CountedFrom, DbError> {
    let rows = tx.fetch_all(LIST_METRICS.query()).await?;
    let text = |row: &Row, column| row.get::<String>(column).map(Arc::<str>::from);
    rows.iter().map(|row| Ok(((text(row, 0)?, text(row, 1)?), row.get(2)?))).collect()
}

/// What is known of the visitors and cells of `events`.
pub(super) async fn find_ledger(tx: &mut Tx, events: &[MetricEvent]) -> Result<MetricLedger, DbError> {
    let mut ledger = MetricLedger::default();
    let amounts: HashSet<_> = events.iter().map(MetricEvent::amount_key).collect();
    for row in list_amounts(tx, &amounts).await? {
        let text = |column| row.get::<String>(column).map(Arc::<str>::from);
        ledger.amounts.insert((text(0)?, text(1)?, text(2)?), row.get(3)?);
    }
    let cells: BTreeSet<_> = events.iter().map(MetricEvent::cell).collect();
    for row in tx.fetch_all(LIST_TOTALS.batch(cell_columns(cells.iter()))).await? {
        let text = |column| row.get::<String>(column).map(Arc::<str>::from);
        let cell = MetricCell {
            test_id: text(0)?,
            metric: text(1)?,
            epoch: text(2)?,
            drawn_variant: text(3)?,
            day: row.get(4)?,
        };
        let total =
            MetricTotal { converters: row.get(5)?, total: row.get(6)?, total_of_squares: row.get(7)? };
        ledger.totals.insert(cell, total);
    }
    Ok(ledger)
}

async fn list_amounts(
    tx: &mut Tx,
    keys: &HashSet<(Arc<str>, Arc<str>, Arc<str>)>,
) -> Result<Vec<Row>, DbError> {
    let columns = Columns::new()
        .text(keys.iter().map(|(visitor, _, _)| &**visitor))
        .text(keys.iter().map(|(_, test_id, _)| &**test_id))
        .text(keys.iter().map(|(_, _, metric)| &**metric));
    tx.fetch_all(LIST_AMOUNTS.batch(columns)).await
}

fn cell_columns<'a>(cells: impl Iterator<Item = &'a MetricCell> + Clone) -> Columns<'a> {
    Columns::new()
        .text(cells.clone().map(|cell| &*cell.test_id))
        .text(cells.clone().map(|cell| &*cell.metric))
        .text(cells.clone().map(|cell| &*cell.epoch))
        .text(cells.clone().map(|cell| &*cell.drawn_variant))
        .time(cells.map(|cell| cell.day))
}

/// Stores everything in `ledger` as it is there.
pub(crate) async fn set_ledger(tx: &mut Tx, ledger: &MetricLedger) -> Result<(), DbError> {
    tx.execute_all(changes(ledger).into()).await
}

/// What it takes to store everything in `ledger` as it is there.
pub(super) fn changes(ledger: &MetricLedger) -> [Query<'_>; 2] {
    let amounts: Vec<_> = ledger.amounts.iter().collect();
    let amounts = Columns::new()
        .text(amounts.iter().map(|((visitor, _, _), _)| &**visitor))
        .text(amounts.iter().map(|((_, test_id, _), _)| &**test_id))
        .text(amounts.iter().map(|((_, _, metric), _)| &**metric))
        .optional_float(amounts.iter().map(|(_, amount)| Some(**amount)));
    let totals = || ledger.totals.values();
    let cells = cell_columns(ledger.totals.keys())
        .integer(totals().map(|total| total.converters))
        .optional_float(totals().map(|total| Some(total.total)))
        .optional_float(totals().map(|total| Some(total.total_of_squares)));
    [SET_AMOUNTS.batch(amounts), SET_TOTALS.batch(cells)]
}

/// Runs every statement that comes before [`changes`] on nothing; see [`super::store::rehearse`].
pub(super) async fn rehearse(tx: &mut Tx) -> Result<(), DbError> {
    open_metrics(tx, &[], Timestamp::from_unix_micros(0)).await?;
    find_ledger(tx, &[]).await.map(drop)
}
