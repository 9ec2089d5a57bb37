//! `POST /v1/messages`.

use super::forward::{ProviderRoute, forward};
use crate::gateway::Gateway;
use axum::extract::{Request, State};
use axum::response::Response;

const ROUTE: ProviderRoute = ProviderRoute { template: "/v1/messages", names_model: true, is_charged: true };

/// One message of the model, whole or as a stream.
pub(super) async fn post_messages(State(gateway): State<Gateway>, request: Request) -> Response {
    forward(gateway, request, ROUTE).await
}
