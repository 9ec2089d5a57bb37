//! What the database holds, read whole and without the product's own queries.

use dashly_db::{DatabaseUrl, Db, Row, Sql, sql};
use dashly_kernel::Timestamp;
use dashly_testkit::{EventRow, ExposureRow, event_rows, exposure_rows};
use std::collections::BTreeMap;

/// Exposures, events and converters.
pub(crate) type Counts = [i64; 3];

/// By experiment, variant, drawn variant, epoch, device, visitor kind and day.
pub(crate) type Totals = BTreeMap<([String; 6], Timestamp), Counts>;
/// By experiment, variant, drawn variant, epoch and hour.
pub(crate) type Timeline = BTreeMap<([String; 4], Timestamp), Counts>;
/// Exposures and converters by experiment, epoch and drawn variant.
pub(crate) type Draws = BTreeMap<[String; 3], [i64; 2]>;
/// By experiment and signal.
pub(crate) type Signals = BTreeMap<[String; 2], i64>;

#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub(crate) exposures: Vec<ExposureRow>,
    pub(crate) events: Vec<EventRow>,
    pub(crate) totals: Totals,
    pub(crate) timeline: Timeline,
    pub(crate) draws: Draws,
    pub(crate) signals: Signals,
}

const TOTALS: Sql = sql!(
    "select test_id, variant, drawn_variant, epoch, device, visitor_kind, day, exposures, events, converters
     from experiment_totals"
);
const TIMELINE: Sql = sql!(
    "select test_id, variant, drawn_variant, epoch, hour, exposures, events, converters
     from experiment_timeline"
);
const DRAWS: Sql = sql!("select test_id, epoch, drawn_variant, exposures, converters from experiment_draws");
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
            exposures: exposure_rows(db).await,
            events: event_rows(db).await,
            totals: all(TOTALS)
                .await
                .iter()
                .map(|row| ((texts(row), row.get(6).unwrap()), counts(row, 7)))
                .collect(),
            timeline: all(TIMELINE)
                .await
                .iter()
                .map(|row| ((texts(row), row.get(4).unwrap()), counts(row, 5)))
                .collect(),
            draws: all(DRAWS).await.iter().map(|row| (texts(row), counts(row, 3))).collect(),
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

fn counts<const N: usize>(row: &Row, from: usize) -> [i64; N] {
    std::array::from_fn(|index| row.get(from + index).unwrap())
}
