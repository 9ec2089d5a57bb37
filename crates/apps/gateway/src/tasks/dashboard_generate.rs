//! `POST /api/ai/dashboard/generate`: from a sentence to a dashboard.

use super::catalogue::{is_metric, options};
use super::definition::{Prepared, TaskDefinition, asked, beside, data, ours};
use serde_json::{Map, Value, json};

pub(super) static TASK: TaskDefinition = TaskDefinition {
    name: "dashboard_generate",
    path: "/api/ai/dashboard/generate",
    summary: "A dashboard for a wish",
    input: include_str!("../../schemas/dashboard_generate.input.json"),
    output: include_str!("../../schemas/dashboard_generate.output.json"),
    prepare,
    finish,
    envelope: beside("dashboard"),
    acts: true,
};

fn prepare(input: &Value) -> Prepared {
    Prepared {
        question: "Design the dashboard that the request in the block `request` asks for.".to_owned(),
        blocks: vec![
            ours("catalogue", options()),
            data("sources", input["customSources"].clone()),
            asked("request", "prompt", json!({ "request": input["prompt"] })),
        ],
        computed: None,
        kept: input.clone(),
    }
}

/// Gives every widget a source that exists, and a place on the grid.
fn finish(mut answer: Value, prepared: &Prepared) -> Value {
    let input = &prepared.kept;
    let Some(widgets) = answer["widgets"].as_array_mut() else { return answer };
    for (place, widget) in widgets.iter_mut().enumerate() {
        let metric = widget["metric"].as_str().unwrap_or_default().to_owned();
        let (metric, source) = source_of(&metric, input);
        if let Some(widget) = widget.as_object_mut() {
            widget.insert("metric".to_owned(), Value::from(metric));
            widget.insert("dataSource".to_owned(), source);
            let position = widget.remove("position").unwrap_or_default();
            widget.insert("position".to_owned(), on_grid(&position, place));
        }
    }
    answer
}

/// The metric as it exists, and where its numbers come from.
fn source_of(metric: &str, input: &Value) -> (String, Value) {
    let sources = input["customSources"].as_array().map(Vec::as_slice).unwrap_or_default();
    if let Some(rest) = metric.strip_prefix("custom_") {
        let named = sources.iter().find_map(|source| {
            let id = id_of(source)?;
            let column = rest.strip_prefix(&id)?.strip_prefix('_')?.to_owned();
            Some((id, column))
        });
        let first = || {
            let id = id_of(sources.first()?)?;
            let column = rest.split_once('_').map_or(rest, |(_, column)| column);
            Some((id, column.to_owned()))
        };
        if let Some((id, column)) = named.or_else(first) {
            let source = json!({
                "type": "custom_data", "customSourceId": id, "metric": column, "aggregation": "sum", "filters": {},
                "groupBy": [], "dateRange": "last_30_days"
            });
            return (metric.to_owned(), source);
        }
    }
    let metric = if is_metric(metric) { metric } else { "spend" };
    let source = json!({
        "type": "platform", "adAccountId": input["adAccountId"], "metric": metric, "dateRange": "last_30_days"
    });
    (metric.to_owned(), source)
}

fn id_of(source: &Value) -> Option<String> {
    match &source["id"] {
        Value::String(id) => Some(id.clone()),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    }
}

/// Within twelve columns; three a row where no place was given.
fn on_grid(position: &Value, place: usize) -> Value {
    let number = |name: &str| position[name].as_u64();
    let place = u64::try_from(place).unwrap_or(0);
    let w = number("w").unwrap_or(4).clamp(1, 12);
    let mut on_grid = Map::new();
    on_grid.insert("x".to_owned(), Value::from(number("x").unwrap_or(place % 3 * 4).min(12 - w)));
    on_grid.insert("y".to_owned(), Value::from(number("y").unwrap_or(place / 3 * 4)));
    on_grid.insert("w".to_owned(), Value::from(w));
    on_grid.insert("h".to_owned(), Value::from(number("h").unwrap_or(4).clamp(2, 12)));
    Value::Object(on_grid)
}

#[cfg(test)]
mod tests {
    use super::{Prepared, finish, source_of};
    use serde_json::json;

    #[test]
    fn every_widget_gets_a_source_that_exists() {
        let input = json!({ "adAccountId": "act_1", "customSources": [{ "id": "s1" }, { "id": 22 }] });
        let (_, source) = source_of("custom_22_net_revenue", &input);
        assert_eq!((&source["customSourceId"], &source["metric"]), (&json!("22"), &json!("net_revenue")));
        let (_, source) = source_of("custom_unknown_revenue", &input);
        assert_eq!(source["customSourceId"], "s1");
        let (metric, source) = source_of("invented", &input);
        assert_eq!((metric.as_str(), &source["adAccountId"]), ("spend", &json!("act_1")));
        let (metric, source) = source_of("custom_s1_x", &json!({}));
        assert_eq!((metric.as_str(), &source["type"]), ("spend", &json!("platform")));
    }

    #[test]
    fn nothing_leaves_the_grid() {
        let answer = json!({ "widgets": [{ "metric": "ctr", "position": { "x": 11, "y": 3, "w": 6, "h": 1 } }, { "metric": "roas" }] });
        let prepared = Prepared { kept: json!({}), ..Prepared::default() };
        let widgets = finish(answer, &prepared)["widgets"].clone();
        assert_eq!(widgets[0]["position"], json!({ "x": 6, "y": 3, "w": 6, "h": 2 }));
        assert_eq!(widgets[1]["position"], json!({ "x": 4, "y": 0, "w": 4, "h": 4 }));
    }
}
