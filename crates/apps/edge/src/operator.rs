//! What an operator asks, on a port of its own: the paths of the application behind the edge stay the application's.

use crate::backends::BackendReport;
use crate::choice::Version;
use crate::edge::Edge;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router, middleware};
use dashly_kernel::Problem;
use dashly_telemetry::{HealthReport, Metrics};
use dashly_web::{Failure, Observe, Recorded, method_not_allowed, observe, route_not_found};
use http::{StatusCode, header};
use serde::Serialize;
use std::sync::Arc;

/// What these routes look at.
#[derive(Clone, Debug)]
struct Operator {
    edge: Edge,
    metrics: Metrics,
}

/// `/status`.
#[derive(Debug, Serialize)]
struct Status {
    success: bool,
    version: &'static str,
    /// The share that the canary is to get.
    canary_weight_percent: f64,
    /// The share that it got since the start: fewer when its visitors were served by stable, or more when they asked.
    canary_served_percent: Option<f64>,
    stable: VersionStatus,
    canary: VersionStatus,
    health: HealthReport,
}

#[derive(Debug, Serialize)]
struct VersionStatus {
    served: u64,
    usable: usize,
    backends: Vec<BackendReport>,
}

pub(crate) fn routes(edge: Edge, metrics: Metrics) -> Router {
    let ids = Arc::clone(&edge.ids);
    let observe_state = Observe { ids, security_headers: None };
    Router::new()
        .route(
            "/health/live",
            get(|| async { Json(serde_json::json!({ "success": true, "status": "alive" })) }),
        )
        .route("/health/ready", get(get_ready))
        .route("/metrics", get(get_metrics))
        .route("/versions/{version}/metrics", get(get_version_metrics))
        .route("/status", get(get_status))
        .fallback(route_not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .with_state(Operator { edge, metrics })
        // Only what passes through the edge is counted, or probes would hide in it.
        .layer(middleware::map_response(|mut response: Response| async {
            response.extensions_mut().insert(Recorded);
            response
        }))
        .layer(middleware::from_fn_with_state(observe_state, observe))
}

async fn get_ready(State(operator): State<Operator>) -> Response {
    let report = operator.edge.health.report();
    let status = if report.is_ready() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let mut response = (status, Json(report)).into_response();
    response.extensions_mut().insert(dashly_web::KeepBody);
    response
}

async fn get_metrics(State(operator): State<Operator>) -> Response {
    text(operator.metrics.render())
}

/// The lines of one version alone, so that what compares two versions can compare them as two addresses.
async fn get_version_metrics(
    State(operator): State<Operator>,
    Path(version): Path<String>,
) -> Result<Response, Failure> {
    let version = Version::parse(&version)
        .ok_or_else(|| Problem::not_found(format!("there is no version {version}: stable or canary")))?;
    let label = format!("version=\"{version}\"");
    let lines = operator.metrics.render();
    let lines = lines.lines().filter(|line| line.starts_with('#') || line.contains(&label));
    Ok(text(lines.fold(String::new(), |text, line| text + line + "\n")))
}

fn text(body: String) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], body).into_response()
}

async fn get_status(State(operator): State<Operator>) -> Json<Status> {
    let edge = &operator.edge;
    let of = |version| VersionStatus {
        served: edge.served.read(version),
        usable: edge.pool(version).counts().1,
        backends: edge.pool(version).report(),
    };
    let (stable, canary) = (of(Version::Stable), of(Version::Canary));
    let all = stable.served + canary.served;
    #[expect(clippy::cast_precision_loss, clippy::as_conversions, reason = "a share needs no more digits")]
    let share = (all > 0).then(|| canary.served as f64 * 100.0 / all as f64);
    Json(Status {
        success: true,
        version: env!("CARGO_PKG_VERSION"),
        canary_weight_percent: edge.weight.current().percent(),
        canary_served_percent: share,
        stable,
        canary,
        health: edge.health.report(),
    })
}
