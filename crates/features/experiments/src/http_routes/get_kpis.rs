//! `GET /api/kpis`: the team's key figures, for administrators.

use crate::Experiments;
use crate::kpis::Kpis;
use axum::Json;
use axum::extract::State;
use dashly_kernel::Problem;
use dashly_web::{Administrator, Failure, ProblemDocument};

/// Reads the team's key figures, with the verdict of the experiment that bears on each.
#[utoipa::path(
    get,
    path = "/api/kpis",
    tag = "experiments",
    responses(
        (status = 200, description = "The figures", body = Kpis),
        (status = 401, description = "Not signed in", body = ProblemDocument),
        (status = 403, description = "Not an administrator", body = ProblemDocument),
        (status = 503, description = "The database is away", body = ProblemDocument)
    )
)]
pub(super) async fn get_kpis(
    _: Administrator,
    State(experiments): State<Experiments>,
) -> Result<Json<Kpis>, Failure> {
    Ok(Json(experiments.kpis().await.map_err(Problem::from)?))
}
