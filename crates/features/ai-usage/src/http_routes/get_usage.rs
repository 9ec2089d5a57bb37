//! `GET /api/ai/usage`: what AI calls used, for administrators.
#![expect(unused_qualifications, reason = "what the macro of the description makes of the query's name")]

use crate::report::Asked;
use crate::{AiUsage, UsageFilter, UsageReport};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use dashly_kernel::{FieldError, Problem, Timestamp};
use dashly_web::{Administrator, Failure, ProblemDocument};
use serde::Deserialize;
use utoipa::IntoParams;

const DEFAULT_HOURS: u32 = 7 * 24;
const MOST_HOURS: u32 = 92 * 24;
/// More than any name that the gateway counts by.
const MOST_NAME_CHARS: usize = 200;

/// Which hours, and which calls.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct UsageQuery {
    /// The last so many hours, the present one included: 1 to 2208 (92 days); default 168 (a week)
    hours: Option<u32>,
    /// Only calls of this task, such as `/api/ai/widget/analyze`; of a name that nobody used there are none
    #[param(min_length = 1, max_length = 200)]
    task: Option<String>,
    /// Only calls that this model was asked for; `-` for those of no model
    #[param(min_length = 1, max_length = 200)]
    model: Option<String>,
    /// Only calls of this workspace; `-` for those that named none
    #[param(min_length = 1, max_length = 200)]
    workspace: Option<String>,
    /// Only calls with this key
    #[param(min_length = 1, max_length = 200)]
    caller: Option<String>,
}

/// Reads what AI calls used and cost, over time and by task, model, workspace and key.
///
/// Of all calls, or only of those that have each of the given names.
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
    let asked = asked(query, usage.now())?;
    let report = usage.report(asked).await.map_err(|error| {
        tracing::warn!(reason = error.reason(), "AI usage cannot be read");
        if error.is_transient() {
            Problem::unavailable("database-unavailable", error.reason(), 2)
        } else {
            Problem::internal()
        }
    })?;
    Ok(Json(report))
}

fn asked(query: UsageQuery, now: Timestamp) -> Result<Asked, Problem> {
    let hours = query.hours.unwrap_or(DEFAULT_HOURS);
    if !(1..=MOST_HOURS).contains(&hours) {
        return Err(invalid("hours", format!("must be from 1 to {MOST_HOURS}")));
    }
    let (from, to) = range(now, hours);
    let filter = UsageFilter {
        task: named("task", query.task)?,
        model: named("model", query.model)?,
        workspace: named("workspace", query.workspace)?,
        caller: named("caller", query.caller)?,
    };
    Ok(Asked { from, to, filter })
}

fn named(parameter: &str, name: Option<String>) -> Result<Option<String>, Problem> {
    let is_name = |name: &String| {
        (1..=MOST_NAME_CHARS).contains(&name.chars().count()) && !name.chars().any(char::is_control)
    };
    if name.as_ref().is_none_or(is_name) {
        Ok(name)
    } else {
        let detail = format!("must have 1 to {MOST_NAME_CHARS} characters, none of them a control character");
        Err(invalid(parameter, detail))
    }
}

fn invalid(parameter: &str, detail: String) -> Problem {
    Problem::bad_request("invalid-parameter", format!("`{parameter}` {detail}"))
        .with_error(FieldError::new(parameter, "invalid", detail))
}

/// Full hours up to the end of the present one.
fn range(now: Timestamp, hours: u32) -> (Timestamp, Timestamp) {
    let to = now.start_of_hour().plus_seconds(3_600);
    (to.plus_seconds(-3_600 * i64::from(hours)), to)
}
