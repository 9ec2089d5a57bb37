//! What every request passes through.

use crate::{Failure, KeepBody, SecurityHeaders};
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use dashly_kernel::{Ids, Problem};
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use std::sync::Arc;
use std::time::Instant;
use tower_http::csrf::ProtectionError;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The id of a request: in its answer's `X-Request-Id`, in a problem's `request_id` and in the log.
#[derive(Clone, Debug)]
pub struct RequestId(pub Arc<str>);

/// What [`observe`] needs.
#[derive(Clone)]
pub struct Observe {
    /// Makes request ids.
    pub ids: Arc<dyn Ids>,
    /// Headers for every answer, where browsers see them.
    pub security_headers: Option<SecurityHeaders>,
}

/// In the extensions of an answer whose handler records it by itself: no line, no duration.
#[derive(Clone, Copy, Debug)]
pub struct Recorded;

impl std::fmt::Debug for Observe {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Observe")
    }
}

/// Middleware, outermost: gives the request an id, writes the body of refusals, adds the security headers, logs one
/// line and counts the duration by route template. No query, body, cookie or address enters the log.
pub async fn observe(State(observe): State<Observe>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let request_id: Arc<str> = observe.ids.token().into();
    request.extensions_mut().insert(RequestId(Arc::clone(&request_id)));
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map_or("(none)", MatchedPath::as_str);

    let mut response = next.run(request).await;

    write_refusal(&mut response, &request_id, &path);
    if let Some(security_headers) = &observe.security_headers {
        security_headers.apply(response.headers_mut());
    }
    if let Ok(value) = HeaderValue::try_from(&*request_id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    if response.extensions().get::<Recorded>().is_none() {
        record(&method, route, response.status(), started, &request_id);
    }
    response
}

/// Turns whatever refusal came out of the layers below into a problem document.
fn write_refusal(response: &mut Response, request_id: &str, path: &str) {
    if let Some(failure) = response.extensions_mut().remove::<Failure>() {
        failure.render(response, request_id, path);
    } else if response.extensions().get::<ProtectionError>().is_some() {
        let problem = Problem::forbidden(
            "foreign-origin",
            "a page of another origin may not change anything here; list it in CORS_ORIGIN if it may",
        );
        Failure::from(problem).render(response, request_id, path);
    } else if response.extensions().get::<KeepBody>().is_none() && is_bare_refusal(response) {
        let status = response.status();
        let title = status.canonical_reason().unwrap_or("The request was refused");
        let problem = Problem::new(status.as_u16(), "refused", title, title);
        Failure::from(problem).render(response, request_id, path);
    }
}

/// A refusal that a library wrote in plain text.
fn is_bare_refusal(response: &Response) -> bool {
    let plain = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_none_or(|value| value.as_bytes().starts_with(b"text/plain"));
    let status = response.status();
    (status.is_client_error() || status.is_server_error()) && plain
}

fn record(method: &Method, route: &str, status: StatusCode, started: Instant, request_id: &str) {
    let elapsed = started.elapsed();
    let code = status.as_u16();
    let labels =
        [("method", method.as_str().to_owned()), ("route", route.to_owned()), ("status", code.to_string())];
    metrics::histogram!("dashly_http_request_duration_seconds", &labels).record(elapsed.as_secs_f64());
    let duration_ms = elapsed.as_secs_f64() * 1_000.0;
    if status.is_server_error() {
        tracing::warn!(%method, route, status = code, duration_ms, request_id, "request");
    } else {
        tracing::info!(%method, route, status = code, duration_ms, request_id, "request");
    }
}
