//! Errors that the gateway makes, in the provider's shape.

use crate::callers::{LimitReached, Unauthenticated};
use crate::calls::{AdmissionError, CallError, whole_seconds};
use crate::upstream::SendError;
use axum::response::{IntoResponse, Response};
use dashly_web::BodyFault;
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
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
    /// Boxed: few errors have one.
    limit: Option<Box<LimitReached>>,
}

impl ProviderError {
    fn new(status: StatusCode, kind: &'static str, code: &'static str, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { status, kind, code, message, retry_after: None, is_worth_retrying: false, limit: None }
    }

    fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self.is_worth_retrying = true;
        self
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request_error", "invalid-request", message)
    }

    /// A method that a route does not have.
    pub(crate) fn method_not_allowed(method: &Method, path: &str) -> Self {
        let (status, message) = (StatusCode::METHOD_NOT_ALLOWED, format!("{path} does not take {method}"));
        Self::new(status, "invalid_request_error", "method-not-allowed", message)
    }

    pub(crate) fn model_not_allowed(model: &str) -> Self {
        let message = format!("this key may not call {model}");
        Self::new(StatusCode::FORBIDDEN, "permission_error", "model-not-allowed", message)
    }

    /// The answer, with the request's id in the body and where clients look for it.
    pub(crate) fn into_reply(self, request_id: &str) -> Response {
        let fault = json!({ "type": self.kind, "message": self.message });
        let body = match &self.limit {
            None => json!({ "type": "error", "error": fault, "request_id": request_id }),
            Some(limit) => json!({
                "type": "error",
                "error": fault,
                "request_id": request_id,
                "retryAfterMs": limit.retry_after_millis(),
                "limit": limit.describe()
            }),
        };
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
        reply
    }
}

impl From<AdmissionError> for ProviderError {
    fn from(cause: AdmissionError) -> Self {
        let text = cause.to_string();
        match cause {
            AdmissionError::Unauthenticated(Unauthenticated::NotLocal) => {
                Self::new(StatusCode::FORBIDDEN, "permission_error", "unauthenticated", text)
            }
            AdmissionError::Unauthenticated(_) => {
                Self::new(StatusCode::UNAUTHORIZED, "authentication_error", "unauthenticated", text)
            }
            AdmissionError::Workspace(_) => Self::invalid(text),
            AdmissionError::Limit(limit) => {
                let error =
                    Self::new(StatusCode::TOO_MANY_REQUESTS, "rate_limit_error", "limit-reached", text)
                        .retry_after(limit.retry_after);
                let is_worth_retrying = limit.is_soon_over();
                Self { is_worth_retrying, limit: Some(Box::new(limit)), ..error }
            }
            AdmissionError::Unbounded(_) => Self { code: "cost-unbounded", ..Self::invalid(text) },
            AdmissionError::BudgetsAway => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "api_error", "budgets-away", text)
                    .retry_after(Duration::from_secs(1))
            }
            AdmissionError::Full => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "overloaded_error", "full", text)
                    .retry_after(Duration::from_secs(1))
            }
        }
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

impl From<CallError> for ProviderError {
    fn from(cause: CallError) -> Self {
        let status = StatusCode::from_u16(cause.status()).unwrap_or(StatusCode::BAD_GATEWAY);
        let kind = match cause {
            CallError::Send(SendError::TooSlow) => "timeout_error",
            CallError::Overloaded | CallError::AllFailing => "overloaded_error",
            CallError::Send(_) => "api_error",
        };
        let mut message = cause.to_string();
        if cause == CallError::Send(SendError::NoKey) {
            message.push_str(": set ANTHROPIC_API_KEY");
        }
        let error = Self::new(status, kind, cause.code(), message);
        match cause.retry_after() {
            Some(wait) => error.retry_after(wait),
            None => error,
        }
    }
}
