//! The SQL of the results.

use super::cache::Signals;
use super::metrics::{StoredMetrics, read_metrics};
use super::model::TimelineCounts;
use super::slices::Segment;
use crate::ingest::{Draws, Evidence, EvidenceOfTests, read_evidence};
use dashly_db::{Db, DbError, Row, Sql, sql};
use dashly_kernel::Timestamp;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

const SUM_TOTALS: Sql = sql!(
    "
    select test_id, variant,
           cast(sum(exposures) as bigint), cast(sum(events) as bigint), cast(sum(converters) as bigint)
    from experiment_totals
    where device <> 'bot'
    group by test_id, variant"
);

/// By cohort: the visitors first exposed on one day.
const SUM_COHORTS: Sql = sql!(
    "
    select test_id, day, epoch, drawn_variant,
           cast(sum(exposures) as bigint), cast(sum(converters) as bigint)
    from experiment_totals
    where device <> 'bot'
    group by test_id, day, epoch, drawn_variant"
);

/// By hour for the first 72 hours, then by day: `read.rs` and `history.rs` show no more, and every row costs.
const LIST_TIMELINE: Sql = sql! {
    postgres: "
        select t.test_id,
               case when s.last - s.first >= interval '72 hours' then date_trunc('day', t.hour, 'UTC') else t.hour end,
               t.variant, sum(t.exposures)::bigint, sum(t.events)::bigint, sum(t.converters)::bigint
        from experiment_timeline t
        join (select test_id, min(hour) as first, max(hour) as last from experiment_timeline group by test_id) s
          on s.test_id = t.test_id
        group by 1, 2, 3",
    sqlite: "
        select t.test_id,
               case when s.last - s.first >= 72 * 3600000000 then t.hour - t.hour % 86400000000 else t.hour end,
               t.variant, sum(t.exposures), sum(t.events), sum(t.converters)
        from experiment_timeline t
        join (select test_id, min(hour) as first, max(hour) as last from experiment_timeline group by test_id) s
          on s.test_id = t.test_id
        group by 1, 2, 3",
};

const LIST_HOURS_OF: Sql = sql! {
    postgres: "
        select case when s.last - s.first >= interval '72 hours' then date_trunc('day', t.hour, 'UTC') else t.hour end,
               t.epoch, t.drawn_variant, sum(t.exposures)::bigint, sum(t.converters)::bigint
        from experiment_timeline t
        cross join (select min(hour) as first, max(hour) as last from experiment_timeline where test_id = $1) s
        where t.test_id = $1
        group by 1, 2, 3",
    sqlite: "
        select case when s.last - s.first >= 72 * 3600000000 then t.hour - t.hour % 86400000000 else t.hour end,
               t.epoch, t.drawn_variant, sum(t.exposures), sum(t.converters)
        from experiment_timeline t
        cross join (select min(hour) as first, max(hour) as last from experiment_timeline where test_id = $1) s
        where t.test_id = $1
        group by 1, 2, 3",
};

const LIST_DAYS_OF: Sql = sql!(
    "
    select day, epoch, drawn_variant, cast(sum(exposures) as bigint), cast(sum(converters) as bigint)
    from experiment_totals
    where test_id = $1 and device <> 'bot'
    group by day, epoch, drawn_variant"
);

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

const LIST_DAYS_TOGETHER: Sql = sql!(
    "
    select 'all', day, epoch, drawn_variant, cast(sum(exposures) as bigint), cast(sum(converters) as bigint)
    from experiment_totals
    where test_id = $1 and device <> 'bot'
    group by day, epoch, drawn_variant"
);

/// Visitors by the day of their first exposure, and by drawing epoch and label.
pub(crate) type Cohorts = BTreeMap<Timestamp, BTreeMap<(Arc<str>, Arc<str>), Draws>>;

/// What was counted in one hour, by variant.
pub(crate) type HourCounts = BTreeMap<String, TimelineCounts>;

/// The totals of all experiments, whether still in the file or not.
#[derive(Debug, Default)]
pub(crate) struct StoredResults {
    /// By experiment and variant.
    pub(crate) totals: HashMap<String, HashMap<String, TimelineCounts>>,
    /// By experiment and hour, ascending.
    pub(crate) timeline: HashMap<String, BTreeMap<Timestamp, HourCounts>>,
    /// By experiment.
    pub(crate) cohorts: HashMap<String, Cohorts>,
    /// By experiment.
    pub(crate) evidence: EvidenceOfTests,
    /// By experiment and metric.
    pub(crate) metrics: StoredMetrics,
    /// By experiment and signal.
    pub(crate) signals: Signals,
}

/// Reads all totals: one row per variant, day, hour and signal, however many visitors there were.
pub(crate) async fn read_stored(db: &Db, signals: Signals) -> Result<StoredResults, DbError> {
    let mut stored = StoredResults { signals, ..StoredResults::default() };
    for row in db.fetch_all(SUM_TOTALS.query()).await? {
        let counts = TimelineCounts { exposures: row.get(2)?, events: row.get(3)?, converters: row.get(4)? };
        stored.totals.entry(row.get(0)?).or_default().insert(row.get(1)?, counts);
    }
    for row in db.fetch_all(SUM_COHORTS.query()).await? {
        insert_cohort(stored.cohorts.entry(row.get(0)?).or_default(), &row, 1)?;
    }
    stored.evidence = read_evidence(db).await?;
    stored.metrics = read_metrics(db).await?;
    for row in db.fetch_all(LIST_TIMELINE.query()).await? {
        let counts = TimelineCounts { exposures: row.get(3)?, events: row.get(4)?, converters: row.get(5)? };
        let hours = stored.timeline.entry(row.get(0)?).or_default();
        hours.entry(row.get(1)?).or_default().insert(row.get(2)?, counts);
    }
    Ok(stored)
}

/// The five columns from `first` on: moment, epoch, label, exposures, converters.
fn insert_cohort(cohorts: &mut Cohorts, row: &Row, first: usize) -> Result<(), DbError> {
    let count = |column| row.get::<i64>(column).map(|count| u64::try_from(count).unwrap_or(0));
    // The share belongs to the epoch, not to its days.
    let counts = Draws { share: 0.0, exposures: count(first + 3)?, converters: count(first + 4)? };
    let label = (row.get::<String>(first + 1)?.into(), row.get::<String>(first + 2)?.into());
    cohorts.entry(row.get(first)?).or_default().insert(label, counts);
    Ok(())
}

/// What the history of one experiment is made of.
#[derive(Debug)]
pub(crate) struct StoredHistory {
    /// What happened in each hour.
    pub(crate) hours: Cohorts,
    /// Visitors by the day of their first exposure.
    pub(crate) days: Cohorts,
    /// Evidence as the writer keeps it.
    pub(crate) evidence: Evidence,
}

/// Reads the history of one experiment.
pub(crate) async fn read_history(db: &Db, test_id: &str) -> Result<StoredHistory, DbError> {
    let (mut hours, mut days) = (Cohorts::new(), Cohorts::new());
    for row in db.fetch_all(LIST_HOURS_OF.query().bind(test_id)).await? {
        insert_cohort(&mut hours, &row, 0)?;
    }
    for row in db.fetch_all(LIST_DAYS_OF.query().bind(test_id)).await? {
        insert_cohort(&mut days, &row, 0)?;
    }
    let evidence = read_evidence(db).await?.remove(test_id).unwrap_or_default();
    Ok(StoredHistory { hours, days, evidence })
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
