//! Sums over hours: pure.

use crate::filter::UsageFilter;
use crate::groups::{Groups, Timeline, UsageGroup, UsageOthers};
use crate::store::HourRow;
use crate::sum::Line;
use dashly_kernel::Timestamp;
use serde::Serialize;
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
    /// Which calls everything below is about, as it was asked for.
    pub filter: UsageFilter,
    /// When the gateway's counters were last read; null when never. Later calls are not in here yet.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub collected_at: Option<Timestamp>,
    /// Of the points.
    pub interval: Interval,
    /// Everything together.
    pub totals: UsageTotals,
    /// One for each interval, those without calls included, oldest first.
    pub points: Vec<UsagePoint>,
    /// By task, most calls first; of each kind at most about 200 are listed.
    pub tasks: Vec<UsageGroup>,
    /// By model, most calls first. `-` stands for calls that no model was asked for.
    pub models: Vec<UsageGroup>,
    /// By workspace, most calls first. `-` stands for calls that named none.
    pub workspaces: Vec<UsageGroup>,
    /// By the caller's key, most calls first.
    pub callers: Vec<UsageGroup>,
    /// At most six groups of each kind have points: those with the largest share in calls, errors, tokens or cost. Here
    /// are the remaining ones together, so that all of a kind add up to the points above.
    pub others: UsageOthers,
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

/// What a report is asked for.
#[derive(Debug)]
pub(crate) struct Asked {
    /// A full hour.
    pub(crate) from: Timestamp,
    /// A full hour, the first that is not meant.
    pub(crate) to: Timestamp,
    pub(crate) filter: UsageFilter,
}

/// A report in the making: rows come in, sums stay.
#[derive(Debug)]
pub(crate) struct ReportSums {
    asked: Asked,
    timeline: Timeline,
    all: Line,
    tasks: Groups,
    models: Groups,
    workspaces: Groups,
    callers: Groups,
}

impl ReportSums {
    /// Nothing so far.
    pub(crate) fn new(asked: Asked) -> Self {
        Self {
            timeline: Timeline::of(asked.from, asked.to),
            asked,
            all: Line::default(),
            tasks: Groups::default(),
            models: Groups::default(),
            workspaces: Groups::default(),
            callers: Groups::default(),
        }
    }

    /// Adds rows of the hours and calls that are asked for.
    pub(crate) fn add(&mut self, rows: &[HourRow]) {
        for row in rows {
            let start = self.timeline.interval.start_of(row.hour);
            self.all.add(start, row);
            self.tasks.add(&row.kind.task, start, row);
            self.models.add(&row.kind.model, start, row);
            self.workspaces.add(&row.kind.workspace, start, row);
            self.callers.add(&row.kind.caller, start, row);
        }
    }

    /// The report of all rows.
    pub(crate) fn into_report(self, collected_at: Option<Timestamp>) -> UsageReport {
        let timeline = self.timeline;
        let [tasks, models, workspaces, callers] =
            [self.tasks, self.models, self.workspaces, self.callers].map(|groups| groups.told(&timeline));
        let point = |start: &Timestamp| UsagePoint { start: *start, totals: self.all.at(*start) };
        UsageReport {
            from: self.asked.from,
            to: self.asked.to,
            filter: self.asked.filter,
            collected_at,
            interval: timeline.interval,
            totals: self.all.totals(),
            points: timeline.starts.iter().map(point).collect(),
            tasks: tasks.groups,
            models: models.groups,
            workspaces: workspaces.groups,
            callers: callers.groups,
            others: UsageOthers {
                tasks: tasks.others,
                models: models.others,
                workspaces: workspaces.others,
                callers: callers.others,
            },
        }
    }
}

impl Timeline {
    fn of(from: Timestamp, to: Timestamp) -> Self {
        let hours = (to.unix_seconds() - from.unix_seconds()) / HOUR_SECONDS;
        let interval = if hours <= MOST_HOURLY { Interval::Hour } else { Interval::Day };
        let mut starts = Vec::new();
        let mut start = interval.start_of(from);
        while start < to {
            starts.push(start);
            start = start.plus_seconds(interval.seconds());
        }
        Self { interval, starts }
    }
}

impl Interval {
    const fn seconds(self) -> i64 {
        match self {
            Self::Hour => HOUR_SECONDS,
            Self::Day => 24 * HOUR_SECONDS,
        }
    }

