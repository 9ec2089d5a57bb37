//! `DELETE /api/experiments/{test_id}/settings`: the file holds again; for administrators.

use super::author;
use crate::Experiments;
use crate::life::{LifeReply, SettingsReset};
use axum::Json;
use axum::extract::{Path, State};
use dashly_kernel::Problem;
use dashly_web::{Administrator, Body, Failure, ProblemDocument};
use serde::Deserialize;
use utoipa::ToSchema;

const BODY_LIMIT_BYTES: usize = 16 * 1024;

/// What was seen, and why it is taken back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ResetRequest {
    /// The revision that was seen; another one is refused with 409.
    revision: i64,
    /// Why, for the log; at most 500 characters.
    reason: Option<String>,
}

/// Forgets everything that was changed on the page for one experiment.
#[utoipa::path(
    delete,
    path = "/api/experiments/{test_id}/settings",
    tag = "experiments",
    params(("test_id" = String, Path, description = "The experiment")),
    request_body = ResetRequest,
    responses(
        (status = 200, description = "The experiment as the file has it", body = LifeReply),
        (status = 400, description = "The body is not understood", body = ProblemDocument),
        (status = 401, description = "Not signed in", body = ProblemDocument),
        (status = 403, description = "Not an administrator", body = ProblemDocument),
        (status = 404, description = "No such experiment", body = ProblemDocument),
        (status = 409, description = "Somebody changed it meanwhile", body = ProblemDocument),
        (status = 413, description = "The body is too large", body = ProblemDocument),
        (status = 415, description = "The body is not JSON", body = ProblemDocument),
        (status = 422, description = "The reason is not acceptable", body = ProblemDocument),
        (status = 503, description = "The database is away", body = ProblemDocument)
    )
)]
pub(super) async fn delete_settings(
    Administrator(caller): Administrator,
    State(experiments): State<Experiments>,
    Path(test_id): Path<String>,
    Body(request): Body<ResetRequest, BODY_LIMIT_BYTES>,
) -> Result<Json<LifeReply>, Failure> {
    let reset = SettingsReset { revision: request.revision, reason: request.reason };
    let reply = experiments.reset_settings(&author(&caller), &test_id, reset).await;
    Ok(Json(reply.map_err(Problem::from)?))
}
