//! The SQL of the metrics' totals.

use crate::results::totals::ChangedDays;
use dashly_db::{Columns, Db, DbError, Row, Sql, sql};
use dashly_kernel::Timestamp;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

const LIST_METRICS: Sql = sql!("select test_id, metric, counted_from from experiment_metrics");

const LIST_TOTALS: Sql = sql!(
    "
    select test_id, metric, day, epoch, drawn_variant, converters, total, total_of_squares
    from experiment_metric_totals"
);

const LIST_TOTALS_OF_DAYS: Sql = sql! {
    postgres: "
        select t.test_id, t.metric, t.day, t.epoch, t.drawn_variant, t.converters, t.total, t.total_of_squares
        from unnest($1::text[], $2::timestamptz[]) as k (test_id, day)
        join experiment_metric_totals t on t.test_id = k.test_id and t.day = k.day",
    sqlite: "
        select t.test_id, t.metric, t.day, t.epoch, t.drawn_variant, t.converters, t.total, t.total_of_squares
        from json_each($1) as k
        cross join experiment_metric_totals t indexed by experiment_metric_totals_day
          on t.test_id = k.value ->> 0 and t.day = k.value ->> 1",
};

/// Sums over the visitors of one day, epoch and label.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct StoredTotal {
    pub converters: u64,
    pub total: f64,
    pub total_of_squares: f64,
}

/// Totals by the day of the first exposure, then by epoch and label.
pub(super) type TotalsByDay = BTreeMap<Timestamp, BTreeMap<(Arc<str>, Arc<str>), StoredTotal>>;

/// Totals by experiment and metric.
type TotalsByMetric = HashMap<(String, String), TotalsByDay>;

/// Since when each metric of each experiment counts; none: since the first visitor.
pub(crate) type CountedSince = HashMap<(String, String), Option<Timestamp>>;

/// What is kept of the metrics of all experiments, by experiment and metric.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct StoredMetrics {
    pub(in crate::results) counted_from: CountedSince,
    pub(super) totals: TotalsByMetric,
}

/// The metrics' totals of some days.
pub(crate) struct MetricDays(TotalsByMetric);

impl StoredMetrics {
    /// Forgets the totals of `changed` days.
    pub(in crate::results) fn clear(&mut self, changed: &ChangedDays) {
        for ((test_id, _), days) in &mut self.totals {
            days.retain(|day, _| !changed.contains_key(&(Arc::from(test_id.as_str()), *day)));
        }
    }

    /// Adds the totals of days that are not there.
    pub(in crate::results) fn extend(&mut self, MetricDays(totals): MetricDays) {
        for (metric, days) in totals {
            self.totals.entry(metric).or_default().extend(days);
        }
    }
}

/// Reads all totals: one row per metric, variant and day.
pub(crate) async fn read_metrics(db: &Db) -> Result<StoredMetrics, DbError> {
    let counted_from = read_counted_from(db).await?;
    let rows = if counted_from.is_empty() { Vec::new() } else { db.fetch_all(LIST_TOTALS.query()).await? };
    Ok(StoredMetrics { counted_from, totals: totals_of(&rows)? })
}

/// Reads since when each metric counts.
pub(crate) async fn read_counted_from(db: &Db) -> Result<CountedSince, DbError> {
    let rows = db.fetch_all(LIST_METRICS.query()).await?;
    rows.iter().map(|row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?))).collect()
}

/// Reads the totals of the experiments and days in `columns`.
pub(crate) async fn read_metric_days(
    db: &Db,
    counted_from: &CountedSince,
    columns: Columns<'_>,
) -> Result<MetricDays, DbError> {
    if counted_from.is_empty() {
        return Ok(MetricDays(TotalsByMetric::new()));
    }
    let rows = db.fetch_all(LIST_TOTALS_OF_DAYS.batch(columns)).await?;
    Ok(MetricDays(totals_of(&rows)?))
}

fn totals_of(rows: &[Row]) -> Result<TotalsByMetric, DbError> {
    let mut totals = TotalsByMetric::new();
    for row in rows {
        let text = |column| row.get::<String>(column).map(Arc::<str>::from);
        let label = (text(3)?, text(4)?);
        let total = StoredTotal {
            converters: u64::try_from(row.get::<i64>(5)?).unwrap_or(0),
            total: row.get(6)?,
            total_of_squares: row.get(7)?,
        };
        let days = totals.entry((row.get(0)?, row.get(1)?)).or_default();
        days.entry(row.get(2)?).or_default().insert(label, total);
    }
    Ok(totals)
}
