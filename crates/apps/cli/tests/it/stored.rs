//! What the database holds, read whole and without the product's own queries.

use dashly_db::{DatabaseUrl, Db, Row, Sql, sql};
use dashly_kernel::Timestamp;
use std::collections::BTreeMap;

#[derive(Clone, Debug)]
pub(crate) struct StoredExposure {
    pub(crate) id: i64,
    pub(crate) visitor: String,
    pub(crate) test: String,
    pub(crate) variant: String,
    pub(crate) drawn_variant: String,
    pub(crate) epoch: String,
    pub(crate) device: String,
    pub(crate) visitor_kind: String,
    pub(crate) is_first: bool,
    pub(crate) converted_at: Option<Timestamp>,
    pub(crate) recorded_at: Timestamp,
}

#[derive(Clone, Debug)]
pub(crate) struct StoredEvent {
    pub(crate) id: i64,
    pub(crate) visitor: String,
    pub(crate) name: String,
    pub(crate) test: Option<String>,
    pub(crate) variant: Option<String>,
    pub(crate) reported_variant: Option<String>,
    pub(crate) event_id: Option<String>,
    pub(crate) counted_as: String,
    pub(crate) recorded_at: Timestamp,
}

/// Exposures, events and converters.
pub(crate) type Counts = [i64; 3];

/// By experiment, variant, drawn variant, epoch, device, visitor kind and day.
pub(crate) type Totals = BTreeMap<([String; 6], Timestamp), Counts>;
/// By experiment, variant and hour.
pub(crate) type Timeline = BTreeMap<([String; 2], Timestamp), Counts>;
/// By experiment and signal.
pub(crate) type Signals = BTreeMap<[String; 2], i64>;

#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub(crate) exposures: Vec<StoredExposure>,
    pub(crate) events: Vec<StoredEvent>,
    pub(crate) totals: Totals,
    pub(crate) timeline: Timeline,
    pub(crate) signals: Signals,
}

const EXPOSURES: Sql = sql!(
    "select id, user_or_session_id, test_id, variant, drawn_variant, epoch, device, visitor_kind, is_first,
            converted_at, recorded_at
     from experiment_exposures order by id"
);
const EVENTS: Sql = sql!(
    "select id, user_or_session_id, event_name, test_id, variant, reported_variant, event_id, counted_as, recorded_at
     from experiment_events order by id"
);
const TOTALS: Sql = sql!(
    "select test_id, variant, drawn_variant, epoch, device, visitor_kind, day, exposures, events, converters
     from experiment_totals"
);
const TIMELINE: Sql =
    sql!("select test_id, variant, hour, exposures, events, converters from experiment_timeline");
const SIGNALS: Sql = sql!("select test_id, signal, count from experiment_signals");

impl Stored {
    /// Reads everything as of one moment: again if something was committed meanwhile.
    pub(crate) async fn read(url: &DatabaseUrl) -> Self {
        let db = Db::connect_read_only(url).await.unwrap();
        let stored = loop {
            let before = read_signals(&db).await;
            let stored = Self::read_once(&db, before).await;
            if read_signals(&db).await == stored.signals {
                break stored;
            }
        };
        db.close().await;
        stored
    }

    async fn read_once(db: &Db, signals: Signals) -> Self {
        let all = async |sql: Sql| db.fetch_all(sql.query()).await.unwrap();
        Self {
            exposures: all(EXPOSURES).await.iter().map(exposure).collect(),
            events: all(EVENTS).await.iter().map(event).collect(),
            totals: all(TOTALS)
                .await
                .iter()
                .map(|row| ((texts(row), row.get(6).unwrap()), counts(row, 7)))
                .collect(),
            timeline: all(TIMELINE)
                .await
                .iter()
                .map(|row| ((texts(row), row.get(2).unwrap()), counts(row, 3)))
                .collect(),
            signals,
        }
    }

    pub(crate) fn rows(&self) -> usize {
        self.exposures.len() + self.events.len()
    }
}

async fn read_signals(db: &Db) -> Signals {
    let rows = db.fetch_all(SIGNALS.query()).await.unwrap();
    rows.iter().map(|row| (texts(row), row.get(2).unwrap())).collect()
}

fn texts<const N: usize>(row: &Row) -> [String; N] {
    std::array::from_fn(|index| row.get(index).unwrap())
}

fn counts(row: &Row, from: usize) -> Counts {
    std::array::from_fn(|index| row.get(from + index).unwrap())
}

fn exposure(row: &Row) -> StoredExposure {
    StoredExposure {
        id: row.get(0).unwrap(),
        visitor: row.get(1).unwrap(),
        test: row.get(2).unwrap(),
        variant: row.get(3).unwrap(),
        drawn_variant: row.get(4).unwrap(),
        epoch: row.get(5).unwrap(),
        device: row.get(6).unwrap(),
        visitor_kind: row.get(7).unwrap(),
        is_first: row.get(8).unwrap(),
        converted_at: row.get(9).unwrap(),
        recorded_at: row.get(10).unwrap(),
    }
}

fn event(row: &Row) -> StoredEvent {
    StoredEvent {
        id: row.get(0).unwrap(),
        visitor: row.get(1).unwrap(),
        name: row.get(2).unwrap(),
        test: row.get(3).unwrap(),
        variant: row.get(4).unwrap(),
        reported_variant: row.get(5).unwrap(),
        event_id: row.get(6).unwrap(),
        counted_as: row.get(7).unwrap(),
        recorded_at: row.get(8).unwrap(),
    }
}
