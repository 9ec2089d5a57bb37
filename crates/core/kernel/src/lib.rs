//! The words every other crate speaks: identifiers, time, chance, roles, secrets and problems.
//!
//! Pure: no async, no files, no network, and no clock or random source of its own. Time and chance come in through
//! [`Clock`] and [`Ids`], which the programs implement and the tests replace. Start reading at [`Problem`], the one
//! shape in which every failure leaves the server.

mod app_version;
mod chance;
mod draw;
mod ids;
mod known_default;
mod problem;
mod role;
mod secret;
mod text;
mod time;

pub use app_version::{AppVersion, InvalidAppVersion};
pub use chance::Ids;
pub use draw::draw;
pub use ids::{SessionId, UserId};
pub use known_default::is_known_default;
pub use problem::{FieldError, Problem};
pub use role::{Role, UnknownRole};
pub use secret::Secret;
pub use text::{TextFault, check_text};
pub use time::{Clock, Timestamp};
