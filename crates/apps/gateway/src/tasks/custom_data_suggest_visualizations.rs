//! `POST /api/ai/custom-data/suggest-visualizations`: which widgets suit an uploaded table.

use super::definition::{Prepared, TaskDefinition, beside, data};
use super::widget_analyze::first;
use crate::facts::{describe_rows, suggest};
use serde_json::{Value, json};

const MOST_ROWS: usize = 5;

pub(super) static TASK: TaskDefinition = TaskDefinition {
    name: "custom_data_suggest_visualizations",
    path: "/api/ai/custom-data/suggest-visualizations",
    summary: "Widgets for data",
    input: include_str!("../../schemas/custom_data_suggest_visualizations.input.json"),
    output: include_str!("../../schemas/custom_data_suggest_visualizations.output.json"),
    prepare,
    finish,
    envelope: beside("recommendations"),
    acts: false,
};

fn prepare(input: &Value) -> Prepared {
    let rows = input["sampleData"].as_array().map(Vec::as_slice).unwrap_or_default();
    let facts = describe_rows(rows);
    Prepared {
        question: "Which widgets suit this table?".to_owned(),
        blocks: vec![
            data("schema", input["schema"].clone()),
            data("profile", json!(facts)),
            data("rows", first(&input["sampleData"], MOST_ROWS)),
            data("context", input["dataContext"].clone()),
        ],
        computed: Some(suggest(&facts)),
        kept: input["schema"]["columns"].clone(),
    }
}

/// Widgets of columns that do not exist are left out.
fn finish(mut answer: Value, prepared: &Prepared) -> Value {
    let names: Vec<&Value> =
        prepared.kept.as_array().into_iter().flatten().map(|column| &column["name"]).collect();
    if let Some(widgets) = answer["recommendedWidgets"].as_array_mut() {
        widgets.retain(|widget| names.contains(&&widget["metric"]));
        for widget in widgets {
            if let Some(dimensions) = widget["dimensions"].as_array_mut() {
                dimensions.retain(|dimension| names.contains(&dimension));
            }
        }
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::{Prepared, finish};
    use serde_json::json;

    #[test]
    fn only_columns_that_exist_are_shown() {
        let prepared =
            Prepared { kept: json!([{ "name": "spend" }, { "name": "day" }]), ..Prepared::default() };
        let answer = json!({ "recommendedWidgets": [
            { "metric": "spend", "dimensions": ["day", "invented"] }, { "metric": "invented", "dimensions": [] }
        ] });
        let finished = finish(answer, &prepared);
        assert_eq!(finished["recommendedWidgets"], json!([{ "metric": "spend", "dimensions": ["day"] }]));
    }
}
