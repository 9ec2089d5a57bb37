//! `GET /api/experiments/{test_id}/results`: a part of the visitors, for administrators.
#![expect(unused_qualifications, reason = "what the macro of the description makes of the query's name")]

use crate::Experiments;
use crate::results::{Segment, SliceFilter, Slices};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use dashly_kernel::{FieldError, Problem, Timestamp};
use dashly_web::{Administrator, Failure, ProblemDocument};
use serde::Deserialize;
use utoipa::IntoParams;

const SECONDS_PER_DAY: i64 = 86_400;

/// Which visitors.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct SliceQuery {
    /// First exposed on this UTC day or later, such as 2026-11-01
    from: Option<String>,
    /// First exposed on this UTC day or before
    to: Option<String>,
    /// Split by `device`, `visitor_kind` or `app_version`
    segment: Option<Segment>,
}

/// Reads the results of a part of the visitors of one experiment.
///
/// Exploratory: whoever looks at many parts finds differences by chance.
#[utoipa::path(
    get,
    path = "/api/experiments/{test_id}/results",
    tag = "experiments",
    params(("test_id" = String, Path, description = "The experiment"), SliceQuery),
    responses(
        (status = 200, description = "The results by part", body = Slices),
        (status = 400, description = "A parameter is not understood", body = ProblemDocument),
        (status = 401, description = "Not signed in", body = ProblemDocument),
        (status = 403, description = "Not an administrator", body = ProblemDocument),
        (status = 404, description = "No such experiment", body = ProblemDocument),
        (status = 503, description = "The database is away", body = ProblemDocument)
    )
)]
pub(super) async fn get_experiment_results(
    _: Administrator,
    State(experiments): State<Experiments>,
    Path(test_id): Path<String>,
    query: Result<Query<SliceQuery>, QueryRejection>,
) -> Result<Json<Slices>, Failure> {
    let Query(query) = query.map_err(|error| Problem::bad_request("invalid-parameter", error.body_text()))?;
    let from = day(query.from.as_deref(), "from")?;
    let before = day(query.to.as_deref(), "to")?.map(|day| day.plus_seconds(SECONDS_PER_DAY));
    let filter = SliceFilter { from, before, segment: query.segment };
    Ok(Json(experiments.slices(&test_id, filter).await.map_err(Problem::from)?))
}

/// The beginning of the UTC day that a parameter names.
fn day(text: Option<&str>, name: &'static str) -> Result<Option<Timestamp>, Problem> {
    let Some(text) = text else { return Ok(None) };
    let moment = Timestamp::parse_rfc3339(&format!("{text}T00:00:00Z"));
    moment.map(Some).ok_or_else(|| {
        let detail = "must be a day such as 2026-11-01";
        Problem::bad_request("invalid-parameter", format!("`{name}` {detail}"))
            .with_error(FieldError::new(name, "invalid", detail))
    })
}