    pub(crate) const fn start_of(self, moment: Timestamp) -> Timestamp {
        match self {
            Self::Hour => moment.start_of_hour(),
            Self::Day => moment.start_of_day(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Asked, Interval, ReportSums, UsageReport};
    use crate::delta::{Amounts, Kind};
    use crate::filter::UsageFilter;
    use crate::groups::{UsageGroup, UsageGroupPoints, UsageOtherGroups};
    use crate::store::HourRow;
    use dashly_kernel::Timestamp;
    use proptest::prelude::*;

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

    fn asked(from: &str, to: &str, filter: UsageFilter) -> Asked {
        Asked { from: at(from), to: at(to), filter }
    }

    /// As the database gives them: those that are asked for, in several parts.
    fn report(rows: &[HourRow], asked: Asked) -> UsageReport {
        let wanted = |kind: &Kind| {
            let filter = &asked.filter;
            let pairs = [
                (&filter.task, &kind.task),
                (&filter.model, &kind.model),
                (&filter.workspace, &kind.workspace),
                (&filter.caller, &kind.caller),
            ];
            pairs.into_iter().all(|(wanted, name)| wanted.as_ref().is_none_or(|wanted| wanted == name))
        };
        let rows: Vec<HourRow> = rows.iter().filter(|row| wanted(&row.kind)).cloned().collect();
        let mut sums = ReportSums::new(asked);
        for part in rows.chunks(3) {
            sums.add(part);
        }
        sums.into_report(None)
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
        let all = UsageFilter::default();
        let hourly = report(&rows, asked("2026-11-24T10:00:00Z", "2026-11-25T02:00:00Z", all.clone()));
        assert_eq!((hourly.interval, hourly.points.len()), (Interval::Hour, 16));
        let totals = &hourly.totals;
        assert_eq!((totals.calls, totals.answered, totals.failed), (11, 3, 5));
        assert_eq!((totals.refused, totals.left), (2, 1));
        assert_eq!(hourly.points.iter().map(|point| point.totals.calls).sum::<u64>(), 11);
        let names: Vec<_> = hourly.tasks.iter().map(|task| (task.name.as_str(), task.totals.calls)).collect();
        assert_eq!(names, [("a", 6), ("b", 5)]);
        assert_eq!(hourly.tasks[1].points.as_ref().unwrap().failed[2], 5);
        let daily = report(&rows, asked("2026-11-01T00:00:00Z", "2026-11-25T02:00:00Z", all));
        assert_eq!((daily.interval, daily.points.len()), (Interval::Day, 25));
        assert_eq!(daily.points[23].totals.calls, 8);
        assert_eq!(daily.points[0].totals.p50_ms, None);
    }

    #[test]
    fn the_groups_with_points_are_those_that_matter_in_some_measure() {
        let mut rows: Vec<HourRow> = (0..8)
            .map(|task| row("2026-11-24T10:00:00Z", &task.to_string(), "answered", 100 - task))
            .collect();
        rows[7].amounts.cost_micros = 900;
        rows[0].amounts.cost_micros = 100;
        let range = asked("2026-11-24T10:00:00Z", "2026-11-24T11:00:00Z", UsageFilter::default());
        let report = report(&rows, range);
        let with_points: Vec<_> = report.tasks.iter().filter(|task| task.points.is_some()).collect();
        let names: Vec<_> = with_points.iter().map(|task| task.name.as_str()).collect();
        assert_eq!(names, ["0", "1", "2", "3", "4", "7"], "few calls, but the most expensive ones");
        let others = report.others.tasks.unwrap();
        assert_eq!((others.groups, others.points.calls), (2, vec![95 + 94]));
    }

    fn any_row() -> impl Strategy<Value = HourRow> {
        let names = (0..9_u8, 0..3_u8, 0..12_u8, 0..2_u8);
        let outcome = prop::sample::select(vec!["answered", "refused", "failed", "provider_error", "left"]);
        let amounts = (1..50_u64, 0..1_000_u64, 0..1_000_u64, 0..9_000_u64, 0..20_usize);
        (0..100_i64, names, outcome, amounts).prop_map(
            |(hour, (task, model, workspace, caller), outcome, amounts)| {
                let (calls, input_tokens, estimated_tokens, cost_micros, class) = amounts;
                let mut duration_counts = vec![0; class + 1];
                duration_counts[class] = calls;
                HourRow {
                    hour: at("2026-11-20T05:00:00Z").plus_seconds(3_600 * hour),
                    kind: Kind {
                        task: task.to_string(),
                        model: model.to_string(),
                        workspace: workspace.to_string(),
                        caller: caller.to_string(),
                        status: 200,
                        outcome: outcome.to_owned(),
                    },
                    amounts: Amounts {
                        calls,
                        input_tokens,
                        estimated_tokens,
                        cost_micros,
                        duration_counts,
                        ..Amounts::default()
                    },
                }
            },
        )
    }

    /// The points of all groups added up, in the order of calls, errors, tokens, cost.
    fn added_up(groups: &[UsageGroup], others: Option<&UsageOtherGroups>, points: usize) -> Vec<[u64; 4]> {
        let mut sums = vec![[0; 4]; points];
        let lines = groups.iter().filter_map(|group| group.points.as_ref());
        for line in lines.chain(others.map(|others| &others.points)) {
            for (place, sum) in sums.iter_mut().enumerate() {
                let errors = line.refused[place] + line.failed[place];
                let numbers = [line.calls[place], errors, line.all_tokens[place], line.cost_micros[place]];
                *sum = std::array::from_fn(|measure| sum[measure] + numbers[measure]);
            }
        }
        sums
    }

    fn dimensions(report: &UsageReport) -> [(&[UsageGroup], Option<&UsageOtherGroups>); 4] {
        let others = &report.others;
        [
            (&report.tasks, others.tasks.as_ref()),
            (&report.models, others.models.as_ref()),
            (&report.workspaces, others.workspaces.as_ref()),
            (&report.callers, others.callers.as_ref()),
        ]
    }

    /// The filters that leave one group of each dimension.
    fn filters_of(name: &str) -> [UsageFilter; 4] {
        let name = Some(name.to_owned());
        let all = UsageFilter::default();
        [
            UsageFilter { task: name.clone(), ..all.clone() },
            UsageFilter { model: name.clone(), ..all.clone() },
            UsageFilter { workspace: name.clone(), ..all.clone() },
            UsageFilter { caller: name, ..all },
        ]
    }

    fn as_columns(report: &UsageReport) -> UsageGroupPoints {
        let totals = || report.points.iter().map(|point| &point.totals);
        UsageGroupPoints {
            calls: totals().map(|totals| totals.calls).collect(),
            refused: totals().map(|totals| totals.refused).collect(),
            failed: totals().map(|totals| totals.failed).collect(),
            all_tokens: totals().map(|totals| totals.all_tokens).collect(),
            cost_micros: totals().map(|totals| totals.cost_micros).collect(),
            calls_without_price: totals().map(|totals| totals.calls_without_price).collect(),
            p50_ms: totals().map(|totals| totals.p50_ms.map(f64::round)).collect(),
            p95_ms: totals().map(|totals| totals.p95_ms.map(f64::round)).collect(),
        }
    }

    #[test]
    fn of_very_many_groups_the_largest_are_listed_and_all_are_counted() {
        let hour = "2026-11-24T10:00:00Z";
        let rows: Vec<HourRow> =
            (1..=300).map(|number| row(hour, &format!("t{number}"), "answered", number)).collect();
        let asked = Asked { from: at(hour), to: at("2026-11-24T11:00:00Z"), filter: UsageFilter::default() };
        let report = report(&rows, asked);
        assert_eq!(report.tasks.len(), 200);
        assert_eq!((report.tasks[0].name.as_str(), report.tasks[199].totals.calls), ("t300", 101));
        let others = report.others.tasks.unwrap();
        let shown: u64 = report.tasks[..6].iter().map(|group| group.totals.calls).sum();
        assert_eq!((others.groups, others.points.calls), (294, vec![report.totals.calls - shown]));
    }

    proptest! {
        #[test]
        fn groups_over_time_add_up_and_are_what_a_filter_leaves(
            rows in prop::collection::vec(any_row(), 0..60),
            hours in 60..=100_i64,
        ) {
            let from = at("2026-11-20T05:00:00Z");
            let rows: Vec<_> = rows.into_iter().filter(|row| row.hour < from.plus_seconds(3_600 * hours)).collect();
            let ask = |filter| report(&rows, Asked { from, to: from.plus_seconds(3_600 * hours), filter });
            let all = ask(UsageFilter::default());
            let expected: Vec<[u64; 4]> = all
                .points
                .iter()
                .map(|point| &point.totals)
                .map(|sum| [sum.calls, sum.refused + sum.failed, sum.all_tokens, sum.cost_micros])
                .collect();
            prop_assert_eq!(expected.iter().map(|point| point[0]).sum::<u64>(), all.totals.calls);
            for (dimension, (groups, others)) in dimensions(&all).into_iter().enumerate() {
                prop_assert_eq!(&added_up(groups, others, all.points.len()), &expected);
                let without = groups.iter().filter(|group| group.points.is_none()).count();
                prop_assert_eq!(without, others.map_or(0, |others| others.groups));
                prop_assert_eq!(groups.len() - without, groups.len().min(6));
                for group in groups {
                    let one = ask(filters_of(&group.name)[dimension].clone());
                    prop_assert_eq!(&one.totals, &group.totals);
                    if let Some(points) = &group.points {
                        prop_assert_eq!(&as_columns(&one), points);
                    }
                }
            }
        }
    }
}
