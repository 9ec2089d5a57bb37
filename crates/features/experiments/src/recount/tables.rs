//! The tables that are plain sums of rows, and how they are compared.
//!
//! What is kept of retired experiments is left alone: their rows are removed.

use dashly_db::{DbError, Sql, Tx, sql};
use std::collections::BTreeSet;

/// A long recount must not be stopped like a request that hangs.
const LIFT_TIME_LIMIT: Sql = sql! {
    postgres: "select set_config('statement_timeout', '0', true)",
    sqlite: "select 1",
};

const CLEAR_TOTALS: Sql = sql!(
    "
    delete from experiment_totals
    where test_id not in (select test_id from experiment_settings where retired_at is not null)"
);
const COUNT_TOTALS: Sql = sql! {
    postgres: "
        insert into experiment_totals
          (test_id, variant, drawn_variant, epoch, day, device, visitor_kind, exposures, events, converters)
        select x.test_id, x.variant, x.drawn_variant, x.epoch, date_trunc('day', x.recorded_at, 'UTC'), x.device,
               x.visitor_kind, count(*), coalesce(sum(e.events), 0), count(x.converted_at)
        from experiment_exposures x
        left join (
          select user_or_session_id, test_id, count(*) as events
          from experiment_events
          where counted_as in ('conversion', 'repeat')
          group by user_or_session_id, test_id
        ) e on e.user_or_session_id = x.user_or_session_id and e.test_id = x.test_id
        where x.is_first
          and x.test_id not in (select test_id from experiment_settings where retired_at is not null)
        group by 1, 2, 3, 4, 5, 6, 7",
    sqlite: "
        insert into experiment_totals
          (test_id, variant, drawn_variant, epoch, day, device, visitor_kind, exposures, events, converters)
        select x.test_id, x.variant, x.drawn_variant, x.epoch, x.recorded_at - x.recorded_at % 86400000000, x.device,
               x.visitor_kind, count(*), coalesce(sum(e.events), 0), count(x.converted_at)
        from experiment_exposures x
        left join (
          select user_or_session_id, test_id, count(*) as events
          from experiment_events
          where counted_as in ('conversion', 'repeat')
          group by user_or_session_id, test_id
        ) e on e.user_or_session_id = x.user_or_session_id and e.test_id = x.test_id
        where x.is_first
          and x.test_id not in (select test_id from experiment_settings where retired_at is not null)
        group by 1, 2, 3, 4, 5, 6, 7",
};

const CLEAR_TIMELINE: Sql = sql!(
    "
    delete from experiment_timeline
    where test_id not in (select test_id from experiment_settings where retired_at is not null)"
);
const COUNT_TIMELINE: Sql = sql! {
    postgres: "
        insert into experiment_timeline (test_id, variant, drawn_variant, epoch, hour, exposures, events, converters)
        select test_id, variant, drawn_variant, epoch, date_trunc('hour', recorded_at, 'UTC'),
               sum(exposures), sum(events), sum(converters)
        from (
          select test_id, variant, drawn_variant, epoch, recorded_at,
                 1 as exposures, 0 as events, 0 as converters
          from experiment_exposures
          where is_first and device <> 'bot'
          union all
          select x.test_id, x.variant, x.drawn_variant, x.epoch, e.recorded_at,
                 0, 1, case e.counted_as when 'conversion' then 1 else 0 end
          from experiment_events e
          join experiment_exposures x
            on x.user_or_session_id = e.user_or_session_id and x.test_id = e.test_id and x.is_first
          where e.counted_as in ('conversion', 'repeat') and x.device <> 'bot'
        ) as happened
        where test_id not in (select test_id from experiment_settings where retired_at is not null)
        group by 1, 2, 3, 4, 5",
    sqlite: "
        insert into experiment_timeline (test_id, variant, drawn_variant, epoch, hour, exposures, events, converters)
        select test_id, variant, drawn_variant, epoch, recorded_at - recorded_at % 3600000000,
               sum(exposures), sum(events), sum(converters)
        from (
          select test_id, variant, drawn_variant, epoch, recorded_at,
                 1 as exposures, 0 as events, 0 as converters
          from experiment_exposures
          where is_first and device <> 'bot'
          union all
          select x.test_id, x.variant, x.drawn_variant, x.epoch, e.recorded_at,
                 0, 1, case e.counted_as when 'conversion' then 1 else 0 end
          from experiment_events e
          join experiment_exposures x
            on x.user_or_session_id = e.user_or_session_id and x.test_id = e.test_id and x.is_first
          where e.counted_as in ('conversion', 'repeat') and x.device <> 'bot'
        ) as happened
        where test_id not in (select test_id from experiment_settings where retired_at is not null)
        group by 1, 2, 3, 4, 5",
};

