//! The SQL of the totals.

use super::metrics::{read_counted_from, read_metric_days, read_metrics};
use super::model::TimelineCounts;
use super::totals::{Cell, CellKey, ChangedCells, ChangedDays, Mark, Totals};
use crate::shared_texts::SharedTexts;
use dashly_db::{Columns, Db, DbError, Row, Sql, sql};

/// In one statement, so that the rows and the revision are of one moment. The line of the whole installation always comes.
const LIST_CHANGED_DAYS: Sql = sql!(
    "
    select c.test_id, c.day, c.revision, s.stored_rows
    from experiment_changed_days c
    cross join (
      select cast(coalesce(sum(count), 0) as bigint) as stored_rows
      from experiment_signals
      where test_id = '' and signal in ('exposure_rows', 'event_rows')
    ) s
    where c.revision > $1 or c.test_id = ''"
);

/// By cohort: the visitors first exposed on one day.
const SUM_ALL_DAYS: Sql = sql!(
    "
    select test_id, day, variant, epoch, drawn_variant,
           cast(sum(exposures) as bigint), cast(sum(events) as bigint), cast(sum(converters) as bigint)
    from experiment_totals
    where device <> 'bot'
    group by test_id, day, variant, epoch, drawn_variant"
);

const SUM_DAYS: Sql = sql! {
    postgres: "
        select t.test_id, t.day, t.variant, t.epoch, t.drawn_variant,
               sum(t.exposures)::bigint, sum(t.events)::bigint, sum(t.converters)::bigint
        from unnest($1::text[], $2::timestamptz[]) as k (test_id, day)
        join experiment_totals t on t.test_id = k.test_id and t.day = k.day
        where t.device <> 'bot'
        group by t.test_id, t.day, t.variant, t.epoch, t.drawn_variant",
    sqlite: "
        select t.test_id, t.day, t.variant, t.epoch, t.drawn_variant,
               sum(t.exposures), sum(t.events), sum(t.converters)
        from json_each($1) as k
        cross join experiment_totals t indexed by experiment_totals_day
          on t.test_id = k.value ->> 0 and t.day = k.value ->> 1
        where t.device <> 'bot'
        group by t.test_id, t.day, t.variant, t.epoch, t.drawn_variant",
};

/// By hour for the first 72 hours, then by day: no more is shown, and every row costs.
const SUM_ALL_HOURS: Sql = sql! {
    postgres: "
        select t.test_id,
               case when s.last - s.first >= interval '72 hours' then date_trunc('day', t.hour, 'UTC') else t.hour end,
               t.variant, t.epoch, t.drawn_variant,
               sum(t.exposures)::bigint, sum(t.events)::bigint, sum(t.converters)::bigint
        from experiment_timeline t
        join (select test_id, min(hour) as first, max(hour) as last from experiment_timeline group by test_id) s
          on s.test_id = t.test_id
        group by 1, 2, 3, 4, 5",
    sqlite: "
        select t.test_id,
               case when s.last - s.first >= 72 * 3600000000 then t.hour - t.hour % 86400000000 else t.hour end,
               t.variant, t.epoch, t.drawn_variant, sum(t.exposures), sum(t.events), sum(t.converters)
        from experiment_timeline t
        join (select test_id, min(hour) as first, max(hour) as last from experiment_timeline group by test_id) s
          on s.test_id = t.test_id
        group by 1, 2, 3, 4, 5",
};

const LIST_HOURS: Sql = sql! {
    postgres: "
        select t.test_id, t.hour, t.variant, t.epoch, t.drawn_variant, t.exposures, t.events, t.converters
        from unnest($1::text[], $2::timestamptz[]) as k (test_id, day)
        join experiment_timeline t
          on t.test_id = k.test_id and t.hour >= k.day and t.hour < k.day + interval '24 hours'",
    sqlite: "
        select t.test_id, t.hour, t.variant, t.epoch, t.drawn_variant, t.exposures, t.events, t.converters
        from json_each($1) as k
        cross join experiment_timeline t indexed by experiment_timeline_hour
          on t.test_id = k.value ->> 0 and t.hour >= k.value ->> 1 and t.hour < (k.value ->> 1) + 86400000000",
};

