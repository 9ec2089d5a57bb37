//! `POST /api/ai/widget/analyze`: what the numbers of a widget say.

use super::definition::{DATA_AND_BESIDE, Prepared, TaskDefinition, data};
use crate::facts::{WidgetFacts, widget_facts};
use serde_json::{Value, json};

/// Rows and points that a model is shown.
const MOST_ROWS: usize = 50;
const LATEST_POINTS: usize = 14;

pub(super) static TASK: TaskDefinition = TaskDefinition {
    name: "widget_analyze",
    path: "/api/ai/widget/analyze",
    summary: "What a widget's numbers say",
    input: include_str!("../../schemas/widget_analyze.input.json"),
    output: include_str!("../../schemas/widget_analyze.output.json"),
    prepare,
    finish: with_facts,
    envelope: DATA_AND_BESIDE,
    acts: false,
};

fn prepare(input: &Value) -> Prepared {
    let (widget, numbers) = (&input["widget"], &input["metricsData"]);
    let facts = widget_facts(widget, numbers);
    let shown = json!({
        "rows": first(&numbers["data"], MOST_ROWS),
        "columns": numbers["columns"],
        "latest": latest(&numbers["timeSeries"], LATEST_POINTS),
        "currency": numbers["currency"]
    });
    Prepared {
        question: "What do the numbers of this widget say, and what should be done?".to_owned(),
        blocks: vec![data("widget", widget.clone()), data("facts", json!(facts)), data("data", shown)],
        computed: Some(computed(&facts)),
        kept: json!({ "facts": facts }),
    }
}

/// The answer without a model: sentences about facts, and no recommendation, which would need judgement.
pub(super) fn computed(facts: &WidgetFacts) -> Value {
    json!({
        "status": facts.status,
        "statusDescription": facts.status_description,
        "trendAssessment": facts.trend_assessment,
        "criticalInsights": facts.critical_insights,
        "riskAlerts": facts.risk_alerts,
        "recommendations": [],
        "facts": facts
    })
}

/// Puts the facts beside the model's words; `kept` may hold more for the answer.
pub(super) fn with_facts(mut answer: Value, prepared: &Prepared) -> Value {
    if let (Some(answer), Some(kept)) = (answer.as_object_mut(), prepared.kept.as_object()) {
        answer.extend(kept.iter().map(|(name, value)| (name.clone(), value.clone())));
    }
    answer
}

pub(super) fn first(values: &Value, most: usize) -> Value {
    values.as_array().map_or(Value::Null, |values| values.iter().take(most).cloned().collect())
}

pub(super) fn latest(values: &Value, most: usize) -> Value {
    values.as_array().map_or(Value::Null, |values| {
        values.iter().skip(values.len().saturating_sub(most)).cloned().collect()
    })
}
