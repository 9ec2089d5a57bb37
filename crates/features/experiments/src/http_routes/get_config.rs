//! `GET /api/experiments/config`: what is running, without what would let a visitor choose a variant.

use crate::{Experiments, InOrder, VariantValue};
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

/// The running experiments.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ConfigReply {
    /// Always true.
    success: bool,
    /// In file order.
    experiments: Vec<ConfigExperiment>,
}

/// A running experiment in the original's fields.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ConfigExperiment {
    /// Its identifier.
    test_id: String,
    /// For people.
    description: String,
    /// Label of each variant, or the value of a typed one.
    #[schema(value_type = BTreeMap<String, VariantValue>)]
    variants: InOrder<VariantValue>,
    /// The event that counts.
    target_event: String,
    /// Kind of change.
    #[serde(skip_serializing_if = "Option::is_none")]
    change_type: Option<String>,
    /// What part of the page differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    what_changes: Option<String>,
}

/// Lists the running experiments.
#[utoipa::path(
    get,
    path = "/api/experiments/config",
    tag = "experiments",
    responses((status = 200, description = "The running experiments", body = ConfigReply))
)]
pub(super) async fn get_config(State(experiments): State<Experiments>) -> Json<ConfigReply> {
    let definitions = experiments.definitions().current();
    let running = definitions
        .running(experiments.now())
        .map(|experiment| ConfigExperiment {
            test_id: experiment.test_id.to_string(),
            description: experiment.description.clone(),
            variants: experiment
                .variants
                .iter()
                .map(|variant| (&variant.key, variant.value.clone()))
                .collect(),
            target_event: experiment.target_event.clone(),
            change_type: experiment.change_type.clone(),
            what_changes: experiment.what_changes.clone(),
        })
        .collect();
    Json(ConfigReply { success: true, experiments: running })
}
