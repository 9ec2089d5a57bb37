//! `GET /api/ai/usage`: what AI calls used, for administrators.
#![expect(unused_qualifications, reason = "what the macro of the description makes of the query's name")]

use crate::{AiUsage, UsageReport};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use dashly_kernel::{FieldError, Problem, Timestamp};
use dashly_web::{Administrator, Failure, ProblemDocument};
use serde::Deserialize;
use utoipa::IntoParams;

const DEFAULT_HOURS: u32 = 7 * 24;
const MOST_HOURS: u32 = 92 * 24;

/// Which hours.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct UsageQuery {
    /// The last so many hours, the present one included: 1 to 2208 (92 days); default 168 (a week)
    hours: Option<u32>,
}

/// Reads what AI calls used and cost, over time and by task, model, workspace and key.
#[utoipa::path(
    get,
    path = "/api/ai/usage",
    tag = "ai",
    params(UsageQuery),
    responses(
        (status = 200, description = "What was used", body = UsageReport),
        (status = 400, description = "A parameter is not understood", body = ProblemDocument),
        (status = 401, description = "Not signed in", body = ProblemDocument),
        (status = 403, description = "Not an administrator", body = ProblemDocument),
        (status = 503, description = "The database is away", body = ProblemDocument)
    )
)]
pub(super) async fn get_usage(
    _: Administrator,
    State(usage): State<AiUsage>,
    query: Result<Query<UsageQuery>, QueryRejection>,
) -> Result<Json<UsageReport>, Failure> {
    let Query(query) = query.map_err(|error| Problem::bad_request("invalid-parameter", error.body_text()))?;
    let hours = query.hours.unwrap_or(DEFAULT_HOURS);
    if !(1..=MOST_HOURS).contains(&hours) {
        let detail = format!("must be from 1 to {MOST_HOURS}");
        return Err(Problem::bad_request("invalid-parameter", format!("`hours` {detail}"))
            .with_error(FieldError::new("hours", "invalid", detail))
            .into());
    }
    let (from, to) = range(usage.now(), hours);
    let report = usage.report(from, to).await.map_err(|error| {
        tracing::warn!(reason = error.reason(), "AI usage cannot be read");
        if error.is_transient() {
            Problem::unavailable("database-unavailable", error.reason(), 2)
        } else {
            Problem::internal()
        }
    })?;
    Ok(Json(report))
}

/// Full hours up to the end of the present one.
fn range(now: Timestamp, hours: u32) -> (Timestamp, Timestamp) {
    let to = now.start_of_hour().plus_seconds(3_600);
    (to.plus_seconds(-3_600 * i64::from(hours)), to)
}
