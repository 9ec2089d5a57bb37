//! `GET /api/experiments/{test_id}/timeseries`: how the answer came about, for administrators.

use crate::Experiments;
use crate::results::History;
use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use dashly_kernel::Problem;
use dashly_web::{Administrator, Failure, ProblemDocument};

/// Reads rates, intervals and evidence of one experiment as they were at each step.
#[utoipa::path(
    get,
    path = "/api/experiments/{test_id}/timeseries",
    tag = "experiments",
    params(("test_id" = String, Path, description = "The experiment")),
    responses(
        (status = 200, description = "The history", body = History),
        (status = 401, description = "Not signed in", body = ProblemDocument),
        (status = 403, description = "Not an administrator", body = ProblemDocument),
        (status = 404, description = "No such experiment", body = ProblemDocument),
        (status = 503, description = "The database is away", body = ProblemDocument)
    )
)]
pub(super) async fn get_timeseries(
    _: Administrator,
    State(experiments): State<Experiments>,
    Path(test_id): Path<String>,
) -> Result<Response, Failure> {
    let history = experiments.history(&test_id).await.map_err(Problem::from)?;
    Ok(Json(&*history).into_response())
}
