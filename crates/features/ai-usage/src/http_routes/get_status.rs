//! `GET /api/ai/status`: whether AI can be asked, for administrators.

use crate::{AiStatus, AiUsage};
use axum::Json;
use axum::extract::State;
use dashly_web::{Administrator, ProblemDocument};

/// Reads how AI stands: configured or not and why, limits, budgets, models.
#[utoipa::path(
    get,
    path = "/api/ai/status",
    tag = "ai",
    responses(
        (status = 200, description = "How AI stands; also when it is not configured", body = AiStatus),
        (status = 401, description = "Not signed in", body = ProblemDocument),
        (status = 403, description = "Not an administrator", body = ProblemDocument)
    )
)]
pub(super) async fn get_status(_: Administrator, State(usage): State<AiUsage>) -> Json<AiStatus> {
    Json(usage.status().await)
}
