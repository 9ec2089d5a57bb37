//! `POST /api/ai/custom-data/detect-schema`: what the columns of an uploaded table are.

use super::definition::{Prepared, TaskDefinition, beside, data};
use super::widget_analyze::first;
use crate::facts::describe_rows;
use serde_json::{Value, json};

/// Rows that a model is shown.
const MOST_ROWS: usize = 10;

pub(super) static TASK: TaskDefinition = TaskDefinition {
    name: "custom_data_detect_schema",
    path: "/api/ai/custom-data/detect-schema",
    summary: "What the columns of rows are",
    input: include_str!("../../schemas/custom_data_detect_schema.input.json"),
    output: include_str!("../../schemas/custom_data_detect_schema.output.json"),
    prepare,
    finish,
    envelope: beside("schema"),
    acts: false,
};

fn prepare(input: &Value) -> Prepared {
    let rows = input["sampleRows"].as_array().map(Vec::as_slice).unwrap_or_default();
    let facts = json!(describe_rows(rows));
    Prepared {
        question: "What are the columns of the table in the block `profile`?".to_owned(),
        blocks: vec![
            data("profile", facts.clone()),
            data("rows", first(&input["sampleRows"], MOST_ROWS)),
            data("file", json!({ "name": input["filename"] })),
        ],
        computed: Some(facts.clone()),
        kept: facts,
    }
}

/// The columns that there are, with the counts that were made; the model decides type, role and aggregation.
fn finish(mut answer: Value, prepared: &Prepared) -> Value {
    let profiled = prepared.kept["columns"].as_array().map(Vec::as_slice).unwrap_or_default();
    let described = answer["columns"].as_array().cloned().unwrap_or_default();
    let columns: Vec<Value> = profiled
        .iter()
        .map(|profile| {
            let mut column = profile.clone();
            let found = described.iter().find(|column| column["name"] == profile["name"]);
            for member in ["type", "role", "aggregation", "format", "confidence"] {
                if let Some(found) = found {
                    column[member] = found[member].clone();
                }
            }
            column
        })
        .collect();
    let names = |name: &Value| columns.iter().any(|column| column["name"] == *name);
    if !names(&answer["primaryDateColumn"]) {
        answer["primaryDateColumn"] = prepared.kept["primaryDateColumn"].clone();
    }
    answer["columns"] = Value::Array(columns);
    answer["rows"] = prepared.kept["rows"].clone();
    answer
}

#[cfg(test)]
mod tests {
    use super::{finish, prepare};
    use serde_json::json;

    #[test]
    fn columns_cannot_be_invented_and_counts_are_computed() {
        let prepared = prepare(
            &json!({ "filename": "a.csv", "sampleRows": [{ "day": "2026-07-01", "spend": 3 }, { "day": null, "spend": 4 }] }),
        );
        let answer = json!({
            "columns": [
                { "name": "spend", "type": "currency", "role": "metric", "aggregation": "avg", "format": "USD", "confidence": 0.5 },
                { "name": "invented", "type": "number" }
            ],
            "primaryDateColumn": "invented", "confidence": 1, "warnings": [], "suggestions": []
        });
        let schema = finish(answer, &prepared);
        let columns = schema["columns"].as_array().unwrap();
        assert_eq!(columns.len(), 2);
        assert_eq!((&columns[0]["name"], &columns[0]["nullCount"]), (&json!("day"), &json!(1)));
        assert_eq!((&columns[1]["type"], &columns[1]["sampleValues"]), (&json!("currency"), &json!([3, 4])));
        assert_eq!(schema["primaryDateColumn"], "day");
    }
}
