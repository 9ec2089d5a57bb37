//! What an operator asks: health and counters. Never limited.

mod get_health;
mod get_metrics;

use crate::gateway::Gateway;
use axum::Router;
use axum::routing::get;
use dashly_telemetry::Metrics;

pub(crate) fn routes(metrics: Metrics) -> Router<Gateway> {
    Router::new()
        .route("/api/health", get(get_health::get_health))
        .route("/health/live", get(get_health::get_live))
        .route("/health/ready", get(get_health::get_ready))
        .route("/api/metrics", get(get_metrics::get_metrics))
        .route("/metrics", get(move || std::future::ready(get_metrics::get_prometheus(&metrics))))
}
