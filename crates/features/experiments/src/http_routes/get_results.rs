//! `GET /api/experiments/results`: what came out, for administrators.
#![expect(unused_qualifications, reason = "what the macro of the description makes of the query's name")]

use crate::Experiments;
use crate::results::{Results, ResultsScope};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use dashly_kernel::Problem;
use dashly_web::{Administrator, Failure, ProblemDocument};
use serde::Deserialize;
use utoipa::IntoParams;

/// Which experiments.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ResultsQuery {
    /// Archived ones too; default `false`
    archived: Option<bool>,
}

/// Reads the results of all experiments.
#[utoipa::path(
    get,
    path = "/api/experiments/results",
    tag = "experiments",
    params(ResultsQuery),
    responses(
        (status = 200, description = "The results", body = Results),
        (status = 400, description = "A parameter is not understood", body = ProblemDocument),
        (status = 401, description = "Not signed in", body = ProblemDocument),
        (status = 403, description = "Not an administrator", body = ProblemDocument),
        (status = 503, description = "The database is away", body = ProblemDocument)
    )
)]
pub(super) async fn get_results(
    _: Administrator,
    State(experiments): State<Experiments>,
    query: Result<Query<ResultsQuery>, QueryRejection>,
) -> Result<Json<Results>, Failure> {
    let Query(query) = query.map_err(|error| Problem::bad_request("invalid-parameter", error.body_text()))?;
    let scope = if query.archived == Some(true) { ResultsScope::All } else { ResultsScope::WithoutArchived };
    Ok(Json(experiments.results(scope).await.map_err(Problem::from)?))
}
