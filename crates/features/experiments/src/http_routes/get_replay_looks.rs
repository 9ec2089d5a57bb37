//! `GET /api/experiments/replays/looks`: every look of one imported series; for administrators.

use crate::Experiments;
use crate::replays::{ReplayLooks, SeriesName};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use dashly_kernel::Problem;
use dashly_web::{Administrator, Failure, ProblemDocument};

/// Reads the looks of one imported series.
#[utoipa::path(
    get,
    path = "/api/experiments/replays/looks",
    tag = "experiments",
    params(SeriesName),
    responses(
        (status = 200, description = "The looks by time", body = ReplayLooks),
        (status = 400, description = "A parameter is missing or not understood", body = ProblemDocument),
        (status = 401, description = "Not signed in", body = ProblemDocument),
        (status = 403, description = "Not an administrator", body = ProblemDocument),
        (status = 404, description = "No such series", body = ProblemDocument),
        (status = 503, description = "The database is away", body = ProblemDocument)
    )
)]
pub(super) async fn get_replay_looks(
    _: Administrator,
    State(experiments): State<Experiments>,
    query: Result<Query<SeriesName>, QueryRejection>,
) -> Result<Json<ReplayLooks>, Failure> {
    let Query(name) = query.map_err(|error| Problem::bad_request("invalid-parameter", error.body_text()))?;
    Ok(Json(experiments.replay_looks(name).await.map_err(Problem::from)?))
}
