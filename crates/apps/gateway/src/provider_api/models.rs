//! `GET /v1/models` and `GET /v1/models/{model}`.

use super::forward::{ProviderRoute, forward};
use crate::gateway::Gateway;
use axum::extract::{Request, State};
use axum::response::Response;

const ROUTE: ProviderRoute = ProviderRoute { template: "/v1/models", names_model: false, is_charged: false };

/// The models of the provider.
pub(super) async fn get_models(State(gateway): State<Gateway>, request: Request) -> Response {
    forward(gateway, request, ROUTE).await
}
