//! What several routes refuse alike, for the description of the API.

use dashly_web::ProblemDocument;
use utoipa::IntoResponses;

/// How a route for signed-in people refuses.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "only described: the refusals themselves are made by `SignedIn` and `Failure`")]
pub(super) enum SignedInRefusal {
    #[response(
        status = 401,
        description = "No token, or not a valid one",
        content_type = "application/problem+json"
    )]
    NoSession(ProblemDocument<'static>),
    #[response(
        status = 503,
        description = "The database is away",
        content_type = "application/problem+json",
        headers(("Retry-After" = u64, description = "Seconds to wait"))
    )]
    Away(ProblemDocument<'static>),
}
