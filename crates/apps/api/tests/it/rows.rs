//! What is stored, read without the help of the code under test.

use dashly_testkit::{TestApp, event_rows, exposure_rows};

pub(crate) use dashly_testkit::{EventRow, ExposureRow};

/// All exposures in the order in which they were stored.
pub(crate) async fn exposures(app: &TestApp) -> Vec<ExposureRow> {
    exposure_rows(&app.db).await
}

/// All events in the order in which they were stored.
pub(crate) async fn events(app: &TestApp) -> Vec<EventRow> {
    event_rows(&app.db).await
}
