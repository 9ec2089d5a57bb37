//! How good a table is.

use super::columns::{ColumnProfile, SchemaFacts};
use super::describe_rows;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeSet;

/// What is wrong with a table, and how good it is as a whole.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct QualityFacts {
    /// `excellent` from 90, `good` from 75, `fair` from 50, else `poor`.
    pub(crate) overall_quality: &'static str,
    /// 0 to 100: share of cells that are there, times share of rows that are no repetition, times the share of cells of
    /// their column's kind.
    pub(crate) quality_score: u32,
    pub(crate) issues: Vec<QualityIssue>,
    pub(crate) strengths: Vec<String>,
    pub(crate) summary: String,
    pub(crate) rows: usize,
    pub(crate) columns: Vec<ColumnStatistics>,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct QualityIssue {
    /// `critical`, `warning` or `info`.
    pub(crate) severity: &'static str,
    /// Null when the whole table is meant.
    pub(crate) column: Option<String>,
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    pub(crate) description: String,
    pub(crate) affected_rows: usize,
    pub(crate) recommendation: String,
}

/// Statistics of one column.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ColumnStatistics {
    name: String,
    total: usize,
    non_null: usize,
    null: usize,
    /// With two decimals.
    null_percentage: String,
    unique_values: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    min: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    avg: Option<f64>,
}

/// Assesses `rows`.
pub(crate) fn assess(rows: &[Value]) -> QualityFacts {
    let schema = describe_rows(rows);
    let mut issues: Vec<QualityIssue> =
        schema.columns.iter().filter_map(|column| issue_of(column, schema.rows)).collect();
    let repeated = repeated_rows(rows);
    if repeated > 0 {
        issues.push(QualityIssue {
            severity: "warning",
            column: None,
            kind: "duplicates",
            description: format!("{repeated} rows repeat an earlier one."),
            affected_rows: repeated,
            recommendation: "Remove repeated rows, or they are counted twice.".to_owned(),
        });
    }
    let quality_score = score(&schema, repeated);
    let overall_quality = match quality_score {
        90.. => "excellent",
        75.. => "good",
        50.. => "fair",
        _ => "poor",
    };
    let (rows, count) = (schema.rows, schema.columns.len());
    QualityFacts {
        overall_quality,
        quality_score,
        summary: format!(
            "{rows} rows and {count} columns; {} found.",
            match issues.len() {
                0 => "nothing wrong was".to_owned(),
                1 => "one issue was".to_owned(),
                more => format!("{more} issues were"),
            }
        ),
        strengths: strengths(&schema, repeated),
        issues,
        rows,
        columns: schema.columns.iter().map(|column| statistics(column, rows)).collect(),
    }
}

fn issue_of(column: &ColumnProfile, rows: usize) -> Option<QualityIssue> {
    let name = &column.name;
    let issue = |severity, kind, description: String, affected_rows, recommendation: &str| {
        Some(QualityIssue {
            severity,
            column: Some(name.clone()),
            kind,
            description,
            affected_rows,
            recommendation: recommendation.to_owned(),
        })
    };
    let missing = column.null_count;
    if missing == rows {
        return issue(
            "critical",
            "empty",
            format!("{name} is empty."),
            rows,
            "Fill the column or leave it out.",
        );
    }
    if missing * 2 > rows {
        let text = format!("{name} is missing in {missing} of {rows} rows.");
        return issue(
            "critical",
            "missing",
            text,
            missing,
            "Find out why it is missing before adding it up.",
        );
    }
    if column.confidence < 0.9 {
        let text = format!("{name} holds values of several kinds.");
        return issue(
            "warning",
            "mixed",
            text,
            rows - missing,
            "Write all values of the column in one form.",
        );
    }
    if missing > 0 {
        let severity = if missing * 10 > rows { "warning" } else { "info" };
        let text = format!("{name} is missing in {missing} of {rows} rows.");
        return issue(
            severity,
            "missing",
            text,
            missing,
            "Say what a missing value means: nothing, or not known.",
        );
    }
    if column.distinct_count == 1 && rows > 1 {
        let text = format!("{name} has the same value in every row.");
        return issue("info", "constant", text, rows, "Nothing can be compared by it.");
    }
    None
}

fn repeated_rows(rows: &[Value]) -> usize {
    let distinct: BTreeSet<String> = rows.iter().map(Value::to_string).collect();
    rows.len() - distinct.len()
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::as_conversions,
    reason = "counts of rows in a request; the score is from 0 to 100"
)]
fn score(schema: &SchemaFacts, repeated: usize) -> u32 {
    let cells = (schema.rows * schema.columns.len()) as f64;
    if cells == 0.0 {
        return 0;
    }
    let missing: usize = schema.columns.iter().map(|column| column.null_count).sum();
    let complete = 1.0 - missing as f64 / cells;
    let distinct = 1.0 - repeated as f64 / schema.rows as f64;
    let of_kind =
        schema.columns.iter().map(|column| column.confidence).sum::<f64>() / schema.columns.len() as f64;
    (100.0 * complete * distinct * of_kind).round().clamp(0.0, 100.0) as u32
}

fn strengths(schema: &SchemaFacts, repeated: usize) -> Vec<String> {
    let mut strengths = Vec::new();
    if schema.rows > 0 && schema.columns.iter().all(|column| column.null_count == 0) {
        strengths.push("No value is missing.".to_owned());
    }
    if schema.rows > 1 && repeated == 0 {
        strengths.push("No row repeats another.".to_owned());
    }
    if let Some(date) = &schema.primary_date_column {
        strengths.push(format!("{date} gives every row a date."));
    }
    strengths
}

#[expect(clippy::cast_precision_loss, clippy::as_conversions, reason = "counts of rows in a request")]
fn statistics(column: &ColumnProfile, rows: usize) -> ColumnStatistics {
    let share = if rows == 0 { 0.0 } else { 100.0 * column.null_count as f64 / rows as f64 };
    ColumnStatistics {
        name: column.name.clone(),
        total: rows,
        non_null: rows - column.null_count,
        null: column.null_count,
        null_percentage: format!("{share:.2}"),
        unique_values: column.distinct_count,
        min: column.min,
        max: column.max,
        avg: column.mean,
    }
}

#[cfg(test)]
mod tests {
    use super::assess;
    use serde_json::json;

    #[test]
    fn a_clean_table_is_excellent() {
        let rows: Vec<_> =
            (1..=9).map(|day| json!({ "day": format!("2026-07-0{day}"), "clicks": day })).collect();
        let facts = assess(&rows);
        assert_eq!((facts.overall_quality, facts.quality_score), ("excellent", 100));
        assert!(facts.issues.is_empty() && facts.strengths.len() == 3, "{facts:?}");
    }

    #[test]
    fn what_is_missing_or_repeated_is_counted() {
        let row = json!({ "a": 1, "b": null });
        let facts = assess(&[row.clone(), row, json!({ "a": 2, "b": "x" }), json!({ "a": "y", "b": null })]);
        let kinds: Vec<_> = facts.issues.iter().map(|issue| (issue.kind, issue.affected_rows)).collect();
        assert_eq!(kinds, [("mixed", 4), ("missing", 3), ("duplicates", 1)]);
        assert_eq!(facts.columns[1].null_percentage, "75.00");
        // 5 of 8 cells, 3 of 4 rows, and (1/4 + 1) / 2 of the kinds: a is a text by its one text of four cells.
        assert_eq!(facts.quality_score, 29);
        assert_eq!(assess(&[]).quality_score, 0);
    }
}
