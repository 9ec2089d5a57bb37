//! Experiments as feature flags, over the OpenFeature Remote Evaluation Protocol (OFREP) 0.3.
//!
//! `evaluate` decides what a visitor gets; the two `post_…` files are the operations. Refusals have the protocol's own
//! shape, not the one of the other routes: clients know nothing else.

mod access;
mod context;
mod door;
mod entity_tag;
mod evaluate;
mod first_exposures;
mod post_flag;
mod post_flags;
mod refusal;

pub use access::{InvalidOfrepTokens, OfrepTokens};
pub(crate) use door::Door;
pub(crate) use evaluate::{Asking, Tracking, Wanted};
pub(crate) use first_exposures::FirstExposures;

use crate::Experiments;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The two operations of the protocol.
pub(crate) fn routes() -> OpenApiRouter<Experiments> {
    OpenApiRouter::new().routes(routes!(post_flag::post_flag)).routes(routes!(post_flags::post_flags))
}
