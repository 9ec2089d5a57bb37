//! `/api/health`, `/health/live`, `/health/ready` and `/metrics`.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use dashly_cache::{RateLimiter, Status};
use dashly_db::Db;
use dashly_experiments::{DefinitionsHealth, Experiments, WriterHealth};
use dashly_kernel::{AppVersion, Clock, Timestamp};
use dashly_telemetry::{Health, HealthReport, Metrics};
use http::{StatusCode, header};
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// How long a health answer waits for the database.
const DATABASE_PATIENCE: Duration = Duration::from_secs(1);

/// What the health routes look at.
#[derive(Clone)]
pub(crate) struct HealthSources {
    pub(crate) health: Health,
    pub(crate) db: Db,
    pub(crate) experiments: Experiments,
    pub(crate) limiter: Arc<RateLimiter>,
    pub(crate) metrics: Metrics,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) started_at: Timestamp,
    pub(crate) app_version: AppVersion,
}

impl HealthSources {
    /// Asks what does not report by itself. Takes a good second at most, when both are away.
    async fn look(&self) {
        if self.database_answers().await {
            self.health.set_ok("database");
        } else {
            self.health.set_degraded("database", "the database does not answer");
        }
        match self.limiter.probe().await {
            Status::Memory => {}
            Status::Redis => self.health.set_ok("redis"),
            Status::RedisAway => {
                self.health
                    .set_degraded("redis", "Redis does not answer: sign-in attempts are limited per process");
            }
        }
    }

    async fn database_answers(&self) -> bool {
        tokio::time::timeout(DATABASE_PATIENCE, self.db.ping()).await.is_ok_and(|ping| ping.is_ok())
    }
}

pub(crate) fn routes(sources: HealthSources) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(get_health))
        .routes(routes!(get_live))
        .routes(routes!(get_ready))
        .routes(routes!(get_metrics))
        .with_state(sources)
}

/// The health of the server in the original's shape.
#[derive(Serialize, ToSchema)]
struct HealthReply {
    /// Whether the database answers.
    success: bool,
    /// `healthy` or `unhealthy`.
    status: &'static str,
    /// Now.
    #[schema(value_type = String, format = DateTime)]
    timestamp: Timestamp,
    /// Seconds since the start.
    uptime: f64,
    /// Version of the build that runs. Set by `APP_VERSION`.
    version: String,
    /// The file of experiments.
    definitions: DefinitionsHealth,
    /// The writer of experiment data.
    writer: WriterHealth,
}

/// Whether the server and its database work.
#[utoipa::path(
    get,
    path = "/api/health",
    tag = "health",
    responses(
        (status = 200, description = "Healthy", body = HealthReply),
        (status = 503, description = "The database does not answer", body = HealthReply)
    )
)]
async fn get_health(State(sources): State<HealthSources>) -> Response {
    let answers = sources.database_answers().await;
    let now = sources.clock.now();
    let experiments = sources.experiments.health();
    let reply = HealthReply {
        success: answers,
        status: if answers { "healthy" } else { "unhealthy" },
        timestamp: now,
        uptime: seconds_between(sources.started_at, now),
        version: sources.app_version.to_string(),
        definitions: experiments.definitions,
        writer: experiments.writer,
    };
    let status = if answers { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(reply)).into_response()
}

#[expect(
    clippy::cast_precision_loss,
    clippy::as_conversions,
    reason = "an uptime needs no more than 53 bits"
)]
fn seconds_between(from: Timestamp, to: Timestamp) -> f64 {
    (to.unix_micros() - from.unix_micros()) as f64 / 1e6
}

/// Whether the process answers at all; asks nothing else.
#[utoipa::path(
    get,
    path = "/health/live",
    tag = "health",
    responses((status = 200, description = "The process answers"))
)]
async fn get_live() -> Json<serde_json::Value> {
    Json(serde_json::json!({ "status": "live" }))
}

/// Whether the process wants requests. What is degraded is listed and does not change that.
#[utoipa::path(
    get,
    path = "/health/ready",
    tag = "health",
    responses(
        (status = 200, description = "Send requests"),
        (status = 503, description = "Starting or stopping: send none")
    )
)]
async fn get_ready(State(sources): State<HealthSources>) -> Response {
    sources.look().await;
    let report: HealthReport = sources.health.report();
    let status = if report.is_ready() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(report)).into_response()
}

/// Metrics in Prometheus' text format.
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "health",
    responses((status = 200, description = "Metrics", content_type = "text/plain"))
)]
async fn get_metrics(State(sources): State<HealthSources>) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], sources.metrics.render()).into_response()
}
