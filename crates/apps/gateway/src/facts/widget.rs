//! What the numbers of a widget say.

use super::series::{SeriesFacts, change_percent, describe, points_of};
use serde::Serialize;
use serde_json::Value;

/// Metrics of which less is better.
const LESS_IS_BETTER: [&str; 7] =
    ["cpc", "cpm", "cpa", "cost_per_conversion", "average_position", "bounce_rate", "frequency"];
/// From this change on, in percent, a number is called excellent or critical.
const LARGE_CHANGE: f64 = 10.0;
/// A last point further out than this many deviations is an alert.
const UNUSUAL: f64 = 3.0;

/// The facts of one widget.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WidgetFacts {
    pub(crate) title: String,
    pub(crate) metric: Option<String>,
    pub(crate) value: Option<f64>,
    pub(crate) previous_value: Option<f64>,
    /// Computed from both; what the caller says of it is not used.
    pub(crate) change_percent: Option<f64>,
    pub(crate) less_is_better: bool,
    pub(crate) series: Option<SeriesFacts>,
    /// Rows of a table.
    pub(crate) rows: Option<usize>,
    /// By the change against the previous period: `excellent` from +10 %, `good` from 0, `concerning` down to -10 %,
    /// `critical` below, turned round where less is better; null when there is nothing to compare.
    pub(crate) status: Option<&'static str>,
    pub(crate) status_description: String,
    pub(crate) trend_assessment: String,
    pub(crate) critical_insights: Vec<String>,
    pub(crate) risk_alerts: Vec<String>,
}

/// The facts of a widget with its numbers, both in camel case.
pub(crate) fn widget_facts(widget: &Value, numbers: &Value) -> WidgetFacts {
    let title = widget["title"].as_str().unwrap_or("The widget").to_owned();
    let metric = widget["dataSource"]["metric"].as_str().map(str::to_owned);
    let (value, previous_value) = (numbers["value"].as_f64(), numbers["previousValue"].as_f64());
    let change = value.zip(previous_value).and_then(|(value, previous)| change_percent(previous, value));
    let less_is_better = metric.as_deref().is_some_and(|metric| LESS_IS_BETTER.contains(&metric));
    let (points, without) = points_of(&numbers["timeSeries"]);
    let series = describe(&points, without);
    let name = metric.clone().unwrap_or_else(|| title.clone());
    WidgetFacts {
        status: change.map(|change| status_of(if less_is_better { -change } else { change })),
        status_description: status_description(&name, value, previous_value, change),
        trend_assessment: trend(&name, series.as_ref()),
        critical_insights: insights(&name, series.as_ref()),
        risk_alerts: alerts(&name, series.as_ref()),
        rows: numbers["data"].as_array().map(Vec::len),
        title,
        metric,
        value,
        previous_value,
        change_percent: change,
        less_is_better,
        series,
    }
}

/// Sentences that compare several widgets.
pub(crate) fn comparison_facts(widgets: &[WidgetFacts]) -> Vec<String> {
    let mut moved: Vec<(&str, f64)> =
        widgets.iter().filter_map(|widget| Some((widget.title.as_str(), widget.change_percent?))).collect();
    moved.sort_by(|(_, one), (_, other)| other.abs().total_cmp(&one.abs()));
    moved.iter().map(|(title, change)| format!("{title} changed by {change:+.1} %.")).collect()
}

fn status_of(improvement: f64) -> &'static str {
    if improvement >= LARGE_CHANGE {
        "excellent"
    } else if improvement >= 0.0 {
        "good"
    } else if improvement >= -LARGE_CHANGE {
        "concerning"
    } else {
        "critical"
    }
}

fn status_description(name: &str, value: Option<f64>, previous: Option<f64>, change: Option<f64>) -> String {
    match (value, previous, change) {
        (Some(value), Some(previous), Some(change)) => {
            format!("{name} is {value} after {previous} in the previous period: {change:+.1} %.")
        }
        (Some(value), Some(previous), None) => {
            format!("{name} is {value} after {previous} in the previous period.")
        }
        (Some(value), None, _) => format!("{name} is {value}; there is no previous period to compare with."),
        (None, _, _) => format!("{name} has no single value."),
    }
}

fn trend(name: &str, series: Option<&SeriesFacts>) -> String {
    let Some(series) = series else { return format!("There is no series of {name} over time.") };
    match (series.last_seven_change_percent, series.slope_per_point) {
        (Some(change), _) => {
            format!("The last seven points average {change:+.1} % against the seven before.")
        }
        (None, Some(slope)) => {
            format!("{name} changes by {slope:+.3} per point over {} points.", series.points)
        }
        (None, None) => format!("{name} has one point: no trend."),
    }
}

fn insights(name: &str, series: Option<&SeriesFacts>) -> Vec<String> {
    let Some(series) = series else { return Vec::new() };
    let at = |at: &Option<String>| at.as_ref().map_or(String::new(), |at| format!(" on {at}"));
    let mut insights = vec![
        format!("The highest {name} is {}{}.", series.max, at(&series.max_at)),
        format!("The lowest {name} is {}{}.", series.min, at(&series.min_at)),
        format!(
            "On average {name} is {:.2}, half of the points are below {:.2}.",
            series.mean, series.median
        ),
    ];
    if series.points_without_value > 0 {
        insights.push(format!("{} points have no value.", series.points_without_value));
    }
    insights
}

fn alerts(name: &str, series: Option<&SeriesFacts>) -> Vec<String> {
    let unusual = series.and_then(|series| series.last_point_deviations).filter(|away| away.abs() >= UNUSUAL);
    unusual
        .map(|away| {
            format!("The last point of {name} lies {:.1} standard deviations from those before.", away.abs())
        })
        .into_iter()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{comparison_facts, widget_facts};
    use serde_json::json;

    #[test]
    fn the_change_is_computed_and_not_believed() {
        let widget = json!({ "title": "Spend", "dataSource": { "metric": "spend" } });
        let facts =
            widget_facts(&widget, &json!({ "value": 120, "previousValue": 100, "changePercent": 500 }));
        assert_eq!((facts.change_percent, facts.status), (Some(20.0), Some("excellent")));
        let costs = json!({ "title": "CPC", "dataSource": { "metric": "cpc" } });
        let facts = widget_facts(&costs, &json!({ "value": 1.2, "previousValue": 1.0 }));
        assert_eq!(facts.status, Some("critical"));
        assert!(comparison_facts(&[facts])[0].starts_with("CPC changed by +20.0"));
    }

    #[test]
    fn nothing_to_compare_has_no_status() {
        let facts = widget_facts(&json!({}), &json!({ "value": 5, "timeSeries": [1, 2, 3] }));
        assert_eq!(facts.status, None);
        assert!(facts.status_description.contains("no previous period"));
        assert_eq!(facts.critical_insights.len(), 3);
    }

    #[test]
    fn an_unusual_last_point_is_an_alert() {
        let series = json!([10, 11, 9, 10, 11, 9, 10, 11, 90]);
        let facts = widget_facts(&json!({}), &json!({ "timeSeries": series }));
        assert_eq!(facts.risk_alerts.len(), 1);
    }
}
