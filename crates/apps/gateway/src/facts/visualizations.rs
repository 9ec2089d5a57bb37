//! Which widgets suit a table.

use super::columns::{ColumnProfile, ColumnRole, SchemaFacts};
use serde_json::{Value, json};

/// Metrics that get widgets of their own.
const MOST_METRICS: usize = 4;
/// More bars than this tell nothing.
const MOST_BARS: usize = 20;
const MOST_SLICES: usize = 6;

/// Recommended widgets for the columns of `facts`, laid out on twelve columns.
pub(crate) fn suggest(facts: &SchemaFacts) -> Value {
    let of_role = |role: ColumnRole| facts.columns.iter().filter(move |column| column.role == role);
    let metrics: Vec<&ColumnProfile> = of_role(ColumnRole::Metric).take(MOST_METRICS).collect();
    let dimension = of_role(ColumnRole::Dimension)
        .filter(|column| (2..=MOST_BARS).contains(&column.distinct_count))
        .min_by_key(|column| column.distinct_count);
    let mut layout = Layout::default();
    for metric in &metrics {
        layout.add(
            "kpi_card",
            &format!("{} in total", metric.name),
            metric,
            None,
            "high",
            "One number at a glance.",
        );
    }
    for metric in &metrics {
        if let Some(date) = &facts.primary_date_column {
            let reason = format!("{date} gives every row a day.");
            layout.add(
                "line_chart",
                &format!("{} over time", metric.name),
                metric,
                Some(date),
                "high",
                &reason,
            );
        }
        if let Some(dimension) = dimension {
            let kind = if dimension.distinct_count <= MOST_SLICES && metric.aggregation == Some("sum") {
                "pie_chart"
            } else {
                "bar_chart"
            };
            let reason = format!("{} has {} different values.", dimension.name, dimension.distinct_count);
            let title = format!("{} by {}", metric.name, dimension.name);
            layout.add(kind, &title, metric, Some(&dimension.name), "medium", &reason);
        }
    }
    if let Some(metric) = metrics.first() {
        layout.add("table", "All rows", metric, None, "low", "To look things up.");
    }
    let (rows, columns, found) = (facts.rows, facts.columns.len(), metrics.len());
    json!({
        "recommendedWidgets": layout.widgets,
        "dashboardName": "Overview",
        "overallInsight": format!("{rows} rows, {columns} columns, of which {found} can be added up or averaged.")
    })
}

/// Places widgets from left to right.
#[derive(Default)]
struct Layout {
    widgets: Vec<Value>,
    x: u32,
    y: u32,
    row_height: u32,
}

impl Layout {
    fn add(
        &mut self,
        kind: &str,
        title: &str,
        metric: &ColumnProfile,
        dimension: Option<&String>,
        priority: &str,
        reasoning: &str,
    ) {
        let (width, height) = match kind {
            "kpi_card" => (3, 3),
            "table" => (12, 6),
            _ => (6, 5),
        };
        if self.x + width > 12 || self.row_height != height {
            (self.x, self.y) = (0, self.y + self.row_height);
        }
        self.row_height = height;
        self.widgets.push(json!({
            "widgetType": kind, "title": title, "metric": metric.name,
            "dimensions": dimension.into_iter().collect::<Vec<_>>(),
            "aggregation": metric.aggregation.unwrap_or("sum"), "priority": priority, "reasoning": reasoning,
            "position": { "x": self.x, "y": self.y, "w": width, "h": height }
        }));
        self.x += width;
    }
}

#[cfg(test)]
mod tests {
    use super::suggest;
    use crate::facts::describe_rows;
    use serde_json::json;

    #[test]
    fn a_table_with_days_and_campaigns_gets_cards_lines_and_pies() {
        let rows = [
            json!({ "day": "2026-07-01", "campaign": "A", "spend": 10 }),
            json!({ "day": "2026-07-02", "campaign": "B", "spend": 20 }),
        ];
        let suggested = suggest(&describe_rows(&rows));
        let widgets = suggested["recommendedWidgets"].as_array().unwrap();
        let kinds: Vec<_> = widgets.iter().map(|widget| widget["widgetType"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["kpi_card", "line_chart", "pie_chart", "table"]);
        for (place, one) in widgets.iter().enumerate() {
            let area = |widget: &serde_json::Value| {
                let number = |name: &str| widget["position"][name].as_u64().unwrap();
                (number("x"), number("y"), number("x") + number("w"), number("y") + number("h"))
            };
            let (left, top, right, bottom) = area(one);
            assert!(right <= 12);
            for other in &widgets[place + 1..] {
                let (left2, top2, right2, bottom2) = area(other);
                assert!(
                    right <= left2 || right2 <= left || bottom <= top2 || bottom2 <= top,
                    "{one} over {other}"
                );
            }
        }
        assert!(suggest(&describe_rows(&[]))["recommendedWidgets"].as_array().unwrap().is_empty());
    }
}
