//! `POST /api/ai/dashboard/improvements`: what to change about a dashboard.

use super::catalogue::options;
use super::definition::{DATA, Prepared, TaskDefinition, asked, data, ours};
use serde_json::{Value, json};

const USUAL_GOAL: &str = "see at a glance how advertising performs, and what to act on";

pub(super) static TASK: TaskDefinition = TaskDefinition {
    name: "dashboard_improvements",
    path: "/api/ai/dashboard/improvements",
    summary: "How a dashboard gets better",
    input: include_str!("../../schemas/dashboard_improvements.input.json"),
    output: include_str!("../../schemas/dashboard_improvements.output.json"),
    prepare,
    finish: |answer, _| answer,
    envelope: DATA,
    acts: false,
};

fn prepare(input: &Value) -> Prepared {
    let goals = if input["goals"].is_null() { json!(USUAL_GOAL) } else { input["goals"].clone() };
    let widgets = if input["currentWidgets"].is_null() { json!([]) } else { input["currentWidgets"].clone() };
    Prepared {
        question: "What should be changed about the dashboard in the block `dashboard`?".to_owned(),
        blocks: vec![
            ours("catalogue", options()),
            data("dashboard", json!({ "widgets": widgets })),
            asked("goals", "goals", json!({ "goals": goals })),
        ],
        computed: None,
        kept: Value::Null,
    }
}
