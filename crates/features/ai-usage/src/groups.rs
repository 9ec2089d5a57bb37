//! The calls of each task, model, workspace or key, and over time those of the largest: pure.

use crate::report::{Interval, UsageTotals};
use crate::store::HourRow;
use crate::sum::Line;
use dashly_kernel::Timestamp;
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// As many as a chart has colours for; the rest is told together.
const MOST_WITH_POINTS: usize = 6;
/// More than anybody reads.
const MOST_LISTED: usize = 200;

/// The calls of one task, model, workspace or key.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = AiUsageGroup)]
pub struct UsageGroup {
    /// Its name.
    pub name: String,
    /// What it used.
    pub totals: UsageTotals,
    /// What it used over time; null for groups that are told together in `others`.
    pub points: Option<UsageGroupPoints>,
}

/// Groups over time: in each list one number for each of the report's points, in their order. Lists of numbers and not
/// of objects, because a report has many of them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
#[schema(as = AiUsageGroupPoints)]
pub struct UsageGroupPoints {
    /// All calls that came.
    pub calls: Vec<u64>,
    /// Those of them that the gateway refused.
    pub refused: Vec<u64>,
    /// Those of them that failed at the model or on the way.
    pub failed: Vec<u64>,
    /// Tokens of all kinds, estimates included.
    pub all_tokens: Vec<u64>,
    /// Millionths of a US dollar, estimates included.
    pub cost_micros: Vec<u64>,
    /// Calls of models whose price is not known: they are not in the cost.
    pub calls_without_price: Vec<u64>,
    /// Half of all calls took no longer, in whole milliseconds; null without calls.
    pub p50_ms: Vec<Option<f64>>,
    /// Of a hundred calls 95 took no longer, in whole milliseconds; null without calls.
    pub p95_ms: Vec<Option<f64>>,
}

/// The groups that have no points of their own, together, those that are not listed included. Null where every group has
/// some.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
#[schema(as = AiUsageOthers)]
pub struct UsageOthers {
    /// Of the tasks.
    pub tasks: Option<UsageOtherGroups>,
    /// Of the models.
    pub models: Option<UsageOtherGroups>,
    /// Of the workspaces.
    pub workspaces: Option<UsageOtherGroups>,
    /// Of the callers' keys.
    pub callers: Option<UsageOtherGroups>,
}

/// Several groups together.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = AiUsageOtherGroups)]
pub struct UsageOtherGroups {
    /// How many groups these are.
    pub groups: usize,
    /// What they used over time.
    pub points: UsageGroupPoints,
}

/// Groups, and those of them that have no points together.
#[derive(Debug)]
pub(crate) struct Grouped {
    pub(crate) groups: Vec<UsageGroup>,
    pub(crate) others: Option<UsageOtherGroups>,
}

/// The beginnings of all intervals of a report, oldest first.
#[derive(Debug)]
pub(crate) struct Timeline {
    pub(crate) interval: Interval,
    pub(crate) starts: Vec<Timestamp>,
}

/// Groups by a name, while rows come in.
#[derive(Debug, Default)]
pub(crate) struct Groups(BTreeMap<String, Line>);

impl Groups {
    /// Adds a row to the group of that name, in the interval that begins at `start`.
    pub(crate) fn add(&mut self, name: &str, start: Timestamp, row: &HourRow) {
        if let Some(line) = self.0.get_mut(name) {
            line.add(start, row);
        } else {
            self.0.entry(name.to_owned()).or_default().add(start, row);
        }
    }

    /// All groups, most calls first; beyond [`MOST_LISTED`] only those with points are listed.
    pub(crate) fn told(self, timeline: &Timeline) -> Grouped {
        let mut sorted: Vec<(String, Line, UsageTotals)> = self
            .0
            .into_iter()
            .map(|(name, line)| {
                let totals = line.totals();
                (name, line, totals)
            })
            .collect();
        sorted.sort_by_key(|(_, _, totals)| Reverse(totals.calls));
        let largest = largest(&sorted.iter().map(|(_, _, totals)| totals).collect::<Vec<_>>());
        let others = sorted.len() - largest.len();
        let mut rest = Line::default();
        let mut groups = Vec::new();
        for (place, (name, line, totals)) in sorted.into_iter().enumerate() {
            let points = largest.contains(&place).then(|| UsageGroupPoints::of(&line, timeline));
            if points.is_none() {
                rest.merge(&line);
            }
            if points.is_some() || groups.len() < MOST_LISTED {
                groups.push(UsageGroup { name, totals, points });
            }
        }
        Grouped {
            others: (others > 0)
                .then(|| UsageOtherGroups { groups: others, points: UsageGroupPoints::of(&rest, timeline) }),
            groups,
        }
    }
}

/// The places of the groups that matter most: by the largest of their shares in calls, errors, tokens and cost, so that
/// what costs most is not hidden by what is called most.
fn largest(groups: &[&UsageTotals]) -> BTreeSet<usize> {
    let measures: [fn(&UsageTotals) -> u64; 4] = [
        |totals| totals.calls,
        |totals| totals.refused + totals.failed,
        |totals| totals.all_tokens,
        |totals| totals.cost_micros,
    ];
    let wholes =
        measures.map(|measure| groups.iter().map(|totals| u128::from(measure(totals))).sum::<u128>());
    let share = |totals: &UsageTotals| {
        let shares = measures
            .iter()
            .zip(wholes)
            .map(|(measure, whole)| u128::from(measure(totals)) * 1_000_000 / whole.max(1));
        shares.max().unwrap_or(0)
    };
    let mut places: Vec<usize> = (0..groups.len()).collect();
    places.sort_by_cached_key(|place| Reverse(groups.get(*place).map_or(0, |totals| share(totals))));
    places.truncate(MOST_WITH_POINTS);
    places.into_iter().collect()
}

impl UsageGroupPoints {
    fn of(line: &Line, timeline: &Timeline) -> Self {
        let mut points = Self::default();
        for start in &timeline.starts {
            let totals = line.at(*start);
            points.calls.push(totals.calls);
            points.refused.push(totals.refused);
            points.failed.push(totals.failed);
            points.all_tokens.push(totals.all_tokens);
            points.cost_micros.push(totals.cost_micros);
            points.calls_without_price.push(totals.calls_without_price);
            points.p50_ms.push(totals.p50_ms.map(f64::round));
            points.p95_ms.push(totals.p95_ms.map(f64::round));
        }
        points
    }
}
