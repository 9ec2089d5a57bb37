//! `GET /api/experiments/settings`: the life of every experiment, for administrators.

use crate::Experiments;
use crate::life::LivesReply;
use axum::Json;
use axum::extract::State;
use dashly_web::{Administrator, ProblemDocument};

/// Reads what the file declares, what was changed on the page, and what is in force.
#[utoipa::path(
    get,
    path = "/api/experiments/settings",
    tag = "experiments",
    responses(
        (status = 200, description = "The life of every experiment, archived ones included", body = LivesReply),
        (status = 401, description = "Not signed in", body = ProblemDocument),
        (status = 403, description = "Not an administrator", body = ProblemDocument)
    )
)]
pub(super) async fn get_settings(
    _: Administrator,
    State(experiments): State<Experiments>,
) -> Json<LivesReply> {
    Json(experiments.lives())
}
