//! `GET /api/notices`: what was found, for administrators.
#![expect(unused_qualifications, reason = "what the macro of the description makes of the query's name")]

use super::notices_problem;
use crate::Experiments;
use crate::notices::Notices;
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use dashly_kernel::{FieldError, Problem};
use dashly_web::{Administrator, Failure, ProblemDocument};
use serde::Deserialize;
use utoipa::IntoParams;

const DEFAULT_NOTICES: u32 = 20;
const MOST_NOTICES: u32 = 200;

/// Which notices.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct NoticesQuery {
    /// Older than the one with this id
    before: Option<i64>,
    /// At most so many, from 1 to 200; default 20
    limit: Option<u32>,
}

/// Reads the notices, newest first.
#[utoipa::path(
    get,
    path = "/api/notices",
    tag = "experiments",
    params(NoticesQuery),
    responses(
        (status = 200, description = "The notices", body = Notices),
        (status = 400, description = "A parameter is not understood", body = ProblemDocument),
        (status = 401, description = "Not signed in", body = ProblemDocument),
        (status = 403, description = "Not an administrator", body = ProblemDocument),
        (status = 503, description = "The database is away", body = ProblemDocument)
    )
)]
pub(super) async fn get_notices(
    _: Administrator,
    State(experiments): State<Experiments>,
    query: Result<Query<NoticesQuery>, QueryRejection>,
) -> Result<Json<Notices>, Failure> {
    let Query(query) = query.map_err(|error| Problem::bad_request("invalid-parameter", error.body_text()))?;
    let limit = query.limit.unwrap_or(DEFAULT_NOTICES);
    if !(1..=MOST_NOTICES).contains(&limit) {
        let detail = format!("must be from 1 to {MOST_NOTICES}");
        return Err(Problem::bad_request("invalid-parameter", format!("`limit` {detail}"))
            .with_error(FieldError::new("limit", "invalid", detail))
            .into());
    }
    let notices = experiments.notices(query.before, limit).await;
    Ok(Json(notices.map_err(|error| notices_problem(&error))?))
}