/// Above every revision: then only the line of the installation comes.
const NO_DAYS: i64 = i64::MAX;

/// Makes `known` true again: what is new is read, and everything if that cannot be told.
///
/// When it fails or is given up, `known` is as it was.
pub(crate) async fn refresh_totals(db: &Db, known: &mut Totals) -> Result<(), DbError> {
    let (mark, changed) = list_changed_days(db, known.mark.revision).await?;
    if known.generation == 0 || mark.unmarked_rows != known.mark.unmarked_rows {
        let generation = known.generation.saturating_add(1);
        *known = Totals { generation, ..read_totals(db).await? };
        return Ok(());
    }
    let counted_from = read_counted_from(db).await?;
    if changed.is_empty() {
        known.metrics.counted_from = counted_from;
        known.mark = mark;
        return Ok(());
    }
    let mut texts = SharedTexts::default();
    let days = cells(&db.fetch_all(SUM_DAYS.batch(columns(&changed))).await?, &mut texts)?;
    let hours = cells(&db.fetch_all(LIST_HOURS.batch(columns(&changed))).await?, &mut texts)?;
    let metric_days = read_metric_days(db, &counted_from, columns(&changed)).await?;
    // From here on nothing waits and nothing fails.
    let news = ChangedCells { days, hours };
    known.replace(&changed, news);
    known.metrics.counted_from = counted_from;
    known.metrics.clear(&changed);
    known.metrics.extend(metric_days);
    known.mark = mark;
    Ok(())
}

/// Reads all totals: one row per variant, day and hour, however many visitors there were.
pub(crate) async fn read_totals(db: &Db) -> Result<Totals, DbError> {
    let (mark, _) = list_changed_days(db, NO_DAYS).await?;
    let mut texts = SharedTexts::default();
    let days = cells(&db.fetch_all(SUM_ALL_DAYS.query()).await?, &mut texts)?;
    let hours = cells(&db.fetch_all(SUM_ALL_HOURS.query()).await?, &mut texts)?;
    Ok(Totals::new(mark, ChangedCells { days, hours }, read_metrics(db).await?))
}

async fn list_changed_days(db: &Db, since: i64) -> Result<(Mark, ChangedDays), DbError> {
    let (mut mark, mut changed) = (Mark::default(), ChangedDays::new());
    for row in db.fetch_all(LIST_CHANGED_DAYS.query().bind(since)).await? {
        let (test_id, revision): (String, i64) = (row.get(0)?, row.get(2)?);
        if test_id.is_empty() {
            mark = Mark { revision, unmarked_rows: row.get::<i64>(3)?.saturating_sub(revision) };
        } else {
            changed.insert((test_id.into(), row.get(1)?), revision);
        }
    }
    Ok((mark, changed))
}

fn columns(changed: &ChangedDays) -> Columns<'_> {
    Columns::new()
        .text(changed.keys().map(|(test_id, _)| &**test_id))
        .time(changed.keys().map(|(_, day)| *day))
}

/// The eight columns of every statement above: experiment, moment, who and how many.
fn cells(rows: &[Row], texts: &mut SharedTexts) -> Result<Vec<Cell>, DbError> {
    let mut cell = |row: &Row| {
        Ok(Cell {
            test_id: texts.get(row.get(0)?),
            at: row.get(1)?,
            key: CellKey {
                variant: texts.get(row.get(2)?),
                epoch: texts.get(row.get(3)?),
                drawn_variant: texts.get(row.get(4)?),
            },
            counts: TimelineCounts { exposures: row.get(5)?, events: row.get(6)?, converters: row.get(7)? },
        })
    };
    rows.iter().map(&mut cell).collect()
}
