//! `GET /api/metrics` and `GET /metrics`.

use crate::callers::Standing;
use crate::gateway::Gateway;
use crate::metering::{MeterReport, ReportRow};
use crate::upstream::{BreakerState, KeyState};
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use dashly_kernel::Timestamp;
use dashly_telemetry::Metrics;
use http::header;
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Serialize)]
pub(super) struct Reply {
    success: bool,
    data: Counters,
}

/// The original's keys, and below them what it did not count.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Counters {
    total_requests: u64,
    /// Input and output tokens, those of the cache included.
    total_tokens: u64,
    requests_by_endpoint: BTreeMap<String, EndpointCounters>,
    /// Replies of 400 and more.
    errors: u64,
    started_at: Timestamp,
    uptime_ms: u64,
    rows: Vec<ReportRow>,
    breakers: Vec<BreakerState>,
    provider_keys: Vec<KeyState>,
    limits_are_shared: bool,
    budgets: Vec<Standing>,
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct EndpointCounters {
    count: u64,
    total_latency_ms: f64,
    total_tokens: u64,
}

/// All counters since the start, as JSON.
pub(super) async fn get_metrics(State(gateway): State<Gateway>) -> Json<Reply> {
    let MeterReport { started_at, uptime_ms, rows } = gateway.meter.report();
    let mut data = Counters {
        total_requests: 0,
        total_tokens: 0,
        requests_by_endpoint: BTreeMap::new(),
        errors: 0,
        started_at,
        uptime_ms,
        rows: Vec::new(),
        breakers: gateway.breakers.states(),
        provider_keys: gateway.upstream.keys(),
        limits_are_shared: gateway.limiter.status() == dashly_cache::Status::Redis,
        budgets: gateway.budgets.standing(&gateway.current()).await,
    };
    for row in &rows {
        let tokens = row.usage.all_tokens() + row.estimated_usage.all_tokens();
        data.total_requests += row.calls;
        data.total_tokens += tokens;
        if row.status >= 400 {
            data.errors += row.calls;
        }
        let endpoint = data.requests_by_endpoint.entry(endpoint_of(row.task)).or_default();
        endpoint.count += row.calls;
        endpoint.total_latency_ms += row.total_duration_ms;
        endpoint.total_tokens += tokens;
    }
    data.rows = rows;
    Json(Reply { success: true, data })
}

/// The same for a scraper.
pub(super) fn get_prometheus(metrics: &Metrics) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], metrics.render()).into_response()
}

/// Method and route template, as the original names them.
fn endpoint_of(task: &str) -> String {
    let method = if task == "/v1/models" { "GET" } else { "POST" };
    format!("{method} {task}")
}
