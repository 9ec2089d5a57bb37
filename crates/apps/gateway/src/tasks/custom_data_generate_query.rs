//! `POST /api/ai/custom-data/generate-query`: from a question to a query of an uploaded table.

use super::definition::{Prepared, TaskDefinition, asked, beside, data};
use serde_json::{Value, json};

pub(super) static TASK: TaskDefinition = TaskDefinition {
    name: "custom_data_generate_query",
    path: "/api/ai/custom-data/generate-query",
    summary: "A query for a question",
    input: include_str!("../../schemas/custom_data_generate_query.input.json"),
    output: include_str!("../../schemas/custom_data_generate_query.output.json"),
    prepare,
    finish,
    envelope: beside("query"),
    acts: true,
};

fn prepare(input: &Value) -> Prepared {
    Prepared {
        question: "Which query answers the question in the block `question`?".to_owned(),
        blocks: vec![
            data("schema", input["schema"].clone()),
            asked("question", "prompt", json!({ "question": input["prompt"] })),
        ],
        computed: None,
        kept: input["schema"]["columns"].clone(),
    }
}

/// Columns that do not exist are taken out and named, so that a query never asks for them.
fn finish(mut answer: Value, prepared: &Prepared) -> Value {
    let names: Vec<&Value> =
        prepared.kept.as_array().into_iter().flatten().map(|column| &column["name"]).collect();
    let mut unknown: Vec<Value> = Vec::new();
    let mut exists = |name: &Value| {
        let known = names.contains(&name);
        if !known && !name.is_null() && !unknown.contains(name) {
            unknown.push(name.clone());
        }
        known
    };
    if !exists(&answer["metric"]) {
        answer["metric"] = Value::Null;
    }
    if let Some(columns) = answer["groupBy"].as_array_mut() {
        columns.retain(&mut exists);
    }
    if let Some(filters) = answer["filters"].as_array_mut() {
        filters.retain(|filter| exists(&filter["column"]));
    }
    for member in ["dateRange", "sortBy"] {
        if !answer[member].is_null() && !exists(&answer[member]["column"]) {
            answer[member] = Value::Null;
        }
    }
    answer["unknownColumns"] = Value::Array(unknown);
    answer
}

#[cfg(test)]
mod tests {
    use super::{Prepared, finish};
    use serde_json::json;

    #[test]
    fn a_query_names_only_columns_that_exist() {
        let prepared =
            Prepared { kept: json!([{ "name": "spend" }, { "name": "day" }]), ..Prepared::default() };
        let answer = json!({
            "metric": "spend", "groupBy": ["day", "ghost"], "filters": [{ "column": "ghost" }, { "column": "day" }],
            "dateRange": { "column": "when" }, "sortBy": { "column": "spend" }
        });
        let query = finish(answer, &prepared);
        assert_eq!(query["groupBy"], json!(["day"]));
        assert_eq!(query["filters"], json!([{ "column": "day" }]));
        assert_eq!((&query["dateRange"], &query["sortBy"]["column"]), (&json!(null), &json!("spend")));
        assert_eq!(query["unknownColumns"], json!(["ghost", "when"]));
    }
}
