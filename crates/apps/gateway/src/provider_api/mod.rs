//! The provider's own API, so that its official clients work by changing their base URL.
//!
//! What passes is not touched: unknown fields and headers, replies, errors, and every byte of a stream. One file per
//! route; [`forward`] is the way all of them take.

mod bounds;
mod count_tokens;
mod error;
mod forward;
mod headers;
mod models;
mod post_messages;
mod relay;
mod request;

use crate::gateway::Gateway;
use axum::Router;
use axum::routing::{get, post};

/// A request's body may have this many bytes, as at the provider.
pub(crate) const BODY_LIMIT_BYTES: usize = 32 * 1024 * 1024;

pub(crate) fn routes() -> Router<Gateway> {
    Router::new()
        .route("/v1/messages", post(post_messages::post_messages))
        .route("/v1/messages/count_tokens", post(count_tokens::post_count_tokens))
        .route("/v1/models", get(models::get_models))
        .route("/v1/models/{model}", get(models::get_models))
        .method_not_allowed_fallback(error::method_not_allowed)
}
