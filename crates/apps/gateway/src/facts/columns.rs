//! What the columns of a table hold.

use super::cell::Cell;
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Values of a column shown.
const SAMPLES: usize = 3;
/// A kind holds for a column when so much of its cells that are not missing are of it.
const MAJORITY: f64 = 0.9;
/// Distinct values are counted up to here.
const MOST_DISTINCT: usize = 10_000;

/// What the cells of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ColumnKind {
    String,
    Number,
    Date,
    Currency,
    Percentage,
    Boolean,
}

/// What a column is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ColumnRole {
    Metric,
    Dimension,
    Date,
}

/// One column.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ColumnProfile {
    pub(crate) name: String,
    #[serde(rename = "type")]
    pub(crate) kind: ColumnKind,
    pub(crate) role: ColumnRole,
    /// `sum` or `avg` of a metric; null of others.
    pub(crate) aggregation: Option<&'static str>,
    /// How days are written, or the currency's sign.
    pub(crate) format: Option<String>,
    pub(crate) null_count: usize,
    pub(crate) sample_values: Vec<Value>,
    /// Share of the cells that are not missing and of the kind.
    pub(crate) confidence: f64,
    pub(crate) distinct_count: usize,
    /// Of numbers.
    pub(crate) min: Option<f64>,
    pub(crate) max: Option<f64>,
    pub(crate) mean: Option<f64>,
}

/// The columns of a table.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SchemaFacts {
    pub(crate) columns: Vec<ColumnProfile>,
    pub(crate) primary_date_column: Option<String>,
    /// The least certain column's.
    pub(crate) confidence: f64,
    pub(crate) warnings: Vec<String>,
    pub(crate) suggestions: Vec<String>,
    pub(crate) rows: usize,
}

/// Profiles the columns of `rows`, which are objects; others are left out and warned of.
pub(crate) fn describe_rows(rows: &[Value]) -> SchemaFacts {
    let objects: Vec<&Map<String, Value>> = rows.iter().filter_map(Value::as_object).collect();
    let names: BTreeSet<&str> = objects.iter().flat_map(|row| row.keys().map(String::as_str)).collect();
    let columns: Vec<ColumnProfile> = names.into_iter().map(|name| profile(name, &objects)).collect();
    let primary =
        columns.iter().find(|column| column.role == ColumnRole::Date).map(|column| column.name.clone());
    let confidence = columns.iter().map(|column| column.confidence).fold(1.0, f64::min);
    let mut warnings: Vec<String> = Vec::new();
    if objects.len() < rows.len() {
        warnings.push(format!(
            "{} of {} rows are not objects and were left out.",
            rows.len() - objects.len(),
            rows.len()
        ));
    }
    for column in &columns {
        let name = &column.name;
        if column.null_count == objects.len() {
            warnings.push(format!("{name} is empty in every row."));
        } else if column.confidence < MAJORITY {
            warnings.push(format!("{name} holds values of several kinds."));
        } else if column.null_count * 10 > objects.len() {
            warnings.push(format!("{name} is missing in {} of {} rows.", column.null_count, objects.len()));
        }
    }
    let mut suggestions = Vec::new();
    if primary.is_none() {
        suggestions.push("Add a column with a date, so that figures can be shown over time.".to_owned());
    }
    if !columns.iter().any(|column| column.role == ColumnRole::Metric) {
        suggestions.push("Add a column with numbers, so that there is something to add up.".to_owned());
    }
    SchemaFacts {
        columns,
        primary_date_column: primary,
        confidence,
        warnings,
        suggestions,
        rows: objects.len(),
    }
}

#[expect(clippy::cast_precision_loss, clippy::as_conversions, reason = "counts of rows in a request")]
fn profile(name: &str, rows: &[&Map<String, Value>]) -> ColumnProfile {
    let cells: Vec<(&Value, Cell)> = rows
        .iter()
        .map(|row| row.get(name).unwrap_or(&Value::Null))
        .map(|value| (value, Cell::read(value)))
        .collect();
    let present: Vec<&(&Value, Cell)> = cells.iter().filter(|(_, cell)| *cell != Cell::Missing).collect();
    let (kind, of_kind) = kind_of(&present);
    let confidence = if present.is_empty() { 0.0 } else { of_kind as f64 / present.len() as f64 };
    let role = role_of(name, kind);
    let numbers: Vec<f64> = match role {
        ColumnRole::Metric => present.iter().filter_map(|(_, cell)| cell.number()).collect(),
        ColumnRole::Dimension | ColumnRole::Date => Vec::new(),
    };
    let distinct: BTreeSet<String> =
        present.iter().take(MOST_DISTINCT).map(|(value, _)| value.to_string()).collect();
    let mut samples: Vec<Value> = Vec::new();
    for (value, _) in &present {
        if samples.len() == SAMPLES {
            break;
        }
        if !samples.contains(value) {
            samples.push((*value).clone());
        }
    }
    ColumnProfile {
        name: name.to_owned(),
        kind,
        role,
        aggregation: (role == ColumnRole::Metric).then(|| aggregation_of(name, kind)),
        format: format_of(kind, &present),
        null_count: cells.len() - present.len(),
        sample_values: samples,
        confidence,
        distinct_count: distinct.len(),
        min: numbers.iter().copied().reduce(f64::min),
        max: numbers.iter().copied().reduce(f64::max),
        mean: (!numbers.is_empty()).then(|| numbers.iter().sum::<f64>() / numbers.len() as f64),
    }
}