const CLEAR_DRAWS: Sql = sql!(
    "
    delete from experiment_draws
    where test_id not in (select test_id from experiment_settings where retired_at is not null)"
);
const COUNT_DRAWS: Sql = sql!(
    "
    insert into experiment_draws (test_id, epoch, drawn_variant, exposures, converters)
    select test_id, epoch, drawn_variant, count(*), count(converted_at)
    from experiment_exposures
    where is_first and device <> 'bot'
      and test_id not in (select test_id from experiment_settings where retired_at is not null)
    group by test_id, epoch, drawn_variant"
);

const CLEAR_VERSION_TOTALS: Sql = sql!(
    "
    delete from experiment_version_totals
    where test_id not in (select test_id from experiment_settings where retired_at is not null)"
);
const COUNT_VERSION_TOTALS: Sql = sql! {
    postgres: "
        insert into experiment_version_totals (test_id, app_version, day, epoch, drawn_variant, exposures, converters)
        select test_id, app_version, date_trunc('day', recorded_at, 'UTC'), epoch, drawn_variant, count(*),
               count(converted_at)
        from experiment_exposures
        where is_first and device <> 'bot'
          and test_id not in (select test_id from experiment_settings where retired_at is not null)
        group by 1, 2, 3, 4, 5",
    sqlite: "
        insert into experiment_version_totals (test_id, app_version, day, epoch, drawn_variant, exposures, converters)
        select test_id, app_version, recorded_at - recorded_at % 86400000000, epoch, drawn_variant, count(*),
               count(converted_at)
        from experiment_exposures
        where is_first and device <> 'bot'
          and test_id not in (select test_id from experiment_settings where retired_at is not null)
        group by 1, 2, 3, 4, 5",
};

const CLEAR_SIGNALS: Sql = sql!(
    "
    delete from experiment_signals
    where test_id not in (select test_id from experiment_settings where retired_at is not null)
      and signal not in ('removed_exposure_rows', 'removed_event_rows')"
);
/// Rows of the whole installation are those that were ever stored: how many were removed since is not in the rows.
const COUNT_SIGNALS: Sql = sql!(
    "
    insert into experiment_signals (test_id, signal, count)
    select test_id, signal, count
    from (
      select '' as test_id, 'exposure_rows' as signal,
             (select count(*) from experiment_exposures)
             + coalesce((select count from experiment_signals where signal = 'removed_exposure_rows'), 0) as count
      union all
      select '', 'event_rows',
             (select count(*) from experiment_events)
             + coalesce((select count from experiment_signals where signal = 'removed_event_rows'), 0)
      union all
      select test_id, 'bots', count(*)
      from experiment_exposures
      where is_first and device = 'bot'
      group by test_id
      union all
      select test_id, 'joined_visitors', count(*) from experiment_visitor_joins group by test_id
      union all
      select test_id, 'several_variants', count(*)
      from (
        select test_id from experiment_exposures group by test_id, user_or_session_id having count(*) > 1
      ) as several
      group by test_id
      union all
      select test_id, 'false_variants', count(*)
      from experiment_events
      where test_id is not null and reported_variant <> variant
      group by test_id
      union all
      select test_id, signal, count(*)
      from (
        select test_id,
               case counted_as
                 when 'early' then 'early_events'
                 when 'stopped' then 'stopped_events'
                 when 'late' then 'late_events'
                 else 'unknown_events'
               end as signal
        from experiment_events
        where test_id is not null and counted_as in ('early', 'stopped', 'late', 'other')
      ) as uncounted
      group by test_id, signal
    ) as counted
    where count > 0
      and test_id not in (select test_id from experiment_settings where retired_at is not null)"
);

