//! What one cell of a table holds.

use serde_json::Value;
use time::Date;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

/// A cell, read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cell {
    /// Nothing, or a word for it.
    Missing,
    Number(f64),
    /// A number with the sign of a currency.
    Currency(f64),
    /// A number with a percent sign; 12 for `12 %`.
    Percentage(f64),
    Boolean,
    /// A day, and how it was written.
    Date(&'static str),
    Text,
}

const MISSING: [&str; 8] = ["", "-", "–", "null", "none", "n/a", "na", "nan"];
const CURRENCY_SIGNS: [char; 7] = ['$', '€', '£', '¥', '₹', '₺', '₽'];

type DateFormat = (&'static str, &'static [BorrowedFormatItem<'static>]);

const DATE_FORMATS: [DateFormat; 7] = [
    ("YYYY-MM-DD", format_description!("[year]-[month]-[day]")),
    ("YYYY/MM/DD", format_description!("[year]/[month]/[day]")),
    ("YYYYMMDD", format_description!("[year][month][day]")),
    ("DD.MM.YYYY", format_description!("[day padding:none].[month padding:none].[year]")),
    ("MM/DD/YYYY", format_description!("[month padding:none]/[day padding:none]/[year]")),
    ("DD/MM/YYYY", format_description!("[day padding:none]/[month padding:none]/[year]")),
    ("D Month YYYY", format_description!("[day padding:none] [month repr:short] [year]")),
];

impl Cell {
    pub(crate) fn read(value: &Value) -> Self {
        match value {
            Value::Null => Self::Missing,
            Value::Bool(_) => Self::Boolean,
            Value::Number(number) => number.as_f64().map_or(Self::Text, Self::Number),
            Value::String(text) => Self::read_text(text.trim()),
            Value::Array(_) | Value::Object(_) => Self::Text,
        }
    }

    fn read_text(text: &str) -> Self {
        let lower = text.to_lowercase();
        if MISSING.contains(&lower.as_str()) {
            return Self::Missing;
        }
        if matches!(lower.as_str(), "true" | "false" | "yes" | "no") {
            return Self::Boolean;
        }
        if let Some(format) = date_format(text) {
            return Self::Date(format);
        }
        if let Some(number) = text.strip_suffix('%').and_then(|text| plain_number(text.trim())) {
            return Self::Percentage(number);
        }
        let bare = text.trim_matches(|sign| CURRENCY_SIGNS.contains(&sign)).trim();
        match plain_number(bare) {
            Some(number) if bare.len() < text.len() => Self::Currency(number),
            Some(number) => Self::Number(number),
            None => Self::Text,
        }
    }

    /// The number that a metric would add up.
    pub(crate) fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) | Self::Currency(number) | Self::Percentage(number) => Some(*number),
            Self::Missing | Self::Boolean | Self::Date(_) | Self::Text => None,
        }
    }
}

/// How `text` writes a day; a time behind it does not matter.
fn date_format(text: &str) -> Option<&'static str> {
    let day = text.split(['T', ' ']).next().filter(|day| day.len() >= 8).unwrap_or(text);
    // Eight digits alone are a day only when they look like one of our time.
    let is_compact = day.len() == 8 && day.bytes().all(|byte| byte.is_ascii_digit());
    if is_compact && !(day.starts_with("19") || day.starts_with("20")) {
        return None;
    }
    let written = |(name, format): &DateFormat| {
        let text = if *name == "D Month YYYY" { text } else { day };
        Date::parse(text, *format).is_ok().then_some(*name)
    };
    DATE_FORMATS.iter().find_map(written)
}

/// A number with commas between thousands, in brackets when negative.
fn plain_number(text: &str) -> Option<f64> {
    let (text, sign) = match text.strip_prefix('(').and_then(|text| text.strip_suffix(')')) {
        Some(inner) => (inner, -1.0),
        None => (text, 1.0),
    };
    let has_digit = text.bytes().any(|byte| byte.is_ascii_digit());
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.,eE".contains(&byte));
    if !has_digit || !is_plain {
        return None;
    }
    let number: f64 = text.replace(',', "").parse().ok()?;
    number.is_finite().then_some(sign * number)
}

#[cfg(test)]
mod tests {
    use super::Cell;
    use serde_json::json;

    #[test]
    fn cells_are_what_they_look_like() {
        for (value, expected) in [
            (json!(null), Cell::Missing),
            (json!(" N/A "), Cell::Missing),
            (json!(1.5), Cell::Number(1.5)),
            (json!("1,234.5"), Cell::Number(1234.5)),
            (json!("(1,234)"), Cell::Number(-1234.0)),
            (json!("$1,234.50"), Cell::Currency(1234.5)),
            (json!("12 €"), Cell::Currency(12.0)),
            (json!("3.5%"), Cell::Percentage(3.5)),
            (json!("Yes"), Cell::Boolean),
            (json!("2026-07-01"), Cell::Date("YYYY-MM-DD")),
            (json!("2026-07-01T10:00:00Z"), Cell::Date("YYYY-MM-DD")),
            (json!("20260701"), Cell::Date("YYYYMMDD")),
            (json!("7/31/2026"), Cell::Date("MM/DD/YYYY")),
            (json!("31/7/2026"), Cell::Date("DD/MM/YYYY")),
            (json!("1 Jul 2026"), Cell::Date("D Month YYYY")),
            (json!("99999999"), Cell::Number(99_999_999.0)),
            (json!("Kraków"), Cell::Text),
            (json!("1e400"), Cell::Text),
            (json!("e"), Cell::Text),
            (json!([1]), Cell::Text),
        ] {
            assert_eq!(Cell::read(&value), expected, "{value}");
        }
    }
}
