//! `POST /api/ai/widget/compare`: what several widgets say together.

use super::definition::{DATA_AND_BESIDE, Prepared, TaskDefinition, data};
use super::widget_analyze::with_facts;
use crate::facts::{WidgetFacts, comparison_facts, widget_facts};
use serde_json::{Value, json};

pub(super) static TASK: TaskDefinition = TaskDefinition {
    name: "widget_compare",
    path: "/api/ai/widget/compare",
    summary: "What several widgets say",
    input: include_str!("../../schemas/widget_compare.input.json"),
    output: include_str!("../../schemas/widget_compare.output.json"),
    prepare,
    finish: with_facts,
    envelope: DATA_AND_BESIDE,
    acts: false,
};

/// From good to bad.
const STATUSES: [&str; 4] = ["excellent", "good", "concerning", "critical"];

fn prepare(input: &Value) -> Prepared {
    let entries = input["widgetsData"].as_array().map(Vec::as_slice).unwrap_or_default();
    let facts: Vec<WidgetFacts> =
        entries.iter().map(|entry| widget_facts(&entry["widget"], &entry["metricsData"])).collect();
    let widgets: Vec<&Value> = entries.iter().map(|entry| &entry["widget"]).collect();
    Prepared {
        question: "What do these widgets say together, and which one needs attention first?".to_owned(),
        blocks: vec![data("widgets", json!(widgets)), data("facts", json!(facts))],
        computed: Some(computed(&facts)),
        kept: json!({ "facts": facts, "widgetsAnalyzed": facts.len() }),
    }
}

fn computed(facts: &[WidgetFacts]) -> Value {
    let rank = |status: &str| STATUSES.iter().position(|known| *known == status);
    let worst = facts.iter().filter_map(|widget| widget.status).max_by_key(|status| rank(status));
    let alerts: Vec<&String> = facts.iter().flat_map(|widget| &widget.risk_alerts).collect();
    let descriptions: Vec<&str> = facts.iter().map(|widget| widget.status_description.as_str()).collect();
    json!({
        // That of the widget that did worst.
        "status": worst,
        "statusDescription": descriptions.join(" "),
        "trendAssessment": facts.iter().map(|widget| widget.trend_assessment.as_str()).collect::<Vec<_>>().join(" "),
        "criticalInsights": comparison_facts(facts),
        "riskAlerts": alerts,
        "recommendations": [],
        "facts": facts,
        "widgetsAnalyzed": facts.len()
    })
}
