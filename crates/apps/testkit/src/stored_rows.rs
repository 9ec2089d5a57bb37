//! The stored exposures and events, read whole and without the product's own queries.

use dashly_db::{Db, Row, Sql, sql};
use dashly_kernel::Timestamp;

/// One row of `experiment_exposures`.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the columns of the table, by their names")]
pub struct ExposureRow {
    pub id: i64,
    /// `user_or_session_id`.
    pub visitor: String,
    pub test_id: String,
    pub variant: String,
    pub drawn_variant: String,
    pub epoch: String,
    pub device: String,
    pub visitor_kind: String,
    pub is_first: bool,
    pub converted_at: Option<Timestamp>,
    pub app_version: String,
    pub recorded_at: Timestamp,
}

/// One row of `experiment_events`.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the columns of the table, by their names")]
pub struct EventRow {
    pub id: i64,
    /// `user_or_session_id`.
    pub visitor: String,
    /// `event_name`.
    pub name: String,
    pub test_id: Option<String>,
    pub variant: Option<String>,
    pub reported_variant: Option<String>,
    pub event_id: Option<String>,
    pub value: Option<f64>,
    pub counted_as: String,
    pub recorded_at: Timestamp,
}

/// All exposures in the order in which they were stored.
pub async fn exposure_rows(db: &Db) -> Vec<ExposureRow> {
    const LIST: Sql = sql!(
        "select id, user_or_session_id, test_id, variant, drawn_variant, epoch, device, visitor_kind, is_first,
                converted_at, recorded_at, app_version
         from experiment_exposures
         order by id"
    );
    db.fetch_all(LIST.query()).await.unwrap().iter().map(exposure).collect()
}

/// All events in the order in which they were stored.
pub async fn event_rows(db: &Db) -> Vec<EventRow> {
    const LIST: Sql = sql!(
        "select id, user_or_session_id, event_name, test_id, variant, reported_variant, event_id, value, counted_as,
                recorded_at
         from experiment_events
         order by id"
    );
    db.fetch_all(LIST.query()).await.unwrap().iter().map(event).collect()
}

fn exposure(row: &Row) -> ExposureRow {
    ExposureRow {
        id: row.get(0).unwrap(),
        visitor: row.get(1).unwrap(),
        test_id: row.get(2).unwrap(),
        variant: row.get(3).unwrap(),
        drawn_variant: row.get(4).unwrap(),
        epoch: row.get(5).unwrap(),
        device: row.get(6).unwrap(),
        visitor_kind: row.get(7).unwrap(),
        is_first: row.get(8).unwrap(),
        converted_at: row.get(9).unwrap(),
        recorded_at: row.get(10).unwrap(),
        app_version: row.get(11).unwrap(),
    }
}

fn event(row: &Row) -> EventRow {
    EventRow {
        id: row.get(0).unwrap(),
        visitor: row.get(1).unwrap(),
        name: row.get(2).unwrap(),
        test_id: row.get(3).unwrap(),
        variant: row.get(4).unwrap(),
        reported_variant: row.get(5).unwrap(),
        event_id: row.get(6).unwrap(),
        value: row.get(7).unwrap(),
        counted_as: row.get(8).unwrap(),
        recorded_at: row.get(9).unwrap(),
    }
}
