//! How a task refuses.

use crate::callers::LimitReached;
use crate::calls::{AdmissionError, CallError, whole_seconds};
use crate::metering::Outcome;
use crate::upstream::SendError;
use axum::Json;
use axum::response::{IntoResponse, Response};
use dashly_kernel::Problem;
use dashly_web::{Failure, KeepBody};
use http::{HeaderValue, StatusCode, header};
use serde_json::json;
use std::time::Duration;

/// Why a task has no answer.
#[derive(Clone, Debug)]
pub(super) enum TaskError {
    Problem(Problem),
    Limit(Box<LimitReached>),
    /// The question looks like an attack: its field, and the id of the finding. A second opinion names no field.
    Attack(Option<&'static str>, String),
    /// The provider refused or failed: ours, and its request's id.
    Provider(Problem, Option<HeaderValue>),
    /// The provider gave no answer.
    NoAnswer(Problem),
}

impl From<Problem> for TaskError {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<LimitReached> for TaskError {
    fn from(limit: LimitReached) -> Self {
        Self::Limit(Box::new(limit))
    }
}

impl From<AdmissionError> for TaskError {
    fn from(cause: AdmissionError) -> Self {
        let text = cause.to_string();
        match cause {
            AdmissionError::Limit(limit) => limit.into(),
            AdmissionError::Unauthenticated(crate::callers::Unauthenticated::NotLocal) => {
                Problem::forbidden("not-local", text).into()
            }
            AdmissionError::Unauthenticated(_) => Problem::unauthorized("unauthenticated", text).into(),
            AdmissionError::Workspace(_) => Problem::bad_request("invalid-workspace", text).into(),
            AdmissionError::Unbounded(_) => Problem::bad_request("cost-unbounded", text).into(),
            AdmissionError::BudgetsAway => Problem::unavailable("budgets-away", text, 1).into(),
            AdmissionError::Full => Problem::unavailable("full", text, 1).into(),
        }
    }
}

impl From<CallError> for TaskError {
    fn from(cause: CallError) -> Self {
        if cause == CallError::Send(SendError::NoKey) {
            return not_configured().into();
        }
        // 529 is the provider's own.
        let status = if cause.status() == 529 { 503 } else { cause.status() };
        let mut problem = Problem::new(status, cause.code(), "The model did not answer", cause.to_string());
        problem.retry_after_seconds = cause.retry_after().map(whole_seconds);
        Self::NoAnswer(problem)
    }
}

/// No key, and no answer without one.
pub(super) fn not_configured() -> Problem {
    let detail = "AI is not configured: set ANTHROPIC_API_KEY for the gateway";
    Problem::new(503, "ai-not-configured", "AI is not configured", detail)
}

/// The provider answered, with an error.
pub(super) fn provider_error(
    status: StatusCode,
    kind: Option<&str>,
    message: &str,
    retry_after: Option<Duration>,
    request_id: Option<HeaderValue>,
) -> TaskError {
    let problem = match status.as_u16() {
        429 => Problem::new(
            429,
            "provider-limit",
            "The model provider's limit is reached",
            "the model provider answers no more calls for now",
        ),
        401..=403 => Problem::new(
            502,
            "provider-refused-key",
            "The model provider refuses",
            "the model provider does not accept the gateway's key",
        ),
        400 if message.contains("too long") => {
            Problem::too_large("the input is longer than the model can read")
        }
        413 => Problem::too_large("the input is longer than the model provider takes"),
        404 => Problem::new(
            502,
            "model-gone",
            "The model does not exist",
            "the model provider does not know the model; change the alias in gateway.toml",
        ),
        503 | 529 => Problem::new(
            503,
            "provider-overloaded",
            "The model provider is overloaded",
            "the model provider is overloaded",
        ),
        504 => Problem::new(
            504,
            "provider-too-slow",
            "The model did not answer",
            "the model provider took too long",
        ),
        _ => {
            let kind = kind.unwrap_or("unknown error");
            let detail = format!("the model provider answered {} ({kind})", status.as_u16());
            Problem::new(502, "provider-failed", "The model provider failed", detail)
        }
    };
    let problem = match (problem.status, retry_after) {
        (429 | 503, wait) => problem.retry_after(whole_seconds(wait.unwrap_or(Duration::from_secs(1)))),
        _ => problem,
    };
    TaskError::Provider(problem, request_id)
}

impl TaskError {
    pub(super) fn status(&self) -> u16 {
        match self {
            Self::Problem(problem) | Self::Provider(problem, _) | Self::NoAnswer(problem) => problem.status,
            Self::Limit(_) => 429,
            Self::Attack(..) => 400,
        }
    }

    /// How a call that ends with this is booked.
    pub(super) fn outcome(&self) -> Outcome {
        match self {
            Self::Limit(_) | Self::Attack(..) => Outcome::Refused,
            Self::Problem(problem)
                if problem.status < 500 || matches!(problem.code, "full" | "budgets-away") =>
            {
                Outcome::Refused
            }
            Self::Problem(_) | Self::NoAnswer(_) => Outcome::Failed,
            Self::Provider(..) => Outcome::ProviderError,
        }
    }

    /// Whether the provider, or its silence, is the reason.
    pub(super) fn is_of_provider(&self) -> bool {
        matches!(self, Self::Provider(..) | Self::NoAnswer(_) | Self::Attack(None, _))
    }

    pub(super) fn into_reply(self, request_id: &str) -> Response {
        match self {
            Self::Problem(problem) | Self::NoAnswer(problem) => Failure::from(problem).into_response(),
            Self::Provider(problem, id) => {
                let mut reply = Failure::from(problem).into_response();
                if let Some(id) = id {
                    reply.headers_mut().insert("x-upstream-request-id", id);
                }
                reply
            }
            Self::Limit(limit) => limit_reply(*limit, request_id),
            Self::Attack(field, id) => attack_reply(field, &id, request_id),
        }
    }
}

/// With the original's `code`, `detectionId` and `field`.
fn attack_reply(field: Option<&str>, detection_id: &str, request_id: &str) -> Response {
    let text = field.unwrap_or("a text of the request");
    let detail = format!(
        "{text} looks like an instruction to the model and not like a question; say it in other words"
    );
    let field = field.map_or_else(|| "body".to_owned(), |field| format!("body.{field}"));
    let body = json!({
        "type": "https://dashly.dev/problems/prompt-injection-detected",
        "title": "The request is malformed",
        "status": 400,
        "detail": detail,
        "request_id": request_id,
        "success": false,
        "error": detail,
        "message": detail,
        "code": "PROMPT_INJECTION_DETECTED",
        "detectionId": detection_id,
        "field": field
    });
    let mut reply = (StatusCode::BAD_REQUEST, Json(body)).into_response();
    reply.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    reply.extensions_mut().insert(KeepBody);
    reply
}

/// With the original's `retryAfterMs`.
fn limit_reply(limit: LimitReached, request_id: &str) -> Response {
    let detail = limit.to_string();
    let body = json!({
        "type": "https://dashly.dev/problems/limit-reached",
        "title": "Too many attempts",
        "status": 429,
        "detail": detail,
        "request_id": request_id,
        "success": false,
        "error": detail,
        "message": detail,
        "retryAfterMs": limit.retry_after_millis(),
        "limit": limit.describe()
    });
    let mut reply = (StatusCode::TOO_MANY_REQUESTS, Json(body)).into_response();
    let headers = reply.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    headers.insert(header::RETRY_AFTER, HeaderValue::from(whole_seconds(limit.retry_after)));
    reply.extensions_mut().insert(KeepBody);
    reply
}
