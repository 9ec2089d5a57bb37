//! Sums over hours: pure.

use crate::delta::Amounts;
use crate::quantile::quantile_ms;
use crate::store::HourRow;
use dashly_kernel::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Ranges up to so many hours are told by the hour, longer ones by the day.
const MOST_HOURLY: i64 = 72;
const HOUR_SECONDS: i64 = 3_600;

/// What AI calls used in a range of time.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = AiUsageReport)]
pub struct UsageReport {
    /// From here on.
    #[schema(value_type = String, format = DateTime)]
    pub from: Timestamp,
    /// Up to but without this moment.
    #[schema(value_type = String, format = DateTime)]
    pub to: Timestamp,
    /// When the gateway's counters were last read; null when never. Later calls are not in here yet.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub collected_at: Option<Timestamp>,
    /// Of the points.
    pub interval: Interval,
    /// Everything together.
    pub totals: UsageTotals,
    /// One for each interval, those without calls included, oldest first.
    pub points: Vec<UsagePoint>,
    /// By task, most calls first.
    pub tasks: Vec<UsageGroup>,
    /// By model, most calls first. `-` stands for calls that no model was asked for.
    pub models: Vec<UsageGroup>,
    /// By workspace, most calls first. `-` stands for calls that named none.
    pub workspaces: Vec<UsageGroup>,
    /// By the caller's key, most calls first.
    pub callers: Vec<UsageGroup>,
}

/// How long a point is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AiUsageInterval)]
pub enum Interval {
    /// An hour.
    Hour,
    /// A day, in UTC.
    Day,
}

/// One interval.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = AiUsagePoint)]
pub struct UsagePoint {
    /// Its beginning, in UTC.
    #[schema(value_type = String, format = DateTime)]
    pub start: Timestamp,
    /// What was used in it.
    pub totals: UsageTotals,
}

/// The calls of one task, model, workspace or key.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = AiUsageGroup)]
pub struct UsageGroup {
    /// Its name.
    pub name: String,
    /// What it used.
    pub totals: UsageTotals,
}

/// What calls used, and how they ended.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
#[schema(as = AiUsageTotals)]
pub struct UsageTotals {
    /// All calls that came; the four kinds of endings below add up to it.
    pub calls: u64,
    /// Answered.
    pub answered: u64,
    /// Refused by the gateway: no token, a limit, a budget, a fault of the request.
    pub refused: u64,
    /// Failed at the model or on the way.
    pub failed: u64,
    /// Ended by the caller before the answer.
    pub left: u64,
    /// Read by models, those of the provider's cache apart.
    pub input_tokens: u64,
    /// Written by models.
    pub output_tokens: u64,
    /// Read from the provider's cache.
    pub cache_read_tokens: u64,
    /// Written to the provider's cache.
    pub cache_write_tokens: u64,
    /// Of answers that were cut before the provider said how many: estimates, and in none of the numbers above.
    pub estimated_tokens: u64,
    /// All of the five above.
    pub all_tokens: u64,
    /// Millionths of a US dollar, estimates included.
    pub cost_micros: u64,
    /// Calls of models whose price is not known: they are not in the cost.
    pub calls_without_price: u64,
    /// Half of all calls took no longer, in milliseconds, told from classes that are a factor of √2 apart; null without
    /// calls.
    pub p50_ms: Option<f64>,
    /// Of a hundred calls 95 took no longer, told in the same way.
    pub p95_ms: Option<f64>,
}

/// Sums up while rows come in.
#[derive(Clone, Debug, Default)]
struct Sum {
    amounts: Amounts,
    answered: u64,
    refused: u64,
    failed: u64,
    left: u64,
}

impl Sum {
    fn add(&mut self, row: &HourRow) {
        self.amounts = self.amounts.plus(&row.amounts);
        let ending = match row.kind.outcome.as_str() {
            "answered" => &mut self.answered,
            "refused" => &mut self.refused,
            "left" => &mut self.left,
            _ => &mut self.failed,
        };
        *ending += row.amounts.calls;
    }

    fn totals(&self) -> UsageTotals {
        let amounts = &self.amounts;
        UsageTotals {
            calls: amounts.calls,
            answered: self.answered,
            refused: self.refused,
            failed: self.failed,
            left: self.left,
            input_tokens: amounts.input_tokens,
            output_tokens: amounts.output_tokens,
            cache_read_tokens: amounts.cache_read_tokens,
            cache_write_tokens: amounts.cache_write_tokens,
            estimated_tokens: amounts.estimated_tokens,
            all_tokens: amounts.all_tokens(),
            cost_micros: amounts.cost_micros,
            calls_without_price: amounts.calls_without_price,
            p50_ms: quantile_ms(&amounts.duration_counts, 0.5),
            p95_ms: quantile_ms(&amounts.duration_counts, 0.95),
        }
    }
}

