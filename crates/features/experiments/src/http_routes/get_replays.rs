//! `GET /api/experiments/replays`: what looking often does to the experiments of others; for administrators.

use crate::Experiments;
use crate::replays::Replays;
use axum::Json;
use axum::extract::State;
use dashly_kernel::Problem;
use dashly_web::{Administrator, Failure, ProblemDocument};

/// Reads what every imported series says, by a test for one look and by a confidence sequence.
#[utoipa::path(
    get,
    path = "/api/experiments/replays",
    tag = "experiments",
    responses(
        (status = 200, description = "All sources and series", body = Replays),
        (status = 401, description = "Not signed in", body = ProblemDocument),
        (status = 403, description = "Not an administrator", body = ProblemDocument),
        (status = 503, description = "The database is away", body = ProblemDocument)
    )
)]
pub(super) async fn get_replays(
    _: Administrator,
    State(experiments): State<Experiments>,
) -> Result<Json<Replays>, Failure> {
    Ok(Json(experiments.replays().await.map_err(Problem::from)?))
}
