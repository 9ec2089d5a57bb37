//! `POST /api/ai/widget/trend`: how a number develops.

use super::definition::{DATA_AND_BESIDE, Prepared, TaskDefinition, data};
use super::widget_analyze::{computed, latest, with_facts};
use crate::facts::widget_facts;
use serde_json::{Value, json};

const LATEST_POINTS: usize = 30;

pub(super) static TASK: TaskDefinition = TaskDefinition {
    name: "widget_trend",
    path: "/api/ai/widget/trend",
    summary: "Where a series goes",
    input: include_str!("../../schemas/widget_trend.input.json"),
    output: include_str!("../../schemas/widget_trend.output.json"),
    prepare,
    finish: with_facts,
    envelope: DATA_AND_BESIDE,
    acts: false,
};

fn prepare(input: &Value) -> Prepared {
    let (widget, numbers) = (&input["widget"], &input["metricsData"]);
    let facts = widget_facts(widget, numbers);
    Prepared {
        question: "How does this number develop, and are its latest points unusual?".to_owned(),
        blocks: vec![
            data("widget", widget.clone()),
            data("facts", json!(facts)),
            data("data", json!({ "latest": latest(&numbers["timeSeries"], LATEST_POINTS) })),
        ],
        computed: Some(computed(&facts)),
        kept: json!({ "facts": facts }),
    }
}
