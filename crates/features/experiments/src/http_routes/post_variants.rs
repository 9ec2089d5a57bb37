//! `POST /api/experiments/variants`: what a visitor of another site gets, without an exposure.

use super::site_input::{SiteReply, SiteRequest, SiteVisit};
use crate::Experiments;
use crate::ofrep::Tracking;
use axum::Json;
use axum::extract::{Request, State};
use dashly_web::{Failure, ProblemDocument};

/// Gives the variants of a visitor who is named in the body.
///
/// Stores nothing and sets no cookie. A visitor who was shown a variant before keeps it.
#[utoipa::path(
    post,
    path = "/api/experiments/variants",
    tag = "experiments",
    request_body = SiteRequest,
    responses(
        (status = 200, description = "The variants", body = SiteReply),
        (status = 400, description = "The body is not understood", body = ProblemDocument),
        (status = 413, description = "The body is too large", body = ProblemDocument),
        (status = 415, description = "Neither JSON nor a form", body = ProblemDocument),
        (status = 422, description = "An id is not acceptable", body = ProblemDocument)
    )
)]
pub(super) async fn post_variants(
    State(experiments): State<Experiments>,
    request: Request,
) -> Result<Json<SiteReply>, Failure> {
    let visit = SiteVisit::read(request).await?;
    Ok(Json(visit.answer(&experiments, Tracking::Never).await))
}
