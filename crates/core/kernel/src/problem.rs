//! The one shape in which a failure leaves the server.

use serde::Serialize;

/// A failure as the caller is told of it (RFC 9457), independent of HTTP libraries.
///
/// Holds nothing that must stay inside: no database text, no path, no stack. The cause of a server fault is logged
/// where it is handled, and the caller gets a request id to quote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// HTTP status, 400 to 599.
    pub status: u16,
    /// Stable word of this kind of failure, such as `unknown-test`; the last part of the `type` member.
    pub code: &'static str,
    /// Short, fixed sentence for the kind.
    pub title: &'static str,
    /// What went wrong this time and what to do about it.
    pub detail: String,
    /// The fields at fault, when the request had any.
    pub errors: Vec<FieldError>,
    /// Seconds after which a retry can succeed; sent as `Retry-After`.
    pub retry_after_seconds: Option<u64>,
}

/// One field of a request that was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// JSON Pointer (RFC 6901) of the field in the request body, or the name of a header or query parameter.
    pub pointer: String,
    /// Stable word of what is wrong, such as `required`.
    pub code: &'static str,
    /// What was expected.
    pub detail: String,
}

impl FieldError {
    /// Names a field, the kind of mistake and what was expected instead.
    pub fn new(pointer: impl Into<String>, code: &'static str, detail: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), code, detail: detail.into() }
    }
}

impl Problem {
    /// A problem of any status; the named constructors below are to be preferred.
    pub fn new(status: u16, code: &'static str, title: &'static str, detail: impl Into<String>) -> Self {
        Self { status, code, title, detail: detail.into(), errors: Vec::new(), retry_after_seconds: None }
    }

    /// 400: the request cannot be understood.
    pub fn bad_request(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(400, code, "The request is malformed", detail)
    }

    /// 401: nobody is signed in, or the token is not (any longer) valid.
    pub fn unauthorized(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(401, code, "Sign-in needed", detail)
    }

    /// 403: the caller is known and may not do this.
    pub fn forbidden(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(403, code, "Not allowed", detail)
    }

    /// 404: no such thing, or none that the caller may see.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(404, "not-found", "Not found", detail)
    }

    /// 409: what the request rests on has changed, or is taken.
    pub fn conflict(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(409, code, "Conflict", detail)
    }

    /// 413: more than the server is willing to read.
    pub fn too_large(detail: impl Into<String>) -> Self {
        Self::new(413, "too-large", "The request is too large", detail)
    }

    /// 415: the body's content type is not accepted here.
    pub fn unsupported_media_type(detail: impl Into<String>) -> Self {
        Self::new(415, "unsupported-media-type", "The content type is not accepted", detail)
    }

    /// 422: well-formed, but a value is not acceptable.
    pub fn unprocessable(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(422, code, "A value is not acceptable", detail)
    }

    /// 429: too many attempts; try again after `seconds`.
    pub fn too_many(code: &'static str, detail: impl Into<String>, seconds: u64) -> Self {
        Self::new(429, code, "Too many attempts", detail).retry_after(seconds)
    }

    /// 500: our fault. The cause belongs in the log, not here.
    pub fn internal() -> Self {
        Self::new(
            500,
            "internal",
            "The server failed",
            "the server failed to answer this request; its log has the cause under the request id",
        )
    }

    /// 503: something the server needs is away; the same request can succeed after `seconds`.
    pub fn unavailable(code: &'static str, detail: impl Into<String>, seconds: u64) -> Self {
        Self::new(503, code, "Temporarily unavailable", detail).retry_after(seconds)
    }

    /// Adds the fields at fault.
    #[must_use]
    pub fn with_errors(mut self, errors: Vec<FieldError>) -> Self {
        self.errors = errors;
        self
    }

    /// Adds one field at fault.
    #[must_use]
    pub fn with_error(mut self, error: FieldError) -> Self {
        self.errors.push(error);
        self
    }

    /// Says when a retry can succeed.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after_seconds = Some(seconds);
        self
    }
}
