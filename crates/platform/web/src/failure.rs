//! How a handler refuses.

use axum::extract::OriginalUri;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use dashly_kernel::{FieldError, Problem};
use http::{HeaderValue, Method, StatusCode, header};
use serde::Serialize;
use utoipa::ToSchema;

/// A refusal on its way out: what `?` turns a [`Problem`] into inside a handler.
///
/// Its body is written by [`crate::observe()`], which knows the request's id and path.
#[derive(Debug, Clone)]
pub struct Failure(Box<Problem>);

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self(Box::new(problem))
    }
}

/// Put among a refusal's extensions, says that its body is as a foreign protocol wants it, empty perhaps:
/// [`crate::observe()`] writes none.
#[derive(Debug, Clone, Copy)]
pub struct KeepBody;

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = Response::new(axum::body::Body::empty());
        *response.status_mut() =
            StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        response.extensions_mut().insert(self);
        response
    }
}

impl Failure {
    /// What is refused and why.
    pub fn problem(&self) -> &Problem {
        &self.0
    }

    /// The whole answer, for what does not pass through [`crate::observe()`].
    pub fn respond(self, request_id: &str, path: &str) -> Response {
        let mut response = self.into_response();
        if let Some(failure) = response.extensions_mut().remove::<Self>() {
            failure.render(&mut response, request_id, path);
        }
        response
    }

    /// Writes the body and the headers of `response`, which this failure was found in.
    pub(crate) fn render(&self, response: &mut Response, request_id: &str, path: &str) {
        let problem = &self.0;
        let document = ProblemDocument {
            kind: format!("https://dashly.dev/problems/{}", problem.code),
            title: problem.title,
            status: problem.status,
            detail: &problem.detail,
            instance: path,
            request_id,
            errors: problem.errors.iter().map(FieldErrorDocument::from).collect(),
            success: false,
            error: &problem.detail,
            message: &problem.detail,
        };
        // Strings and numbers always serialise.
        let body = serde_json::to_vec(&document).unwrap_or_default();
        *response.body_mut() = axum::body::Body::from(Bytes::from(body));
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.remove(header::CONTENT_LENGTH);
        if let Some(seconds) = problem.retry_after_seconds {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
    }
}

/// The body of every refusal (RFC 9457), with the keys `success`, `error` and `message` for older clients.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemDocument<'a> {
    /// Address that names the kind of problem; its last part is a stable word.
    #[serde(rename = "type")]
    kind: String,
    /// Short sentence for the kind.
    title: &'a str,
    /// HTTP status.
    status: u16,
    /// What went wrong this time.
    detail: &'a str,
    /// Path of the request.
    instance: &'a str,
    /// Quote it when asking for help: the server's log has the same.
    request_id: &'a str,
    /// Fields at fault.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldErrorDocument<'a>>,
    /// Always false.
    success: bool,
    /// Same as `detail`.
    error: &'a str,
    /// Same as `detail`.
    message: &'a str,
}

/// One field that was refused.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FieldError)]
pub struct FieldErrorDocument<'a> {
    /// JSON Pointer into the request body, or the name of a header.
    pointer: &'a str,
    /// Stable word of what is wrong.
    code: &'a str,
    /// What was expected.
    detail: &'a str,
}

impl<'a> From<&'a FieldError> for FieldErrorDocument<'a> {
    fn from(error: &'a FieldError) -> Self {
        Self { pointer: &error.pointer, code: error.code, detail: &error.detail }
    }
}

/// The answer to a path that does not exist.
pub async fn route_not_found(method: Method, OriginalUri(uri): OriginalUri) -> Failure {
    Problem::not_found(format!("there is no {method} {}", uri.path())).into()
}

/// The answer to a method that a path does not have; the `Allow` header says which it has.
pub async fn method_not_allowed(method: Method, OriginalUri(uri): OriginalUri) -> Failure {
    let detail = format!("{} does not take {method}; the Allow header lists what it takes", uri.path());
    Problem::new(405, "method-not-allowed", "The method is not allowed", detail).into()
}
