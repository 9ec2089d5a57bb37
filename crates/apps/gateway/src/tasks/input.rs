//! From a request to a valid input.

use super::definition::CompiledTask;
use dashly_kernel::Problem;
use serde_json::{Map, Value};

/// Names of stored rows, and what a task calls them.
const RENAMED: [(&str, &str); 9] = [
    ("widget_type", "widgetType"),
    ("data_source", "dataSource"),
    ("date_range", "dateRange"),
    ("metrics_data", "metricsData"),
    ("previous_value", "previousValue"),
    ("change_percent", "changePercent"),
    ("time_series", "timeSeries"),
    ("widgets_data", "widgetsData"),
    ("current_widgets", "currentWidgets"),
];

/// Members whose content is the caller's and is not looked into.
const OPAQUE: [&str; 6] = ["data", "sampleRows", "sampleData", "timeSeries", "metrics", "technicalFindings"];

/// Reads and checks a body.
///
/// # Errors
/// 400 `invalid-input`, naming the fields.
pub(super) fn read(task: &CompiledTask, body: Value) -> Result<Value, Problem> {
    let body = without_empty(renamed(body));
    let faults = task.input().faults(&body);
    if faults.is_empty() {
        return Ok(body);
    }
    let first = faults.first().map_or_else(String::new, |fault| {
        let name = fault.pointer.trim_start_matches('/').replace('/', ".");
        match (name.is_empty(), fault.code) {
            (true, _) => fault.detail.clone(),
            (false, "required") => format!("{name} is required"),
            (false, _) => format!("{name}: {}", fault.detail),
        }
    });
    Err(Problem::bad_request("invalid-input", first).with_errors(faults))
}

/// Rows of widgets come in the database's spelling or in the page's: both are understood.
fn renamed(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let rename = |(name, value): (String, Value)| {
                let name = RENAMED
                    .iter()
                    .find(|(stored, _)| *stored == name)
                    .map_or(name, |(_, ours)| (*ours).to_owned());
                let value = if OPAQUE.contains(&name.as_str()) { value } else { renamed(value) };
                (name, value)
            };
            Value::Object(members.into_iter().map(rename).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(renamed).collect()),
        other => other,
    }
}

/// A required member that is null or an empty text is missing.
fn without_empty(value: Value) -> Value {
    let Value::Object(members) = value else { return value };
    let is_there = |(_, value): &(String, Value)| !value.is_null() && value.as_str() != Some("");
    Value::Object(members.into_iter().filter(is_there).collect::<Map<_, _>>())
}
