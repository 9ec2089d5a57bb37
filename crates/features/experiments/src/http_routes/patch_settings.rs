//! `PATCH /api/experiments/{test_id}/settings`: start, stop, archive, ramp, set a winner; for administrators.

use super::author;
use crate::Experiments;
use crate::definitions::{WinnerChoice, present_winner};
use crate::life::{LifeReply, SettingsChange};
use axum::Json;
use axum::extract::{Path, State};
use dashly_kernel::Problem;
use dashly_web::{Administrator, Body, Failure, ProblemDocument};
use serde::Deserialize;
use utoipa::ToSchema;

const BODY_LIMIT_BYTES: usize = 16 * 1024;

/// What is to be changed; absent fields stay.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SettingsPatch {
    /// The revision that was seen; another one is refused with 409.
    revision: i64,
    /// `draft`, `running`, `stopped` or `archived`.
    status: Option<String>,
    /// Share of the visitors who take part, 0 to 1; in a layer at most its slice.
    traffic: Option<f64>,
    /// Key of the variant that everybody is shown; null takes it back.
    #[serde(default, deserialize_with = "present_winner")]
    #[schema(value_type = Option<String>)]
    winner: Option<WinnerChoice>,
    /// Why, for the log; at most 500 characters.
    reason: Option<String>,
}

/// Changes the life of one experiment.
///
/// In force on this server when it answers, and on all replicas within two seconds. Wins over the file until it is
/// exported or reset.
#[utoipa::path(
    patch,
    path = "/api/experiments/{test_id}/settings",
    tag = "experiments",
    params(("test_id" = String, Path, description = "The experiment")),
    request_body = SettingsPatch,
    responses(
        (status = 200, description = "The experiment as it is now", body = LifeReply),
        (status = 400, description = "The body is not understood", body = ProblemDocument),
        (status = 401, description = "Not signed in", body = ProblemDocument),
        (status = 403, description = "Not an administrator", body = ProblemDocument),
        (status = 404, description = "No such experiment", body = ProblemDocument),
        (status = 409, description = "Somebody changed it meanwhile", body = ProblemDocument),
        (status = 413, description = "The body is too large", body = ProblemDocument),
        (status = 415, description = "The body is not JSON", body = ProblemDocument),
        (status = 422, description = "A value does not fit the experiment", body = ProblemDocument),
        (status = 503, description = "The database is away", body = ProblemDocument)
    )
)]
pub(super) async fn patch_settings(
    Administrator(caller): Administrator,
    State(experiments): State<Experiments>,
    Path(test_id): Path<String>,
    Body(patch): Body<SettingsPatch, BODY_LIMIT_BYTES>,
) -> Result<Json<LifeReply>, Failure> {
    let SettingsPatch { revision, status, traffic, winner, reason } = patch;
    let change = SettingsChange { revision, status, traffic, winner, reason };
    let reply = experiments.change_settings(&author(&caller), &test_id, change).await;
    Ok(Json(reply.map_err(Problem::from)?))
}
