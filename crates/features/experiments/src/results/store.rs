//! The SQL of the results of a part of the visitors, and of what was stored in all.

use super::slices::Segment;
use crate::ingest::{Draws, Evidence, read_evidence};
use dashly_db::{Db, DbError, Row, Sql, sql};
use dashly_kernel::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;

const LIST_DAYS_BY_DEVICE: Sql = sql!(
    "
    select device, day, epoch, drawn_variant, cast(sum(exposures) as bigint), cast(sum(converters) as bigint)
    from experiment_totals
    where test_id = $1 and device <> 'bot'
    group by device, day, epoch, drawn_variant"
);

const LIST_DAYS_BY_VISITOR_KIND: Sql = sql!(
    "
    select visitor_kind, day, epoch, drawn_variant, cast(sum(exposures) as bigint), cast(sum(converters) as bigint)
    from experiment_totals
    where test_id = $1 and device <> 'bot'
    group by visitor_kind, day, epoch, drawn_variant"
);

/// No version has a space, so none can be mistaken for one that was not recorded.
const LIST_DAYS_BY_APP_VERSION: Sql = sql!(
    "
    select case app_version when '' then 'not recorded' else app_version end, day, epoch, drawn_variant, exposures,
           converters
    from experiment_version_totals
    where test_id = $1"
);

const LIST_DAYS_TOGETHER: Sql = sql!(
    "
    select 'all', day, epoch, drawn_variant, cast(sum(exposures) as bigint), cast(sum(converters) as bigint)
    from experiment_totals
    where test_id = $1 and device <> 'bot'
    group by day, epoch, drawn_variant"
);

/// Visitors by the day of their first exposure, and by drawing epoch and label.
pub(crate) type Cohorts = BTreeMap<Timestamp, BTreeMap<(Arc<str>, Arc<str>), Draws>>;

/// The five columns from `first` on: moment, epoch, label, exposures, converters.
fn insert_cohort(cohorts: &mut Cohorts, row: &Row, first: usize) -> Result<(), DbError> {
    let count = |column| row.get::<i64>(column).map(|count| u64::try_from(count).unwrap_or(0));
    // The share belongs to the epoch, not to its days.
    let counts = Draws { share: 0.0, exposures: count(first + 3)?, converters: count(first + 4)? };
    let label = (row.get::<String>(first + 1)?.into(), row.get::<String>(first + 2)?.into());
    cohorts.entry(row.get(first)?).or_default().insert(label, counts);
    Ok(())
}

/// Cohorts by the name of their segment.
pub(crate) type SegmentedCohorts = BTreeMap<String, Cohorts>;

/// Reads the cohorts of one experiment split by `segment`, and its evidence.
pub(crate) async fn read_cohorts_by_segment(
    db: &Db,
    test_id: &str,
    segment: Option<Segment>,
) -> Result<(Evidence, SegmentedCohorts), DbError> {
    let list = match segment {
        Some(Segment::Device) => LIST_DAYS_BY_DEVICE,
        Some(Segment::VisitorKind) => LIST_DAYS_BY_VISITOR_KIND,
        Some(Segment::AppVersion) => LIST_DAYS_BY_APP_VERSION,
        None => LIST_DAYS_TOGETHER,
    };
    let mut segments = SegmentedCohorts::new();
    for row in db.fetch_all(list.query().bind(test_id)).await? {
        insert_cohort(segments.entry(row.get(0)?).or_default(), &row, 1)?;
    }
    let evidence = read_evidence(db).await?.remove(test_id).unwrap_or_default();
    Ok((evidence, segments))
}

const COUNT_ROWS: Sql = sql!(
    "
    select (select count(*) from experiment_exposures), (select count(*) from experiment_events)"
);

/// How many rows are stored, of all experiments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredRowCounts {
    /// Exposures.
    pub exposures: u64,
    /// Events.
    pub events: u64,
}

/// Counts the stored rows one by one: the independent check of what was acknowledged. Slow on large tables.
///
/// # Errors
/// [`DbError`].
pub async fn count_stored_rows(db: &Db) -> Result<StoredRowCounts, DbError> {
    let row = db.fetch_one(COUNT_ROWS.query()).await?;
    let count = |number: i64| u64::try_from(number).unwrap_or(0);
    Ok(StoredRowCounts { exposures: count(row.get(0)?), events: count(row.get(1)?) })
}
