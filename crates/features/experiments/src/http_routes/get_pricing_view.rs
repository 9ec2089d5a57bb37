//! `GET /api/experiments/pricing-view`: which call to action the pricing page shows, and the exposure to it.

use super::{SharedAssignments, from_layer};
use crate::{Assignments, Exposed, InOrder};
use axum::Json;
use axum::extract::Request;
use dashly_web::Failure;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// The experiment of the pricing page. The original fixed it in its contract, so it is fixed here.
const TEST_ID: &str = "pricing_cta_upgrade";
/// What the page shows when that experiment is not running.
const FALLBACK: (&str, &str) = ("A", "standard_cta");

/// The pricing page's variant.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PricingViewReply {
    /// Always true.
    success: bool,
    /// Always `pricing_cta_upgrade`.
    #[serde(rename = "testId")]
    test_id: &'static str,
    /// Key of the variant to show.
    variant: String,
    /// Its label.
    description: String,
    /// For people.
    message: &'static str,
    /// Whether the exposure is stored; see the dashboard.
    exposure_logged: bool,
    /// The experiments whose exposure this reply acknowledges as stored.
    exposed: Vec<String>,
    /// Whether the visitor takes part.
    enrolled: bool,
    /// Key of the variant to show, by experiment; all running experiments.
    #[schema(value_type = BTreeMap<String, String>)]
    variants: InOrder<String>,
}

/// Shows the pricing page's experiment to this visitor.
#[utoipa::path(
    get,
    path = "/api/experiments/pricing-view",
    tag = "experiments",
    responses((status = 200, description = "The pricing page's variant", body = PricingViewReply))
)]
pub(super) async fn get_pricing_view(request: Request) -> Result<Json<PricingViewReply>, Failure> {
    let assignments: SharedAssignments = from_layer(&request)?;
    let exposed = request.extensions().get::<Exposed>().cloned().unwrap_or_default();
    Ok(Json(reply(&assignments, &exposed)))
}

fn reply(assignments: &Assignments, exposed: &Exposed) -> PricingViewReply {
    let assigned = assignments.find(TEST_ID);
    let (variant, description) = match assigned {
        Some(one) => (one.variant().key.to_string(), one.variant().label.clone()),
        None => match assignments.definitions.find(TEST_ID) {
            // Not running: everybody gets the control.
            Some(experiment) => {
                (experiment.control_variant().key.to_string(), experiment.control_variant().label.clone())
            }
            None => (FALLBACK.0.to_owned(), FALLBACK.1.to_owned()),
        },
    };
    PricingViewReply {
        success: true,
        test_id: TEST_ID,
        variant,
        description,
        message: "This is the call to action to show to this visitor.",
        exposure_logged: exposed.logged,
        exposed: exposed.test_ids.iter().map(Arc::to_string).collect(),
        enrolled: assigned.is_some_and(|one| one.enrolled),
        variants: assignments
            .assigned
            .iter()
            .map(|one| (&one.experiment.test_id, one.variant().key.to_string()))
            .collect(),
    }
}
