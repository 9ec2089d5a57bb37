//! `POST /api/ai/custom-data/analyze-quality`: how good an uploaded table is.

use super::definition::{Prepared, TaskDefinition, beside, data};
use super::widget_analyze::first;
use crate::facts::assess;
use serde_json::{Value, json};

const MOST_ROWS: usize = 10;

pub(super) static TASK: TaskDefinition = TaskDefinition {
    name: "custom_data_analyze_quality",
    path: "/api/ai/custom-data/analyze-quality",
    summary: "What is wrong with data",
    input: include_str!("../../schemas/custom_data_analyze_quality.input.json"),
    output: include_str!("../../schemas/custom_data_analyze_quality.output.json"),
    prepare,
    finish,
    envelope: beside("analysis"),
    acts: false,
};

fn prepare(input: &Value) -> Prepared {
    let rows = input["data"].as_array().map(Vec::as_slice).unwrap_or_default();
    let facts = json!(assess(rows));
    Prepared {
        question: "How good is this table, and what should be put right?".to_owned(),
        blocks: vec![
            data("schema", input["schema"].clone()),
            data("facts", facts.clone()),
            data("rows", first(&input["data"], MOST_ROWS)),
        ],
        computed: Some(facts.clone()),
        kept: facts,
    }
}

/// The model's words, the computed score, and the computed number of rows of every issue that was computed too.
fn finish(mut answer: Value, prepared: &Prepared) -> Value {
    let facts = &prepared.kept;
    for member in ["overallQuality", "qualityScore", "rows", "columns"] {
        answer[member] = facts[member].clone();
    }
    let computed = facts["issues"].as_array().cloned().unwrap_or_default();
    if let Some(issues) = answer["issues"].as_array_mut() {
        for issue in issues.iter_mut() {
            let same = computed.iter().find(|known| known["column"] == issue["column"]);
            issue["affectedRows"] = same.map_or(Value::Null, |known| known["affectedRows"].clone());
        }
        // What was found must not be lost because the model had nothing to say about it.
        for known in computed {
            if !issues.iter().any(|issue| issue["column"] == known["column"]) {
                issues.push(known);
            }
        }
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::{finish, prepare};
    use serde_json::json;

    #[test]
    fn the_score_and_the_counts_are_computed() {
        let prepared = prepare(&json!({
            "schema": { "columns": [{ "name": "a" }] }, "data": [{ "a": 1 }, { "a": null }, { "a": 1 }]
        }));
        let answer = json!({
            "issues": [{ "column": "a", "type": "missing", "severity": "info", "affectedRows": 9 }, { "column": "b" }],
            "strengths": [], "summary": "Fine.", "qualityScore": 100
        });
        let analysis = finish(answer, &prepared);
        assert_ne!(analysis["qualityScore"], 100);
        assert_eq!(analysis["issues"][0]["affectedRows"], 1);
        assert_eq!(analysis["issues"][1]["affectedRows"], json!(null));
        assert_eq!(analysis["issues"][2]["type"], "duplicates");
        assert_eq!(analysis["summary"], "Fine.");
    }
}
