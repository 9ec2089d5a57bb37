//! The SQL of the metrics' totals.

use dashly_db::{Db, DbError, Row, Sql, sql};
use dashly_kernel::Timestamp;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

const LIST_METRICS: Sql = sql!("select test_id, metric, counted_from from experiment_metrics");

const LIST_TOTALS: Sql = sql!(
    "
    select test_id, metric, day, epoch, drawn_variant, converters, total, total_of_squares
    from experiment_metric_totals"
);

/// Sums over the visitors of one day, epoch and label.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct StoredTotal {
    pub converters: u64,
    pub total: f64,
    pub total_of_squares: f64,
}

/// Totals by the day of the first exposure, then by epoch and label.
pub(super) type TotalsByDay = BTreeMap<Timestamp, BTreeMap<(Arc<str>, Arc<str>), StoredTotal>>;

/// What is kept of the metrics of all experiments, by experiment and metric.
#[derive(Debug, Default)]
pub(crate) struct StoredMetrics {
    pub(super) counted_from: HashMap<(String, String), Option<Timestamp>>,
    pub(super) totals: HashMap<(String, String), TotalsByDay>,
}

/// Reads all totals: one row per metric, variant and day.
pub(crate) async fn read_metrics(db: &Db) -> Result<StoredMetrics, DbError> {
    let mut stored = StoredMetrics::default();
    for row in db.fetch_all(LIST_METRICS.query()).await? {
        stored.counted_from.insert((row.get(0)?, row.get(1)?), row.get(2)?);
    }
    if stored.counted_from.is_empty() {
        return Ok(stored);
    }
    for row in db.fetch_all(LIST_TOTALS.query()).await? {
        let text = |row: &Row, column| row.get::<String>(column).map(Arc::<str>::from);
        let label = (text(&row, 3)?, text(&row, 4)?);
        let total = StoredTotal {
            converters: u64::try_from(row.get::<i64>(5)?).unwrap_or(0),
            total: row.get(6)?,
            total_of_squares: row.get(7)?,
        };
        let days = stored.totals.entry((row.get(0)?, row.get(1)?)).or_default();
        days.entry(row.get(2)?).or_default().insert(label, total);
    }
    Ok(stored)
}
