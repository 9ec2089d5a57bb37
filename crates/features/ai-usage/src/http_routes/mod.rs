//! The routes under `/api/ai`: one file each.

mod get_status;
mod get_usage;
mod post_check;

use crate::AiUsage;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// All routes of the feature.
pub fn routes(usage: &AiUsage) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(get_status::get_status))
        .routes(routes!(get_usage::get_usage))
        .routes(routes!(post_check::post_check))
        .with_state(usage.clone())
}
