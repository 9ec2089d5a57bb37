//! What a series of numbers over time says.

use serde::Serialize;
use serde_json::Value;

/// Points of the two stretches that are compared at the end.
const STRETCH: usize = 7;

/// One point.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Point {
    pub(crate) at: Option<String>,
    pub(crate) value: f64,
}

/// Statistics of a series.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SeriesFacts {
    pub(crate) points: usize,
    /// Points that had no number.
    pub(crate) points_without_value: usize,
    pub(crate) first: f64,
    pub(crate) last: f64,
    pub(crate) min: f64,
    pub(crate) min_at: Option<String>,
    pub(crate) max: f64,
    pub(crate) max_at: Option<String>,
    pub(crate) mean: f64,
    pub(crate) median: f64,
    /// Sample standard deviation; null of a single point.
    pub(crate) standard_deviation: Option<f64>,
    /// Change per point of the line with the least squares; null of a single point.
    pub(crate) slope_per_point: Option<f64>,
    /// Mean of the last seven points against that of the seven before, in percent; null with fewer than fourteen, or when
    /// those before are 0 on average.
    pub(crate) last_seven_change_percent: Option<f64>,
    /// How many standard deviations the last point lies from the mean of those before it.
    pub(crate) last_point_deviations: Option<f64>,
}

/// Reads points from `[{date, value}]` or from plain numbers.
pub(crate) fn points_of(series: &Value) -> (Vec<Point>, usize) {
    let all = series.as_array().map(Vec::as_slice).unwrap_or_default();
    let points: Vec<Point> = all.iter().filter_map(point_of).collect();
    let without = all.len() - points.len();
    (points, without)
}

fn point_of(value: &Value) -> Option<Point> {
    if let Some(number) = value.as_f64() {
        return Some(Point { at: None, value: number });
    }
    let object = value.as_object()?;
    let number = ["value", "y", "amount", "metric"].iter().find_map(|name| object.get(*name)?.as_f64())?;
    let at = ["date", "timestamp", "x", "day"].iter().find_map(|name| object.get(*name)?.as_str());
    Some(Point { at: at.map(str::to_owned), value: number })
}

/// The statistics of `points`; none without any.
#[expect(
    clippy::cast_precision_loss,
    clippy::as_conversions,
    reason = "a series has far fewer than 2^53 points"
)]
pub(crate) fn describe(points: &[Point], without: usize) -> Option<SeriesFacts> {
    let (first, last) = (points.first()?, points.last()?);
    let values: Vec<f64> = points.iter().map(|point| point.value).collect();
    let mean = mean(&values)?;
    let mut sorted = values.clone();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    let median = match (sorted.len() % 2, sorted.get(middle.wrapping_sub(1)), sorted.get(middle)) {
        (0, Some(low), Some(high)) => f64::midpoint(*low, *high),
        (_, _, Some(value)) => *value,
        _ => mean,
    };
    let lowest = points.iter().min_by(|one, other| one.value.total_cmp(&other.value))?;
    let highest = points.iter().max_by(|one, other| one.value.total_cmp(&other.value))?;
    let count = values.len() as f64;
    let centre = (count - 1.0) / 2.0;
    let spread: f64 = (0..values.len()).map(|place| (place as f64 - centre).powi(2)).sum();
    let slope =
        values.iter().enumerate().map(|(place, value)| (place as f64 - centre) * (value - mean)).sum::<f64>();
    Some(SeriesFacts {
        points: points.len(),
        points_without_value: without,
        first: first.value,
        last: last.value,
        min: lowest.value,
        min_at: lowest.at.clone(),
        max: highest.value,
        max_at: highest.at.clone(),
        mean,
        median,
        standard_deviation: deviation(&values),
        slope_per_point: (spread > 0.0).then(|| slope / spread),
        last_seven_change_percent: last_stretch(&values),
        last_point_deviations: last_deviations(&values),
    })
}

#[expect(
    clippy::cast_precision_loss,
    clippy::as_conversions,
    reason = "a series has far fewer than 2^53 points"
)]
fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

#[expect(
    clippy::cast_precision_loss,
    clippy::as_conversions,
    reason = "a series has far fewer than 2^53 points"
)]
fn deviation(values: &[f64]) -> Option<f64> {
    let mean = mean(values)?;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (values.len() > 1).then(|| (squares / (values.len() as f64 - 1.0)).sqrt())
}

fn last_stretch(values: &[f64]) -> Option<f64> {
    let (before, last) = values.split_at(values.len().checked_sub(STRETCH)?);
    let before = before.get(before.len().checked_sub(STRETCH)?..)?;
    change_percent(mean(before)?, mean(last)?)
}

fn last_deviations(values: &[f64]) -> Option<f64> {
    let (last, before) = values.split_last()?;
    let spread = deviation(before).filter(|spread| *spread > 0.0 && before.len() >= STRETCH)?;
    Some((last - mean(before)?) / spread)
}

/// From `before` to `after` in percent of `before`; none when that is 0.
pub(crate) fn change_percent(before: f64, after: f64) -> Option<f64> {
    let change = 100.0 * (after - before) / before.abs();
    change.is_finite().then_some(change)
}

#[cfg(test)]
mod tests {
    use super::{change_percent, describe, points_of};
    use serde_json::json;

    #[test]
    fn a_rising_line_rises() {
        let series: Vec<_> =
            (1..=14).map(|day| json!({ "date": format!("2026-07-{day:02}"), "value": day * 10 })).collect();
        let (points, without) = points_of(&json!(series));
        let facts = describe(&points, without).unwrap();
        assert_eq!((facts.first, facts.last, facts.mean, facts.median), (10.0, 140.0, 75.0, 75.0));
        assert!((facts.slope_per_point.unwrap() - 10.0).abs() < 1e-9);
        // Means 110 and 40.
        assert!((facts.last_seven_change_percent.unwrap() - 175.0).abs() < 1e-9);
        assert_eq!(facts.max_at.as_deref(), Some("2026-07-14"));
    }

    #[test]
    fn short_and_broken_series_give_what_they_can() {
        assert!(describe(&[], 0).is_none());
        let (points, without) = points_of(&json!([1, null, "x", { "value": 3 }, {}]));
        assert_eq!((points.len(), without), (2, 3));
        let facts = describe(&points, without).unwrap();
        assert_eq!((facts.median, facts.last_seven_change_percent), (2.0, None));
        assert_eq!(describe(&points[..1], 0).unwrap().standard_deviation, None);
        assert_eq!(change_percent(0.0, 5.0), None);
        assert_eq!(change_percent(-10.0, -5.0), Some(50.0));
    }
}
