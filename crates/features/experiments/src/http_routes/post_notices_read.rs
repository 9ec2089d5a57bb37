//! `POST /api/notices/read`: marks notices as read, for administrators.

use super::notices_problem;
use crate::Experiments;
use crate::notices::NoticesRead;
use axum::Json;
use axum::extract::State;
use dashly_web::{Administrator, Body, Failure, ProblemDocument};
use serde::Deserialize;
use utoipa::ToSchema;

const BODY_LIMIT_BYTES: usize = 4 * 1024;

/// Which notices were read.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NoticesReadRequest {
    /// The newest that was seen; it and all older ones are marked.
    up_to: i64,
}

/// Marks a notice and all older ones as read, for all administrators.
#[utoipa::path(
    post,
    path = "/api/notices/read",
    tag = "experiments",
    request_body = NoticesReadRequest,
    responses(
        (status = 200, description = "How many are unread now", body = NoticesRead),
        (status = 400, description = "The body is not understood", body = ProblemDocument),
        (status = 401, description = "Not signed in", body = ProblemDocument),
        (status = 403, description = "Not an administrator", body = ProblemDocument),
        (status = 413, description = "The body is too large", body = ProblemDocument),
        (status = 415, description = "The body is not JSON", body = ProblemDocument),
        (status = 503, description = "The database is away", body = ProblemDocument)
    )
)]
pub(super) async fn post_notices_read(
    _: Administrator,
    State(experiments): State<Experiments>,
    Body(request): Body<NoticesReadRequest, BODY_LIMIT_BYTES>,
) -> Result<Json<NoticesRead>, Failure> {
    let read = experiments.read_notices(request.up_to).await;
    Ok(Json(read.map_err(|error| notices_problem(&error))?))
}
