//! Errors that the gateway makes, in the provider's shape.

use crate::callers::{InvalidWorkspace, LimitReached, Unauthenticated};
use crate::upstream::SendError;
use axum::response::{IntoResponse, Response};
use dashly_web::{BodyFault, KeepBody};
use http::{HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use serde_json::json;
use std::time::Duration;

/// On every error that the gateway made itself; its value is the stable word of the kind.
pub(crate) const GATEWAY_ERROR: HeaderName = HeaderName::from_static("x-dashly-gateway-error");
const SHOULD_RETRY: HeaderName = HeaderName::from_static("x-should-retry");
const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");

/// An error in the shape that official clients read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ProviderError {
    pub(crate) status: StatusCode,
    /// The provider's word for the kind.
    kind: &'static str,
    /// Ours.
    code: &'static str,
    message: String,
    retry_after: Option<Duration>,
    /// Whether another try of the same call could succeed soon; clients are told.
    is_worth_retrying: bool,
}

impl ProviderError {
    fn new(status: StatusCode, kind: &'static str, code: &'static str, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { status, kind, code, message, retry_after: None, is_worth_retrying: false }
    }

    fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self.is_worth_retrying = true;
        self
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request_error", "invalid-request", message)
    }

    pub(crate) fn model_not_allowed(model: &str) -> Self {
        let message = format!("this key may not call {model}");
        Self::new(StatusCode::FORBIDDEN, "permission_error", "model-not-allowed", message)
    }

    pub(crate) fn full() -> Self {
        let message = "the gateway has as many calls in progress as it may have";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "overloaded_error", "full", message)
            .retry_after(Duration::from_secs(1))
    }

    pub(crate) fn too_slow() -> Self {
        let message = "the model provider took too long";
        Self::new(StatusCode::GATEWAY_TIMEOUT, "timeout_error", "provider-too-slow", message)
    }

    /// The provider said so within a stream of which nothing was passed on.
    pub(crate) fn overloaded() -> Self {
        let code = StatusCode::from_u16(529).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
        let message = "the model provider is overloaded";
        Self::new(code, "overloaded_error", "provider-overloaded", message)
            .retry_after(Duration::from_secs(1))
    }

    /// No model of an alias is called at present.
    pub(crate) fn all_failing() -> Self {
        let message = "every model of this alias keeps failing and is left alone for a moment";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "overloaded_error", "models-failing", message)
            .retry_after(Duration::from_secs(2))
    }

    /// Whether the provider may have read the call before it failed.
    pub(crate) fn was_sent(&self) -> bool {
        matches!(self.code, "provider-too-slow" | "provider-broke-off" | "provider-overloaded")
    }

    /// The answer, with the request's id in the body and where clients look for it.
    pub(crate) fn into_reply(self, request_id: &str) -> Response {
        let body = json!({
            "type": "error",
            "error": { "type": self.kind, "message": self.message },
            "request_id": request_id
        });
        let mut reply = (self.status, axum::Json(body)).into_response();
        let headers = reply.headers_mut();
        headers.insert(GATEWAY_ERROR, HeaderValue::from_static(self.code));
        if let Ok(id) = HeaderValue::try_from(request_id) {
            headers.insert(REQUEST_ID, id);
        }
        if let Some(wait) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(whole_seconds(wait)));
        }
        let retry = if self.is_worth_retrying { "true" } else { "false" };
        headers.insert(SHOULD_RETRY, HeaderValue::from_static(retry));
        reply.extensions_mut().insert(KeepBody);
        reply
    }
}

impl From<Unauthenticated> for ProviderError {
    fn from(cause: Unauthenticated) -> Self {
        let (status, kind) = match cause {
            Unauthenticated::NoToken | Unauthenticated::WrongToken => {
                (StatusCode::UNAUTHORIZED, "authentication_error")
            }
            Unauthenticated::NotLocal => (StatusCode::FORBIDDEN, "permission_error"),
        };
        Self::new(status, kind, "unauthenticated", cause.to_string())
    }
}

impl From<InvalidWorkspace> for ProviderError {
    fn from(cause: InvalidWorkspace) -> Self {
        Self::invalid(cause.to_string())
    }
}

impl From<LimitReached> for ProviderError {
    fn from(limit: LimitReached) -> Self {
        let error =
            Self::new(StatusCode::TOO_MANY_REQUESTS, "rate_limit_error", "limit-reached", limit.sentence());
        error.retry_after(limit.retry_after)
    }
}

impl From<BodyFault> for ProviderError {
    fn from(fault: BodyFault) -> Self {
        match fault {
            BodyFault::TooLarge { .. } => {
                Self::new(StatusCode::PAYLOAD_TOO_LARGE, "request_too_large", "too-large", fault.to_string())
            }
            BodyFault::TooSlow => Self::new(
                StatusCode::REQUEST_TIMEOUT,
                "invalid_request_error",
                "body-too-slow",
                fault.to_string(),
            ),
            BodyFault::Broken => Self::invalid(fault.to_string()),
        }
    }
}

impl From<SendError> for ProviderError {
    fn from(cause: SendError) -> Self {
        let text = cause.to_string();
        match cause {
            SendError::NoKey => {
                let message = format!("{text}: set ANTHROPIC_API_KEY");
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "api_error", "ai-not-configured", message)
            }
            SendError::Connect => {
                Self::new(StatusCode::BAD_GATEWAY, "api_error", "provider-unreachable", text)
                    .retry_after(Duration::from_secs(1))
            }
            SendError::Broken => Self::new(StatusCode::BAD_GATEWAY, "api_error", "provider-broke-off", text)
                .retry_after(Duration::from_secs(1)),
        }
    }
}

/// The answer to a method that a route does not have.
pub(crate) async fn method_not_allowed(method: Method, uri: Uri) -> Response {
    let message = format!("{} does not take {method}", uri.path());
    let error = ProviderError::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "invalid_request_error",
        "method-not-allowed",
        message,
    );
    error.into_reply("")
}

/// Rounded up, at least 1.
pub(crate) fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0 || wait.is_zero())
}
