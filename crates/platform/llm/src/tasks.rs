//! The tasks about widgets. Others are declared here with the feature that asks them.

use crate::task::Task;
use serde::{Deserialize, Serialize};

/// What the numbers of a widget say.
#[derive(Clone, Copy, Debug)]
pub struct AnalyzeWidget;

/// How a widget has developed: at least 14 points.
#[derive(Clone, Copy, Debug)]
pub struct AnalyzeTrend;

/// What several widgets say together: at least two.
#[derive(Clone, Copy, Debug)]
pub struct CompareWidgets;

impl Task for AnalyzeWidget {
    const PATH: &'static str = "/api/ai/widget/analyze";
    const MEMBER: &'static str = "data";
    type Input = WidgetData;
    type Output = WidgetAnalysis;
}

impl Task for AnalyzeTrend {
    const PATH: &'static str = "/api/ai/widget/trend";
    const MEMBER: &'static str = "data";
    type Input = WidgetData;
    type Output = WidgetAnalysis;
}

impl Task for CompareWidgets {
    const PATH: &'static str = "/api/ai/widget/compare";
    const MEMBER: &'static str = "data";
    type Input = WidgetsData;
    type Output = WidgetAnalysis;
}

/// Several widgets with their numbers.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WidgetsData {
    /// 2 to 20.
    pub widgets_data: Vec<WidgetData>,
}

/// A widget with its numbers.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WidgetData {
    /// What it shows.
    pub widget: Widget,
    /// The numbers.
    pub metrics_data: WidgetNumbers,
}

/// What a widget shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Widget {
    /// Such as `kpi_card` or `line_chart`.
    pub widget_type: String,
    /// As people see it.
    pub title: String,
}

/// Numbers of a widget; what is none is not known.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WidgetNumbers {
    /// Of the whole period.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    /// Of the period before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_value: Option<f64>,
    /// One point per day, oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub time_series: Vec<SeriesPoint>,
    /// ISO 4217, for money.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
}

/// One point of a series.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SeriesPoint {
    /// Such as `2026-11-25`.
    pub date: String,
    /// Of that day.
    pub value: f64,
}

/// What a model says of widgets.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WidgetAnalysis {
    /// In one word.
    pub status: WidgetStatus,
    /// In one sentence.
    pub status_description: String,
    /// Where it goes.
    pub trend_assessment: String,
    /// 1 to 7 sentences.
    pub critical_insights: Vec<String>,
    /// At most 7.
    pub risk_alerts: Vec<String>,
    /// At most 7.
    pub recommendations: Vec<Recommendation>,
}

/// How a widget stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words say what they mean")]
pub enum WidgetStatus {
    Excellent,
    Good,
    Concerning,
    Critical,
}

/// What should be done.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Recommendation {
    /// How much it matters.
    pub priority: Priority,
    /// In a few words.
    pub title: String,
    /// In sentences.
    pub description: String,
    /// What it would bring.
    pub expected_impact: Option<String>,
    /// How it is done.
    pub implementation: Option<String>,
    /// When.
    pub urgency: Option<String>,
}

/// How much a recommendation matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words say what they mean")]
pub enum Priority {
    High,
    Medium,
    Low,
}
