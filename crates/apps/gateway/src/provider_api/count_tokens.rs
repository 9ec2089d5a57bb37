//! `POST /v1/messages/count_tokens`.

use super::forward::{ProviderRoute, forward};
use crate::gateway::Gateway;
use axum::extract::{Request, State};
use axum::response::Response;

const ROUTE: ProviderRoute =
    ProviderRoute { template: "/v1/messages/count_tokens", names_model: true, is_charged: false };

/// How many tokens a message would have.
pub(super) async fn post_count_tokens(State(gateway): State<Gateway>, request: Request) -> Response {
    forward(gateway, request, ROUTE).await
}
