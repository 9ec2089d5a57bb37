//! What tests of the server share: the whole API over a database of its own, with a clock that only moves when told
//! and chance that repeats itself, and visitors who behave like browsers.
//!
//! A development dependency only: nothing that is shipped may use it. Start with [`both_databases!`], which runs a
//! behaviour on SQLite and on PostgreSQL; then [`TestApp`] and [`Visitor`].
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot be set up has to fail loudly; what a JSON value lacks is null"
)]

mod accounts;
mod app;
mod clock;
mod database;
mod eventually;
mod ids;
mod link;
mod macros;
mod reply;
mod setup;
mod stored_rows;
mod visitor;

pub use app::{Replica, TestApp};
pub use clock::TestClock;
pub use dashly_db::Engine;
pub use database::{TestDatabase, postgres_server};
pub use eventually::eventually;
pub use ids::SeededIds;
pub use link::Link;
pub use reply::Reply;
pub use setup::{Setup, tests_json};
pub use stored_rows::{EventRow, ExposureRow, event_rows, exposure_rows};
pub use visitor::{Call, Visitor};