/// The report of `rows` from `from` to `to`, both at full hours.
pub(crate) fn report(
    rows: &[HourRow],
    from: Timestamp,
    to: Timestamp,
    collected_at: Option<Timestamp>,
) -> UsageReport {
    let hours = (to.unix_seconds() - from.unix_seconds()) / HOUR_SECONDS;
    let interval = if hours <= MOST_HOURLY { Interval::Hour } else { Interval::Day };
    let mut all = Sum::default();
    let mut points: BTreeMap<Timestamp, Sum> = BTreeMap::new();
    let mut start = interval.start_of(from);
    while start < to {
        points.insert(start, Sum::default());
        start = start.plus_seconds(interval.seconds());
    }
    for row in rows {
        all.add(row);
        points.entry(interval.start_of(row.hour)).or_default().add(row);
    }
    UsageReport {
        from,
        to,
        collected_at,
        interval,
        totals: all.totals(),
        points: points.into_iter().map(|(start, sum)| UsagePoint { start, totals: sum.totals() }).collect(),
        tasks: groups(rows, |row| &row.kind.task),
        models: groups(rows, |row| &row.kind.model),
        workspaces: groups(rows, |row| &row.kind.workspace),
        callers: groups(rows, |row| &row.kind.caller),
    }
}

fn groups(rows: &[HourRow], name: impl Fn(&HourRow) -> &str) -> Vec<UsageGroup> {
    let mut sums: BTreeMap<&str, Sum> = BTreeMap::new();
    for row in rows {
        sums.entry(name(row)).or_default().add(row);
    }
    let mut groups: Vec<UsageGroup> = sums
        .into_iter()
        .map(|(name, sum)| UsageGroup { name: name.to_owned(), totals: sum.totals() })
        .collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.totals.calls));
    groups
}

impl Interval {
    const fn seconds(self) -> i64 {
        match self {
            Self::Hour => HOUR_SECONDS,
            Self::Day => 24 * HOUR_SECONDS,
        }
    }

    const fn start_of(self, moment: Timestamp) -> Timestamp {
        match self {
            Self::Hour => moment.start_of_hour(),
            Self::Day => moment.start_of_day(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Interval, report};
    use crate::delta::{Amounts, Kind};
    use crate::store::HourRow;
    use dashly_kernel::Timestamp;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse_rfc3339(text).unwrap()
    }

    fn row(hour: &str, task: &str, outcome: &str, calls: u64) -> HourRow {
        let kind = Kind {
            task: task.to_owned(),
            model: "m".to_owned(),
            workspace: "-".to_owned(),
            caller: "service".to_owned(),
            status: 200,
            outcome: outcome.to_owned(),
        };
        let duration_counts = vec![0, calls];
        HourRow { hour: at(hour), kind, amounts: Amounts { calls, duration_counts, ..Amounts::default() } }
    }

    #[test]
    fn sums_agree_however_they_are_grouped() {
        let rows = [
            row("2026-11-24T10:00:00Z", "a", "answered", 3),
            row("2026-11-24T12:00:00Z", "b", "failed", 4),
            row("2026-11-24T12:00:00Z", "b", "provider_error", 1),
            row("2026-11-25T01:00:00Z", "a", "refused", 2),
            row("2026-11-25T01:00:00Z", "a", "left", 1),
        ];
        let (from, to) = (at("2026-11-24T10:00:00Z"), at("2026-11-25T02:00:00Z"));
        let hourly = report(&rows, from, to, None);
        assert_eq!((hourly.interval, hourly.points.len()), (Interval::Hour, 16));
        let totals = &hourly.totals;
        assert_eq!((totals.calls, totals.answered, totals.failed), (11, 3, 5));
        assert_eq!((totals.refused, totals.left), (2, 1));
        assert_eq!(hourly.points.iter().map(|point| point.totals.calls).sum::<u64>(), 11);
        let names: Vec<_> = hourly.tasks.iter().map(|task| (task.name.as_str(), task.totals.calls)).collect();
        assert_eq!(names, [("a", 6), ("b", 5)]);
        let daily = report(&rows, at("2026-11-01T00:00:00Z"), to, None);
        assert_eq!((daily.interval, daily.points.len()), (Interval::Day, 25));
        assert_eq!(daily.points[23].totals.calls, 8);
        assert_eq!(daily.points[0].totals.p50_ms, None);
    }
}
