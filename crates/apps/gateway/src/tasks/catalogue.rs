//! The widgets and metrics that there are.

use serde_json::{Value, json};

/// Kinds of widgets.
pub(super) const WIDGETS: [&str; 8] =
    ["kpi_card", "line_chart", "bar_chart", "pie_chart", "table", "comparison", "gauge", "heatmap"];

/// Id, name, description and category of each metric.
const METRICS: [(&str, &str, &str, &str); 21] = [
    ("spend", "Spend", "Money spent on advertising", "paid"),
    ("impressions", "Impressions", "How often ads were shown", "paid"),
    ("clicks", "Clicks", "How often ads were clicked", "paid"),
    ("ctr", "Click rate", "Clicks per impression", "paid"),
    ("cpc", "Cost per click", "Spend per click", "paid"),
    ("cpm", "Cost per thousand", "Spend per thousand impressions", "paid"),
    ("reach", "Reach", "People who saw an ad", "paid"),
    ("frequency", "Frequency", "Impressions per person reached", "paid"),
    ("conversions", "Conversions", "Wanted actions after an ad", "paid"),
    ("cost_per_conversion", "Cost per conversion", "Spend per conversion", "paid"),
    ("roas", "Return on ad spend", "Revenue per money spent", "paid"),
    ("revenue", "Revenue", "Revenue after an ad", "paid"),
    ("search_clicks", "Search clicks", "Clicks in search results", "organic"),
    ("search_impressions", "Search impressions", "Appearances in search results", "organic"),
    ("search_ctr", "Search click rate", "Clicks per appearance in search results", "organic"),
    ("average_position", "Average position", "Place in search results, 1 is the first", "organic"),
    ("top_queries", "Top queries", "What people searched for", "organic"),
    ("top_pages", "Top pages", "Pages with the most search clicks", "organic"),
    ("device_breakdown", "Devices", "Search clicks by device", "organic"),
    ("country_breakdown", "Countries", "Search clicks by country", "organic"),
    ("query_page_analysis", "Queries and pages", "Which query leads to which page", "organic"),
];

/// Whether there is such a metric.
pub(super) fn is_metric(id: &str) -> bool {
    METRICS.iter().any(|(known, ..)| *known == id)
}

/// Widgets and metrics as the reply of the options lists them.
pub(super) fn options() -> Value {
    let metrics: Vec<Value> = METRICS
        .iter()
        .map(|(id, name, description, category)| {
            json!({ "id": id, "name": name, "description": description, "category": category })
        })
        .collect();
    json!({ "widgets": WIDGETS, "metrics": metrics })
}
