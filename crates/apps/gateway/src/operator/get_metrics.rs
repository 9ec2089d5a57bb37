//! `GET /api/metrics` and `GET /metrics`.

use crate::callers::Standing;
use crate::config::GatewayFile;
use crate::gateway::Gateway;
use crate::metering::{DURATION_BOUNDS_MS, MeterReport, ReportRow};
use crate::upstream::{BreakerState, KeyState};
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use dashly_kernel::Timestamp;
use dashly_telemetry::Metrics;
use http::header;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;

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
    /// Of this process: counters of another instance begin at nothing.
    instance: Arc<str>,
    limits: Limits,
    budgets: Vec<Standing>,
    /// Upper bounds of the classes of durations in the rows.
    duration_bounds_ms: &'static [u64],
}

/// What bounds calls now; what is none is not limited.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Limits {
    requests_per_minute_per_address: u32,
    requests_per_minute_per_workspace: Option<u32>,
    tokens_per_minute_per_workspace: Option<u32>,
    daily_budget_micros_per_workspace: Option<u64>,
    monthly_budget_micros_per_workspace: Option<u64>,
    calls_at_once: usize,
    calls_in_progress: usize,
    /// Whether replicas share their counters.
    are_shared: bool,
}

fn limits(gateway: &Gateway, file: &GatewayFile) -> Limits {
    Limits {
        requests_per_minute_per_address: gateway.limiter.requests_per_address(),
        requests_per_minute_per_workspace: file.workspaces.requests_per_minute,
        tokens_per_minute_per_workspace: file.workspaces.tokens_per_minute,
        daily_budget_micros_per_workspace: file.workspaces.daily_budget,
        monthly_budget_micros_per_workspace: file.workspaces.monthly_budget,
        calls_at_once: file.limits.calls_at_once,
        calls_in_progress: gateway.calls_in_progress(),
        are_shared: gateway.limiter.status() == dashly_cache::Status::Redis,
    }
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
    let file = gateway.current();
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
        instance: Arc::clone(&gateway.instance),
        limits: limits(&gateway, &file),
        budgets: gateway.budgets.standing(&file).await,
        duration_bounds_ms: &DURATION_BOUNDS_MS,
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
