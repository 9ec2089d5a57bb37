//! Refusals in the protocol's shape.

use axum::Json;
use axum::response::{IntoResponse, Response};
use dashly_web::{BodyFault, KeepBody};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use std::time::Duration;
use utoipa::ToSchema;

/// Why nothing was evaluated.
#[derive(Clone, Debug, thiserror::Error)]
pub(super) enum Refusal {
    /// No valid token. Answered without a body.
    #[error("send one of the tokens of OFREP_TOKENS as `Authorization: Bearer …` or `X-API-Key: …`")]
    Unauthorized,
    /// Too many of one address. Answered without a body.
    #[error("this address sends more requests than OFREP_REQUESTS_PER_SECOND allows")]
    TooManyRequests {
        /// When the next one is let in.
        retry_after: Duration,
    },
    /// The body is not an object in JSON.
    #[error("{0}")]
    Parse(String),
    /// The context names nobody.
    #[error("`context.targetingKey` is required: the visitor's id")]
    TargetingKeyMissing,
    /// The context cannot be used.
    #[error("{0}")]
    InvalidContext(String),
    /// There is no such experiment, or it is a draft.
    #[error("there is no running or stopped experiment `{key}`")]
    FlagNotFound {
        /// As the client spelled it.
        key: String,
    },
    /// The body could not be read.
    #[error(transparent)]
    Body(BodyFault),
}

/// Why nothing was evaluated.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OfrepError {
    /// The flag, when one was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    /// `PARSE_ERROR`, `TARGETING_KEY_MISSING`, `INVALID_CONTEXT`, `FLAG_NOT_FOUND` or `GENERAL`.
    #[serde(rename = "errorCode")]
    error_code: &'static str,
    /// For people.
    #[serde(rename = "errorDetails")]
    error_details: String,
}

impl Refusal {
    const fn status(&self) -> StatusCode {
        match self {
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::TooManyRequests { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::FlagNotFound { .. } => StatusCode::NOT_FOUND,
            Self::Body(BodyFault::TooLarge { .. }) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Body(BodyFault::TooSlow) => StatusCode::REQUEST_TIMEOUT,
            Self::Parse(_)
            | Self::TargetingKeyMissing
            | Self::InvalidContext(_)
            | Self::Body(BodyFault::Broken) => StatusCode::BAD_REQUEST,
        }
    }

    const fn code(&self) -> &'static str {
        match self {
            Self::Parse(_) | Self::Body(BodyFault::Broken) => "PARSE_ERROR",
            Self::TargetingKeyMissing => "TARGETING_KEY_MISSING",
            Self::InvalidContext(_) => "INVALID_CONTEXT",
            Self::FlagNotFound { .. } => "FLAG_NOT_FOUND",
            Self::Unauthorized | Self::TooManyRequests { .. } | Self::Body(_) => "GENERAL",
        }
    }

    /// The answer; `key` is the flag that was asked for, if it was one.
    pub(super) fn into_response(self, key: Option<String>) -> Response {
        let status = self.status();
        let without_body = match &self {
            Self::Unauthorized => Some((header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))),
            Self::TooManyRequests { retry_after } => {
                let seconds = retry_after.as_secs() + u64::from(retry_after.subsec_nanos() > 0);
                Some((header::RETRY_AFTER, HeaderValue::from(seconds)))
            }
            _ => None,
        };
        if let Some((name, value)) = without_body {
            let mut response = status.into_response();
            response.headers_mut().insert(name, value);
            response.extensions_mut().insert(KeepBody);
            return response;
        }
        let error = OfrepError { key, error_code: self.code(), error_details: self.to_string() };
        (status, Json(error)).into_response()
    }
}