/// The kind that most cells are of, and how many are.
#[expect(clippy::cast_precision_loss, clippy::as_conversions, reason = "counts of rows in a request")]
fn kind_of(present: &[&(&Value, Cell)]) -> (ColumnKind, usize) {
    let count = |is: fn(&Cell) -> bool| present.iter().filter(|(_, cell)| is(cell)).count();
    let currencies = count(|cell| matches!(cell, Cell::Currency(_)));
    let percentages = count(|cell| matches!(cell, Cell::Percentage(_)));
    let numbers = count(|cell| cell.number().is_some());
    let dates = count(|cell| matches!(cell, Cell::Date(_)));
    let booleans = count(|cell| matches!(cell, Cell::Boolean));
    let wanted = present.len() as f64 * MAJORITY;
    let is_most = |count: usize| !present.is_empty() && count as f64 >= wanted;
    if is_most(dates) {
        (ColumnKind::Date, dates)
    } else if is_most(booleans) {
        (ColumnKind::Boolean, booleans)
    } else if is_most(numbers) {
        // A few cells without their sign do not make a price a number.
        let kind = match (currencies * 2 >= numbers, percentages * 2 >= numbers) {
            (true, _) => ColumnKind::Currency,
            (false, true) => ColumnKind::Percentage,
            (false, false) => ColumnKind::Number,
        };
        (kind, numbers)
    } else {
        let texts = count(|cell| matches!(cell, Cell::Text));
        (ColumnKind::String, texts.max(present.len() - numbers.max(dates).max(booleans)))
    }
}

/// Numbers that name something are not added up.
fn role_of(name: &str, kind: ColumnKind) -> ColumnRole {
    let words: BTreeSet<String> = words_of(name).collect();
    let is_name = ["id", "code", "zip", "year", "phone", "number", "sku", "month", "week", "hour"]
        .iter()
        .any(|word| words.contains(*word));
    match kind {
        ColumnKind::Date => ColumnRole::Date,
        ColumnKind::Currency | ColumnKind::Percentage => ColumnRole::Metric,
        ColumnKind::Number if !is_name => ColumnRole::Metric,
        ColumnKind::Number | ColumnKind::String | ColumnKind::Boolean => ColumnRole::Dimension,
    }
}

/// Ratios are averaged for a first look; the right way is a ratio of sums, which needs both columns.
fn aggregation_of(name: &str, kind: ColumnKind) -> &'static str {
    let is_ratio = words_of(name).any(|word| {
        ["rate", "ratio", "avg", "average", "mean", "ctr", "cpc", "cpm", "cpa", "roas", "position", "percent"]
            .contains(&word.as_str())
    });
    if kind == ColumnKind::Percentage || is_ratio { "avg" } else { "sum" }
}

fn words_of(name: &str) -> impl Iterator<Item = String> + '_ {
    name.split(|character: char| !character.is_alphanumeric()).map(str::to_lowercase)
}

fn format_of(kind: ColumnKind, present: &[&(&Value, Cell)]) -> Option<String> {
    match kind {
        ColumnKind::Date => {
            let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
            for (_, cell) in present {
                if let Cell::Date(format) = cell {
                    *counts.entry(format).or_default() += 1;
                }
            }
            // `7/1/2026` fits both orders: a column with one day above 12 tells.
            let most = counts.into_iter().max_by_key(|(name, count)| (*count, *name == "YYYY-MM-DD"))?.0;
            Some(most.to_owned())
        }
        ColumnKind::Currency => present.iter().find_map(|(value, cell)| {
            let text = value.as_str().filter(|_| matches!(cell, Cell::Currency(_)))?;
            text.chars().find(|sign| "$€£¥₹₺₽".contains(*sign)).map(String::from)
        }),
        ColumnKind::String | ColumnKind::Number | ColumnKind::Percentage | ColumnKind::Boolean => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{ColumnKind, ColumnRole, describe_rows};
    use serde_json::json;

    #[test]
    fn columns_are_profiled() {
        let rows = [
            json!({ "Date": "2026-07-01", "Spend": "$1,000", "CTR": "2.5%", "Campaign": "Brand", "Ad ID": 17 }),
            json!({ "Date": "2026-07-02", "Spend": "$500", "CTR": "3.5%", "Campaign": "Brand", "Ad ID": 18 }),
            json!({ "Date": "2026-07-03", "Spend": null, "CTR": "n/a", "Campaign": "Search", "Ad ID": 19 }),
        ];
        let facts = describe_rows(&rows);
        let column = |name: &str| facts.columns.iter().find(|column| column.name == name).unwrap();
        let spend = column("Spend");
        assert_eq!((spend.kind, spend.role, spend.null_count), (ColumnKind::Currency, ColumnRole::Metric, 1));
        assert_eq!((spend.aggregation, spend.format.as_deref()), (Some("sum"), Some("$")));
        assert_eq!((spend.min, spend.max, spend.mean), (Some(500.0), Some(1000.0), Some(750.0)));
        assert_eq!(column("CTR").aggregation, Some("avg"));
        assert_eq!(column("Campaign").distinct_count, 2);
        assert_eq!(column("Ad ID").role, ColumnRole::Dimension);
        assert_eq!(facts.primary_date_column.as_deref(), Some("Date"));
        assert_eq!(facts.warnings.len(), 2, "{:?}", facts.warnings);
    }

    #[test]
    fn odd_tables_are_described_and_never_an_error() {
        assert!(describe_rows(&[]).columns.is_empty());
        let facts = describe_rows(&[json!(1), json!({ "a": null }), json!({ "a": "x" }), json!({ "a": 1 })]);
        assert_eq!(facts.rows, 3);
        assert_eq!(facts.columns[0].kind, ColumnKind::String);
        assert!(facts.confidence < 0.9);
        assert!(facts.warnings[0].contains("1 of 4 rows"));
    }
}
