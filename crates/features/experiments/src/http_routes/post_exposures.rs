//! `POST /api/experiments/exposures`: a page of another site showed a visitor its variants.

use super::site_input::{SiteReply, SiteRequest, SiteVisit};
use crate::Experiments;
use crate::ofrep::Tracking;
use axum::Json;
use axum::extract::{Request, State};
use dashly_kernel::{FieldError, Problem};
use dashly_web::{Failure, ProblemDocument};

/// Records that the visitor who is named in the body was shown the named experiments, and gives what is to be shown.
///
/// Answered when it is stored; `exposure_logged` is false while the database is away, or when the visitor does not take
/// part.
#[utoipa::path(
    post,
    path = "/api/experiments/exposures",
    tag = "experiments",
    request_body = SiteRequest,
    responses(
        (status = 200, description = "What is stored, and what is to be shown", body = SiteReply),
        (status = 400, description = "The body is not understood", body = ProblemDocument),
        (status = 413, description = "The body is too large", body = ProblemDocument),
        (status = 415, description = "Neither JSON nor a form", body = ProblemDocument),
        (status = 422, description = "An id is not acceptable, or there is no such experiment", body = ProblemDocument)
    )
)]
pub(super) async fn post_exposures(
    State(experiments): State<Experiments>,
    request: Request,
) -> Result<Json<SiteReply>, Failure> {
    let visit = SiteVisit::read(request).await?;
    if visit.test_ids.is_empty() {
        let detail = "`testId` is required: the experiments that were shown";
        return Err(Problem::bad_request("tests-required", detail)
            .with_error(FieldError::new("/testId", "required", "at least one experiment"))
            .into());
    }
    // Before anything is stored: all of it or nothing.
    if let Some(unknown) = visit.find_unknown(&experiments) {
        let detail = format!("there is no running or stopped experiment `{unknown}`");
        return Err(Problem::unprocessable("unknown-test", detail.clone())
            .with_error(FieldError::new("/testId", "unknown", detail))
            .into());
    }
    Ok(Json(visit.answer(&experiments, Tracking::Always).await))
}
