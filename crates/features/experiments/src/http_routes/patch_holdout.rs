//! `PATCH /api/experiments/holdout`: the share of visitors who take part in nothing; for administrators.

use super::author;
use crate::Experiments;
use crate::life::{HoldoutChange, HoldoutReply};
use axum::Json;
use axum::extract::State;
use dashly_kernel::Problem;
use dashly_web::{Administrator, Body, Failure, ProblemDocument};
use serde::Deserialize;
use utoipa::ToSchema;

const BODY_LIMIT_BYTES: usize = 16 * 1024;

/// The holdout that is wanted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct HoldoutPatch {
    /// The revision that was seen; another one is refused with 409.
    revision: i64,
    /// Share of the visitors, 0 to 1; null: what the file says.
    share: Option<f64>,
    /// Why, for the log; at most 500 characters.
    reason: Option<String>,
}

/// Changes the share of visitors who take part in no experiment.
#[utoipa::path(
    patch,
    path = "/api/experiments/holdout",
    tag = "experiments",
    request_body = HoldoutPatch,
    responses(
        (status = 200, description = "The holdout as it is now", body = HoldoutReply),
        (status = 400, description = "The body is not understood", body = ProblemDocument),
        (status = 401, description = "Not signed in", body = ProblemDocument),
        (status = 403, description = "Not an administrator", body = ProblemDocument),
        (status = 409, description = "Somebody changed it meanwhile", body = ProblemDocument),
        (status = 413, description = "The body is too large", body = ProblemDocument),
        (status = 415, description = "The body is not JSON", body = ProblemDocument),
        (status = 422, description = "The share is not one", body = ProblemDocument),
        (status = 503, description = "The database is away", body = ProblemDocument)
    )
)]
pub(super) async fn patch_holdout(
    Administrator(caller): Administrator,
    State(experiments): State<Experiments>,
    Body(patch): Body<HoldoutPatch, BODY_LIMIT_BYTES>,
) -> Result<Json<HoldoutReply>, Failure> {
    let HoldoutPatch { revision, share, reason } = patch;
    let change = HoldoutChange { revision, share, reason };
    Ok(Json(experiments.change_holdout(&author(&caller), change).await.map_err(Problem::from)?))
}
