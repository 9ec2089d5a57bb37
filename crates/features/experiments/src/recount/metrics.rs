//! The metrics again: every event in the order in which it was stored.

use super::OnProgress;
use crate::definitions::Definitions;
use crate::ingest::{CountedFrom, MetricEvent, MetricLedger, list_metrics, set_ledger};
use dashly_db::{Columns, DbError, Row, Sql, Tx, sql};
use dashly_kernel::Timestamp;
use std::sync::Arc;

const PAGE_ROWS: i64 = 10_000;

const CLEAR_AMOUNTS: Sql = sql! {
    postgres: "
        delete from experiment_metric_amounts a
        using unnest($1::text[], $2::text[]) as k (test_id, metric)
        where a.test_id = k.test_id and a.metric = k.metric",
    sqlite: "
        delete from experiment_metric_amounts
        where (test_id, metric) in (select value ->> 0, value ->> 1 from json_each($1))",
};
const CLEAR_TOTALS: Sql = sql! {
    postgres: "
        delete from experiment_metric_totals t
        using unnest($1::text[], $2::text[]) as k (test_id, metric)
        where t.test_id = k.test_id and t.metric = k.metric",
    sqlite: "
        delete from experiment_metric_totals
        where (test_id, metric) in (select value ->> 0, value ->> 1 from json_each($1))",
};

/// Events after the exposure, in time for the target or not: a metric has a window of its own.
const LIST_EVENTS: Sql = sql!(
    "
    select e.id, x.test_id, x.user_or_session_id, e.event_name, e.value, e.recorded_at, x.epoch, x.drawn_variant,
           x.recorded_at
    from experiment_events e
    join experiment_exposures x
      on x.user_or_session_id = e.user_or_session_id and x.test_id = e.test_id and x.is_first
    where e.id > $1 and e.counted_as in ('conversion', 'repeat', 'late', 'metric') and x.device <> 'bot'
    order by e.id
    limit $2"
);

/// Makes the amounts and totals of the metrics in `definitions` anew. What the file no longer has stays as it is.
///
/// Holds one amount for each visitor with such an event: about 200 bytes.
pub(super) async fn rebuild(
    tx: &mut Tx,
    definitions: &Definitions,
    on_progress: OnProgress<'_>,
) -> Result<(), DbError> {
    let counted_from = list_metrics(tx).await?;
    let keys: Vec<_> = definitions
        .all()
        .iter()
        .flat_map(|experiment| {
            experiment.metrics.iter().map(move |metric| (&experiment.test_id, &metric.key))
        })
        .collect();
    if keys.is_empty() {
        return Ok(());
    }
    for clear in [CLEAR_AMOUNTS, CLEAR_TOTALS] {
        let columns = Columns::new()
            .text(keys.iter().map(|(test_id, _)| &***test_id))
            .text(keys.iter().map(|(_, metric)| &***metric));
        tx.execute(clear.batch(columns)).await?;
    }
    let (mut ledger, mut last_id, mut walked) = (MetricLedger::default(), 0_i64, 0_u64);
    loop {
        let rows = tx.fetch_all(LIST_EVENTS.query().bind(last_id).bind(PAGE_ROWS)).await?;
        if rows.is_empty() {
            break;
        }
        for row in &rows {
            last_id = row.get(0)?;
            walked += 1;
            take(row, definitions, &counted_from, &mut ledger)?;
        }
        on_progress(walked);
    }
    set_ledger(tx, &ledger).await
}

/// What the metrics take of one stored event.
fn take(
    row: &Row,
    definitions: &Definitions,
    counted_from: &CountedFrom,
    ledger: &mut MetricLedger,
) -> Result<(), DbError> {
    let Some(experiment) = definitions.find(&row.get::<String>(1)?) else { return Ok(()) };
    let event_name = row.get::<String>(3)?;
    let (at, exposed_at): (Timestamp, Timestamp) = (row.get(5)?, row.get(8)?);
    let elapsed = at.unix_micros().saturating_sub(exposed_at.unix_micros());
    for metric in experiment.metrics_of(&event_name).filter(|metric| !metric.is_late(elapsed)) {
        let key = (Arc::clone(&experiment.test_id), Arc::clone(&metric.key));
        let Some(from) = counted_from.get(&key) else { continue };
        if from.is_some_and(|from| exposed_at < from) {
            continue;
        }
        ledger.take(&MetricEvent {
            visitor: row.get::<String>(2)?.into(),
            test_id: Arc::clone(&experiment.test_id),
            metric: metric.clone(),
            epoch: row.get::<String>(6)?.into(),
            drawn_variant: row.get::<String>(7)?.into(),
            day: exposed_at.start_of_day(),
            value: row.get(4)?,
        });
    }
    Ok(())
}