/// Each kept table, and its lines as text.
const LISTS: [(&str, Sql); 8] = [
    (
        "experiment_totals",
        sql!(
            "select test_id || ' ' || variant || ' ' || drawn_variant || ' ' || epoch || ' ' || cast(day as text)
                    || ' ' || device || ' ' || visitor_kind || ' ' || cast(exposures as text)
                    || ' ' || cast(events as text) || ' ' || cast(converters as text)
             from experiment_totals"
        ),
    ),
    (
        "experiment_timeline",
        sql!(
            "select test_id || ' ' || variant || ' ' || drawn_variant || ' ' || epoch || ' ' || cast(hour as text)
                    || ' ' || cast(exposures as text) || ' ' || cast(events as text)
                    || ' ' || cast(converters as text)
             from experiment_timeline"
        ),
    ),
    (
        "experiment_draws",
        sql!(
            "select test_id || ' ' || epoch || ' ' || drawn_variant || ' ' || cast(exposures as text)
                    || ' ' || cast(converters as text)
             from experiment_draws"
        ),
    ),
    (
        "experiment_version_totals",
        sql!(
            "select test_id || ' ' || app_version || ' ' || cast(day as text) || ' ' || epoch || ' ' || drawn_variant
                    || ' ' || cast(exposures as text) || ' ' || cast(converters as text)
             from experiment_version_totals"
        ),
    ),
    (
        "experiment_signals",
        sql!("select test_id || ' ' || signal || ' ' || cast(count as text) from experiment_signals"),
    ),
    (
        "experiment_evidence",
        sql!(
            "select test_id || ' ' || kind || ' ' || control || ' ' || variant || ' ' || cast(peak as text)
                    || ' ' || favours || ' ' || cast(reached_at as text)
             from experiment_evidence"
        ),
    ),
    (
        "experiment_metric_amounts",
        sql!(
            "select user_or_session_id || ' ' || test_id || ' ' || metric || ' ' || cast(amount as text)
             from experiment_metric_amounts"
        ),
    ),
    (
        "experiment_metric_totals",
        sql!(
            "select test_id || ' ' || metric || ' ' || epoch || ' ' || drawn_variant || ' ' || cast(day as text)
                    || ' ' || cast(converters as text) || ' ' || cast(total as text)
                    || ' ' || cast(total_of_squares as text)
             from experiment_metric_totals"
        ),
    ),
];

/// Keeps every writer out until the end of the transaction.
pub(super) async fn prepare(tx: &mut Tx) -> Result<(), DbError> {
    tx.fetch_all(LIFT_TIME_LIMIT.query()).await?;
    crate::ingest::take_ingest_lock(tx).await
}

/// The lines of every kept table, in the order of [`LISTS`].
pub(super) async fn read_all(tx: &mut Tx) -> Result<Vec<(&'static str, BTreeSet<String>)>, DbError> {
    let mut tables = Vec::with_capacity(LISTS.len());
    for (name, list) in LISTS {
        let rows = tx.fetch_all(list.query()).await?;
        tables.push((name, rows.iter().map(|row| row.get(0)).collect::<Result<_, _>>()?));
    }
    Ok(tables)
}

/// Makes every table of sums anew.
pub(super) async fn rebuild(tx: &mut Tx) -> Result<(), DbError> {
    for (clear, count) in [
        (CLEAR_TOTALS, COUNT_TOTALS),
        (CLEAR_TIMELINE, COUNT_TIMELINE),
        (CLEAR_DRAWS, COUNT_DRAWS),
        (CLEAR_VERSION_TOTALS, COUNT_VERSION_TOTALS),
        (CLEAR_SIGNALS, COUNT_SIGNALS),
    ] {
        tx.execute(clear.query()).await?;
        tx.execute(count.query()).await?;
    }
    Ok(())
}
