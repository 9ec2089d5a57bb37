//! `POST /api/ai/dashboard/recommendations`: what to do next, from figures.

use super::definition::{DATA, Prepared, TaskDefinition, data};
use serde_json::Value;

pub(super) static TASK: TaskDefinition = TaskDefinition {
    name: "dashboard_recommendations",
    path: "/api/ai/dashboard/recommendations",
    summary: "What to do about metrics",
    input: include_str!("../../schemas/dashboard_recommendations.input.json"),
    output: include_str!("../../schemas/dashboard_recommendations.output.json"),
    prepare,
    finish: |answer, _| answer,
    envelope: DATA,
    acts: false,
};

fn prepare(input: &Value) -> Prepared {
    Prepared {
        question: "What should be done next, by the figures in the block `metrics`?".to_owned(),
        blocks: vec![data("metrics", input["metrics"].clone())],
        computed: None,
        kept: Value::Null,
    }
}
