//! Reading request bodies: bounded in size and time, with errors that say what to change.

use crate::Failure;
use axum::extract::{FromRequest, Request};
use bytes::{Bytes, BytesMut};
use dashly_kernel::Problem;
use http::{HeaderMap, header};
use http_body_util::BodyExt;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::time::Duration;

/// Content type of JSON.
pub const JSON: &str = "application/json";
/// Content type of an HTML form.
pub const FORM: &str = "application/x-www-form-urlencoded";

/// How long a caller may take to send a body.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);
/// What is read and thrown away beyond the limit, so that a caller who is still sending hears why it was refused
/// instead of a broken connection.
const DISCARD_LIMIT_BYTES: usize = 16 * 1024 * 1024;

/// Why a body could not be read.
#[derive(Debug, Clone, thiserror::Error)]
pub enum BodyFault {
    /// More than the route takes.
    #[error("the body is larger than {limit_bytes} bytes")]
    TooLarge {
        /// The most it takes.
        limit_bytes: usize,
    },
    /// The caller took too long.
    #[error("the body did not arrive within {} seconds", BODY_TIMEOUT.as_secs())]
    TooSlow,
    /// The connection broke.
    #[error("the body broke off")]
    Broken,
}

impl From<BodyFault> for Problem {
    fn from(fault: BodyFault) -> Self {
        match fault {
            BodyFault::TooLarge { .. } => Self::too_large(fault.to_string()),
            BodyFault::TooSlow => {
                Self::new(408, "body-too-slow", "The request took too long", fault.to_string())
            }
            BodyFault::Broken => Self::bad_request("body-broken", fault.to_string()),
        }
    }
}

/// Reads a body of at most `limit_bytes`.
///
/// # Errors
/// [`BodyFault`].
pub async fn read_body(
    body: impl http_body::Body<Data = Bytes> + Unpin,
    limit_bytes: usize,
) -> Result<Bytes, BodyFault> {
    tokio::time::timeout(BODY_TIMEOUT, collect(body, limit_bytes)).await.map_err(|_| BodyFault::TooSlow)?
}

async fn collect(
    mut body: impl http_body::Body<Data = Bytes> + Unpin,
    limit_bytes: usize,
) -> Result<Bytes, BodyFault> {
    let mut collected = BytesMut::new();
    let mut seen_bytes = 0_usize;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| BodyFault::Broken)?.into_data() else { continue };
        seen_bytes = seen_bytes.saturating_add(data.len());
        if seen_bytes <= limit_bytes {
            collected.extend_from_slice(&data);
        } else {
            collected = BytesMut::new();
            if seen_bytes > limit_bytes.saturating_add(DISCARD_LIMIT_BYTES) {
                break;
            }
        }
    }
    if seen_bytes > limit_bytes { Err(BodyFault::TooLarge { limit_bytes }) } else { Ok(collected.freeze()) }
}

/// Whether the request says that its body is `expected`, whatever parameters follow.
pub fn content_type_is(headers: &HeaderMap, expected: &str) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|value| value.trim().eq_ignore_ascii_case(expected))
}

/// Reads `T` from JSON text.
///
/// # Errors
/// 400 `malformed-json` with the place of the first mistake, or 400 `wrong-type` with what was expected there.
pub fn parse_json<'a, T: Deserialize<'a>>(text: &'a [u8]) -> Result<T, Problem> {
    serde_json::from_slice(text).map_err(|error| {
        let code = if error.is_data() { "wrong-type" } else { "malformed-json" };
        Problem::bad_request(code, format!("the body is not the JSON that was expected: {error}"))
    })
}

/// Reads `T` from the fields of an HTML form.
///
/// # Errors
/// 400 `malformed-form`.
pub fn parse_form<T: DeserializeOwned>(text: &[u8]) -> Result<T, Problem> {
    serde_urlencoded::from_bytes(text)
        .map_err(|error| Problem::bad_request("malformed-form", format!("the form cannot be read: {error}")))
}

/// A JSON body of at most `LIMIT_BYTES`.
#[derive(Debug)]
pub struct Body<T, const LIMIT_BYTES: usize>(pub T);

impl<T, S, const LIMIT_BYTES: usize> FromRequest<S> for Body<T, LIMIT_BYTES>
where
    T: DeserializeOwned,
    S: Send + Sync,
{
    type Rejection = Failure;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Failure> {
        let (parts, body) = request.into_parts();
        let bytes = read_body(body, LIMIT_BYTES).await.map_err(Problem::from)?;
        if !content_type_is(&parts.headers, JSON) {
            return Err(
                Problem::unsupported_media_type("send JSON, with content-type: application/json").into()
            );
        }
        Ok(Self(parse_json(&bytes)?))
    }
}
