//! `GET /api/experiments/dashboard`: the variants of this visitor, and the exposure to those that the dashboard shows.

use super::{SharedAssignments, from_layer};
use crate::{Assignments, Exposed, InOrder};
use axum::Json;
use axum::extract::Request;
use dashly_web::Failure;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// The variants of one visitor.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DashboardReply {
    /// Always true.
    success: bool,
    /// Key of the variant to show, by experiment; all running experiments.
    #[schema(value_type = BTreeMap<String, String>)]
    variants: InOrder<String>,
    /// The same with the variant's label.
    #[serde(rename = "variantDescriptions")]
    #[schema(value_type = BTreeMap<String, VariantDescription>)]
    variant_descriptions: InOrder<VariantDescription>,
    /// For people.
    message: &'static str,
    /// Whether the exposures of this view are stored. False only while the database is away; the next view tries
    /// again.
    exposure_logged: bool,
    /// The experiments whose exposure this reply acknowledges as stored.
    exposed: Vec<String>,
    /// Whether the visitor takes part, by experiment; if not, the control is shown and nothing is recorded.
    #[schema(value_type = BTreeMap<String, bool>)]
    enrolled: InOrder<bool>,
}

/// A variant and its label.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct VariantDescription {
    /// Key of the variant.
    variant: String,
    /// Its label.
    description: String,
}

/// Shows the dashboard's experiments to this visitor.
///
/// Sets the cookies `ab_visitor_id` and `ab_<test_id>` where the browser does not have them yet.
#[utoipa::path(
    get,
    path = "/api/experiments/dashboard",
    tag = "experiments",
    responses((status = 200, description = "The visitor's variants", body = DashboardReply))
)]
pub(super) async fn get_dashboard(request: Request) -> Result<Json<DashboardReply>, Failure> {
    let assignments: SharedAssignments = from_layer(&request)?;
    let exposed = request.extensions().get::<Exposed>().cloned().unwrap_or_default();
    Ok(Json(reply(&assignments, &exposed)))
}

fn reply(assignments: &Assignments, exposed: &Exposed) -> DashboardReply {
    let assigned = &assignments.assigned;
    DashboardReply {
        success: true,
        variants: assigned
            .iter()
            .map(|one| (&one.experiment.test_id, one.variant().key.to_string()))
            .collect(),
        variant_descriptions: assigned
            .iter()
            .map(|one| {
                let variant = one.variant();
                let description = VariantDescription {
                    variant: variant.key.to_string(),
                    description: variant.label.clone(),
                };
                (&one.experiment.test_id, description)
            })
            .collect(),
        message: "These are the variants to show to this visitor.",
        exposure_logged: exposed.logged,
        exposed: exposed.test_ids.iter().map(Arc::to_string).collect(),
        enrolled: assigned.iter().map(|one| (&one.experiment.test_id, one.enrolled)).collect(),
    }
}
