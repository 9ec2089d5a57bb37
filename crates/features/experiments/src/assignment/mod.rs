//! Which variant a visitor gets: a pure function of the experiment and the visitor, carried by a cookie.

mod assign;
mod draw;
mod qa;
mod visitor;

pub use assign::{Assigned, Assignments};
pub(crate) use assign::{VARIANT_MAX_AGE_SECONDS, VISITOR_MAX_AGE_SECONDS};
pub(crate) use draw::epoch_fingerprint;
pub(crate) use qa::{QA_COOKIE, QaKey, QaOverride};
pub use visitor::{VISITOR_COOKIE, VisitorId};
