//! What is stored, read without the help of the code under test.

use dashly_db::{Sql, sql};
use dashly_kernel::Timestamp;
use dashly_testkit::TestApp;

/// One row of `experiment_exposures`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ExposureRow {
    pub(crate) visitor: String,
    pub(crate) test_id: String,
    pub(crate) variant: String,
    pub(crate) drawn_variant: String,
    pub(crate) epoch: String,
    pub(crate) device: String,
    pub(crate) visitor_kind: String,
    pub(crate) is_first: bool,
    pub(crate) converted_at: Option<Timestamp>,
    pub(crate) recorded_at: Timestamp,
}

/// One row of `experiment_events`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct EventRow {
    pub(crate) visitor: String,
    pub(crate) name: String,
    pub(crate) test_id: Option<String>,
    pub(crate) variant: Option<String>,
    pub(crate) reported_variant: Option<String>,
    pub(crate) event_id: Option<String>,
    pub(crate) value: Option<f64>,
    pub(crate) counted_as: String,
    pub(crate) recorded_at: Timestamp,
}

/// All exposures in the order in which they were stored.
pub(crate) async fn exposures(app: &TestApp) -> Vec<ExposureRow> {
    const LIST: Sql = sql!(
        "select user_or_session_id, test_id, variant, drawn_variant, epoch, device, visitor_kind, is_first,
                converted_at, recorded_at
         from experiment_exposures
         order by id"
    );
    let rows = app.db.fetch_all(LIST.query()).await.unwrap();
    rows.iter()
        .map(|row| ExposureRow {
            visitor: row.get(0).unwrap(),
            test_id: row.get(1).unwrap(),
            variant: row.get(2).unwrap(),
            drawn_variant: row.get(3).unwrap(),
            epoch: row.get(4).unwrap(),
            device: row.get(5).unwrap(),
            visitor_kind: row.get(6).unwrap(),
            is_first: row.get(7).unwrap(),
            converted_at: row.get(8).unwrap(),
            recorded_at: row.get(9).unwrap(),
        })
        .collect()
}

/// All events in the order in which they were stored.
pub(crate) async fn events(app: &TestApp) -> Vec<EventRow> {
    const LIST: Sql = sql!(
        "select user_or_session_id, event_name, test_id, variant, reported_variant, event_id, value, counted_as,
                recorded_at
         from experiment_events
         order by id"
    );
    let rows = app.db.fetch_all(LIST.query()).await.unwrap();
    rows.iter()
        .map(|row| EventRow {
            visitor: row.get(0).unwrap(),
            name: row.get(1).unwrap(),
            test_id: row.get(2).unwrap(),
            variant: row.get(3).unwrap(),
            reported_variant: row.get(4).unwrap(),
            event_id: row.get(5).unwrap(),
            value: row.get(6).unwrap(),
            counted_as: row.get(7).unwrap(),
            recorded_at: row.get(8).unwrap(),
        })
        .collect()
}
