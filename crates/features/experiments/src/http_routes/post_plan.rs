//! `POST /api/experiments/{test_id}/plan`: the planning calculator, for administrators.

use crate::Experiments;
use crate::results::{Plan, PlanRequest};
use axum::Json;
use axum::extract::{Path, State};
use dashly_kernel::Problem;
use dashly_web::{Administrator, Body, Failure, ProblemDocument};

/// Four numbers need far less.
const BODY_LIMIT_BYTES: usize = 4 * 1024;

/// Tells how many visitors a lift needs, or which lift so many visitors find.
#[utoipa::path(
    post,
    path = "/api/experiments/{test_id}/plan",
    tag = "experiments",
    params(("test_id" = String, Path, description = "The experiment")),
    request_body = PlanRequest,
    responses(
        (status = 200, description = "The plan", body = Plan),
        (status = 400, description = "The body is not understood", body = ProblemDocument),
        (status = 401, description = "Not signed in", body = ProblemDocument),
        (status = 403, description = "Not an administrator", body = ProblemDocument),
        (status = 404, description = "No such experiment", body = ProblemDocument),
        (status = 413, description = "The body is too large", body = ProblemDocument),
        (status = 415, description = "The body is not JSON", body = ProblemDocument),
        (status = 422, description = "No such plan can be made", body = ProblemDocument),
        (status = 503, description = "The database is away", body = ProblemDocument)
    )
)]
pub(super) async fn post_plan(
    _: Administrator,
    State(experiments): State<Experiments>,
    Path(test_id): Path<String>,
    Body(request): Body<PlanRequest, BODY_LIMIT_BYTES>,
) -> Result<Json<Plan>, Failure> {
    Ok(Json(experiments.plan(&test_id, request).await.map_err(Problem::from)?))
}
