//! `GET /api/experiments/changes`: who changed what, when and why; for administrators.
#![expect(unused_qualifications, reason = "what the macro of the description makes of the query's name")]

use crate::Experiments;
use crate::life::{Changes, ChangesQuery};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use dashly_kernel::{FieldError, Problem};
use dashly_web::{Administrator, Failure, ProblemDocument};
use serde::Deserialize;
use utoipa::IntoParams;

const DEFAULT_LINES: u32 = 50;
const MOST_LINES: u32 = 200;

/// Which lines of the log.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct LogQuery {
    /// Of this experiment only
    test_id: Option<String>,
    /// Older than this line: `next_before` of an earlier answer
    before: Option<i64>,
    /// At most so many lines, from 1 to 200; default 50
    limit: Option<u32>,
}

/// Reads the log of changes, newest first.
#[utoipa::path(
    get,
    path = "/api/experiments/changes",
    tag = "experiments",
    params(LogQuery),
    responses(
        (status = 200, description = "The log", body = Changes),
        (status = 400, description = "A parameter is not understood", body = ProblemDocument),
        (status = 401, description = "Not signed in", body = ProblemDocument),
        (status = 403, description = "Not an administrator", body = ProblemDocument),
        (status = 503, description = "The database is away", body = ProblemDocument)
    )
)]
pub(super) async fn get_changes(
    _: Administrator,
    State(experiments): State<Experiments>,
    query: Result<Query<LogQuery>, QueryRejection>,
) -> Result<Json<Changes>, Failure> {
    let Query(query) = query.map_err(|error| Problem::bad_request("invalid-parameter", error.body_text()))?;
    let limit = query.limit.unwrap_or(DEFAULT_LINES);
    if !(1..=MOST_LINES).contains(&limit) {
        let detail = format!("must be from 1 to {MOST_LINES}");
        return Err(Problem::bad_request("invalid-parameter", format!("`limit` {detail}"))
            .with_error(FieldError::new("limit", "invalid", detail))
            .into());
    }
    let query = ChangesQuery { test_id: query.test_id, before: query.before, limit };
    Ok(Json(experiments.changes(&query).await.map_err(Problem::from)?))
}
