//! `GET /api/experiments/results`: what came out, for administrators.

use crate::Experiments;
use crate::results::Results;
use axum::Json;
use axum::extract::State;
use dashly_kernel::Problem;
use dashly_web::{Administrator, Failure, ProblemDocument};

/// Reads the results of all experiments.
#[utoipa::path(
    get,
    path = "/api/experiments/results",
    tag = "experiments",
    responses(
        (status = 200, description = "The results", body = Results),
        (status = 401, description = "Not signed in", body = ProblemDocument),
        (status = 403, description = "Not an administrator", body = ProblemDocument),
        (status = 503, description = "The database is away", body = ProblemDocument)
    )
)]
pub(super) async fn get_results(
    _: Administrator,
    State(experiments): State<Experiments>,
) -> Result<Json<Results>, Failure> {
    Ok(Json(experiments.results().await.map_err(Problem::from)?))
}
