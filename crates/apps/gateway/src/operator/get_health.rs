//! `GET /api/health`, `/health/live` and `/health/ready`.

use crate::gateway::Gateway;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use dashly_cache::Status;
use http::StatusCode;
use serde_json::{Value, json};

/// The original's shape. Says only that the process answers.
pub(super) async fn get_health(State(gateway): State<Gateway>) -> Json<Value> {
    Json(json!({
        "success": true,
        "service": "genai-gateway",
        "status": "healthy",
        "timestamp": gateway.clock.now(),
        "version": gateway.app_version.as_str()
    }))
}

/// Whether the process answers at all; asks nothing else.
pub(super) async fn get_live() -> Json<Value> {
    Json(json!({ "status": "live" }))
}

/// Whether the gateway wants calls. What is degraded is listed and does not change that.
pub(super) async fn get_ready(State(gateway): State<Gateway>) -> Response {
    look(&gateway).await;
    let report = gateway.health.report();
    let status = if report.is_ready() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(report)).into_response()
}

/// Asks what does not report by itself.
async fn look(gateway: &Gateway) {
    if gateway.upstream.is_configured() {
        gateway.health.set_ok("provider_key");
    } else {
        gateway.health.set_degraded(
            "provider_key",
            "no key of the model provider is configured: set ANTHROPIC_API_KEY",
        );
    }
    let open: Vec<String> = gateway
        .breakers
        .states()
        .iter()
        .filter(|breaker| breaker.is_open)
        .map(|breaker| breaker.model.to_string())
        .collect();
    if open.is_empty() {
        gateway.health.set_ok("models");
    } else {
        gateway.health.set_degraded("models", &format!("left alone after failures: {}", open.join(", ")));
    }
    match gateway.limiter.probe().await {
        Status::Memory => {}
        Status::Redis => gateway.health.set_ok("redis"),
        Status::RedisAway => {
            gateway
                .health
                .set_degraded("redis", "Redis does not answer: each replica counts limits on its own");
        }
    }
}
