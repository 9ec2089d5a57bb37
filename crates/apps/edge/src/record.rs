//! What is left of a request: one log line, one observation of the duration.

use crate::choice::Version;
use http::{Method, StatusCode};
use std::net::SocketAddr;
use std::time::Instant;

/// The edge knows no routes: paths may hold ids, and there is no end of them.
const ROUTE: &str = "(edge)";

/// What is known of a request when its answer begins.
#[derive(Debug)]
pub(crate) struct Record<'a> {
    pub(crate) method: &'a Method,
    pub(crate) status: StatusCode,
    pub(crate) started: Instant,
    pub(crate) request_id: &'a str,
    /// Who answered; none when it was the edge itself.
    pub(crate) backend: Option<SocketAddr>,
    /// Whose answer it is: for the edge's own answers, the version that the request was for.
    pub(crate) version: Version,
    /// The version that the request was for.
    pub(crate) wanted: Version,
    /// `header`, `cookie` or `draw`.
    pub(crate) chosen_by: &'static str,
    /// Tries beyond the first.
    pub(crate) retries: usize,
}

impl Record<'_> {
    /// Writes it down. The duration has the name and the labels that the services give theirs, and the version.
    pub(crate) fn write(&self) {
        let elapsed = self.started.elapsed().as_secs_f64();
        let status = self.status.as_u16();
        let version = self.version.name();
        observe(self.method, self.status, self.version, elapsed);
        let outcome = match (self.backend, self.status.is_server_error()) {
            (None, _) => "refused_by_edge",
            (Some(_), true) => "server_error",
            (Some(_), false) => "answered",
        };
        let labels = [("version", version), ("outcome", outcome), ("chosen_by", self.chosen_by)];
        metrics::counter!("dashly_edge_requests_total", &labels).increment(1);
        if self.wanted != self.version {
            let labels = [("from", self.wanted.name()), ("to", version)];
            metrics::counter!("dashly_edge_fallbacks_total", &labels).increment(1);
        }
        self.log(elapsed * 1_000.0, status, version);
    }

    fn log(&self, duration_ms: f64, status: u16, version: &'static str) {
        let Self { method, request_id, retries, chosen_by, .. } = self;
        let (route, wanted) = (ROUTE, self.wanted.name());
        let backend = self.backend.map(tracing::field::display);
        if self.status.is_server_error() {
            tracing::warn!(
                %method, route, status, duration_ms, request_id, version, wanted, chosen_by, backend, retries, "request"
            );
        } else {
            tracing::info!(
                %method, route, status, duration_ms, request_id, version, wanted, chosen_by, backend, retries, "request"
            );
        }
    }
}

/// A version lost a request that the other one then answered. It is counted as an answer of 502 of the version that lost it:
/// whoever compares the two must not see a version that dies as one that answers less.
pub(crate) fn record_lost(method: &Method, version: Version, started: Instant) {
    observe(method, StatusCode::BAD_GATEWAY, version, started.elapsed().as_secs_f64());
}

fn observe(method: &Method, status: StatusCode, version: Version, seconds: f64) {
    let labels = [
        ("method", method_label(method).to_owned()),
        ("route", ROUTE.to_owned()),
        ("status", status.as_str().to_owned()),
        ("version", version.name().to_owned()),
    ];
    metrics::histogram!("dashly_http_request_duration_seconds", &labels).record(seconds);
}

/// A caller may invent methods; counters must not grow with them.
fn method_label(method: &Method) -> &str {
    let known = [
        Method::GET,
        Method::HEAD,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::OPTIONS,
    ];
    if known.contains(method) { method.as_str() } else { "OTHER" }
}
