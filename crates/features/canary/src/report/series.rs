//! What the plots show, from the looks.

use crate::judge::number;
use crate::{ArmLook, LookRecord};
use dashly_stats::proportion::Proportion;
use dashly_stats::sequential::rate_confidence_sequence;
use std::collections::BTreeMap;

/// Points of a line: more would not be seen.
const MOST_POINTS: usize = 60;
const ALPHA: f64 = 0.05;
const PLANNED_REQUESTS: u64 = 2_000;

/// A value with its confidence interval at a moment, in seconds since the first look.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Point {
    pub(super) at: f64,
    pub(super) value: f64,
    pub(super) low: f64,
    pub(super) high: f64,
}

/// Looks by group, so that there are not more groups than points.
fn groups(looks: &[LookRecord]) -> impl Iterator<Item = &[LookRecord]> {
    looks.chunks(looks.len().div_ceil(MOST_POINTS).max(1))
}

fn start(looks: &[LookRecord]) -> f64 {
    looks.first().map_or(0.0, |look| look.at)
}

/// The error rate of all requests so far with its confidence sequence, in percent.
pub(super) fn error_rates(
    looks: &[LookRecord],
    design_effect: f64,
    arm: impl Fn(&LookRecord) -> &ArmLook,
) -> Vec<Point> {
    let (mut requests, mut errors) = (0_u64, 0_u64);
    let mut points = Vec::new();
    for group in groups(looks) {
        requests += group.iter().map(|look| arm(look).requests).sum::<u64>();
        errors += group.iter().map(|look| arm(look).errors).sum::<u64>();
        let Some(last) = group.last() else { continue };
        let shrunk = |count: u64| whole(number(count) / design_effect);
        let trials = shrunk(requests);
        let interval = Proportion::new(shrunk(errors).min(trials), trials)
            .and_then(|arm| rate_confidence_sequence(arm, ALPHA, PLANNED_REQUESTS));
        if let Ok(interval) = interval {
            points.push(Point {
                at: last.at - start(looks),
                value: 100.0 * number(errors) / number(requests),
                low: 100.0 * interval.low,
                high: 100.0 * interval.high,
            });
        }
    }
    points
}

/// A quantile of durations in each group of looks, in milliseconds, by interpolation within its class.
pub(super) fn quantiles(
    looks: &[LookRecord],
    (name, edges): (&str, &[f64]),
    quantile: f64,
    arm: impl Fn(&LookRecord) -> &ArmLook,
) -> Vec<Point> {
    let mut points = Vec::new();
    for group in groups(looks) {
        let mut classes: BTreeMap<usize, u64> = BTreeMap::new();
        for look in group {
            for (class, count) in arm(look).durations.get(name).into_iter().flatten().enumerate() {
                *classes.entry(class).or_default() += count;
            }
        }
        if let (Some(value), Some(last)) = (quantile_of(&classes, edges, quantile), group.last()) {
            let value = 1_000.0 * value;
            points.push(Point { at: last.at - start(looks), value, low: value, high: value });
        }
    }
    points
}

/// Within the last class, which has no end, its lower edge.
fn quantile_of(classes: &BTreeMap<usize, u64>, edges: &[f64], quantile: f64) -> Option<f64> {
    let all: u64 = classes.values().sum();
    if all == 0 {
        return None;
    }
    let wanted = quantile * number(all);
    let mut below = 0.0;
    for (class, count) in classes {
        let within = number(*count);
        if below + within >= wanted && *count > 0 {
            let low = class.checked_sub(1).and_then(|class| edges.get(class)).copied().unwrap_or(0.0);
            let high = edges.get(*class).copied().unwrap_or(low);
            return Some(low + (high - low) * ((wanted - below) / within));
        }
        below += within;
    }
    None
}

#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float to integer cast saturates"
)]
fn whole(value: f64) -> u64 {
    value.round() as u64
}

#[cfg(test)]
mod tests {
    use super::quantile_of;
    use std::collections::BTreeMap;

    #[test]
    fn a_quantile_lies_within_its_class() {
        let classes = BTreeMap::from([(0, 50), (1, 40), (2, 10)]);
        let median = quantile_of(&classes, &[0.1, 0.2], 0.5).unwrap();
        assert!((median - 0.1).abs() < 1e-12);
        let upper = quantile_of(&classes, &[0.1, 0.2], 0.7).unwrap();
        assert!((upper - 0.15).abs() < 1e-12);
        assert!((quantile_of(&classes, &[0.1, 0.2], 0.99).unwrap() - 0.2).abs() < 1e-12);
        assert_eq!(quantile_of(&BTreeMap::new(), &[0.1], 0.5), None);
    }
}
