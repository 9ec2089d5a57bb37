//! The report of a load test: numbers for machines, text for people, and a verdict.

use serde::Serialize;

use super::rows::{RowCheck, RowCounts};
use super::tally::{Latency, Requests, Tally};
use super::{LoadTestOptions, Plan};
use crate::failures::{self, FailureGroup};
use crate::ratio::ratio;
use crate::table;
use crate::wording::{counted, percent, seconds, seed_line};

/// What a load test found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LoadTestReport {
    /// Where the server was asked.
    pub base_url: String,
    /// Visitors acting at the same time.
    pub workers: u32,
    /// Rounds of each.
    pub iterations: u32,
    /// Pause after each round, in milliseconds.
    pub delay_ms: u64,
    /// Repeats the choices of this run.
    pub seed: u64,
    /// Time from the first to the last round, pauses included, in milliseconds.
    pub wall_time_ms: u64,
    /// Requests per second of that time.
    pub requests_per_second: f64,
    /// All requests together; its `route` is `all`.
    pub total: RouteReport,
    /// Each route that was asked.
    pub routes: Vec<RouteReport>,
    /// What went wrong, by kind.
    pub failures: Vec<FailureGroup>,
    /// Rows the server acknowledged: distinct (visitor, test, variant), and events.
    pub acknowledged: RowCounts,
    /// Those rows against the stored ones.
    pub rows: RowCheck,
}

/// Requests to one route.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RouteReport {
    /// Method and path.
    pub route: String,
    /// Requests, answered or not.
    pub requests: u64,
    /// Those without a usable answer.
    pub failed: u64,
    /// Share of usable answers, from 0 to 1; nothing without requests.
    pub success_share: Option<f64>,
    /// Time until the whole answer was read, or until it failed; refused connections are left out.
    pub latency: Latency,
}

/// Puts the report together.
pub(super) fn assemble(
    plan: &Plan,
    options: &LoadTestOptions,
    seed: u64,
    wall_time_ms: u64,
    tally: &Tally,
    rows: RowCheck,
) -> LoadTestReport {
    let mut routes = Vec::new();
    let mut total = route_report("all", &Requests::default());
    tally.visit_requests(|route, requests| match route {
        Some(route) => routes.push(route_report(&route.to_string(), requests)),
        None => total = route_report("all", requests),
    });
    LoadTestReport {
        base_url: plan.site.base_url().to_owned(),
        workers: options.workers,
        iterations: options.iterations,
        delay_ms: options.delay_ms,
        seed,
        wall_time_ms,
        requests_per_second: ratio(total.requests, wall_time_ms).unwrap_or(0.0) * 1000.0,
        total,
        routes,
        failures: tally.take_failures(),
        acknowledged: tally.acknowledged(),
        rows,
    }
}

fn route_report(route: &str, requests: &Requests) -> RouteReport {
    RouteReport {
        route: route.to_owned(),
        requests: requests.count,
        failed: requests.failed,
        success_share: ratio(requests.count.saturating_sub(requests.failed), requests.count),
        latency: requests.latency(),
    }
}

impl LoadTestReport {
    /// 0 when every request succeeded, no answer contradicts another and the stored rows (if counted) are
    /// exactly the acknowledged ones, else 1.
    pub fn exit_code(&self) -> u8 {
        u8::from(!(self.failures.is_empty() && self.rows.passed()))
    }

    /// The report as plain text, ended by a line feed.
    pub fn render(&self) -> String {
        let heading = ["route", "requests", "success", "p50 ms", "p95 ms", "p99 ms", "max ms"];
        let rows = self.routes.iter().chain([&self.total]).map(RouteReport::cells);
        format!(
            "{} × {} with {} ms pause at {}: {} in {}, {:.0} per second, {} failed.\n\
             {}\n\n{}\n{}\
             Acknowledged: {}, {}.\n{}\n",
            counted(u64::from(self.workers), "worker"),
            counted(u64::from(self.iterations), "round"),
            self.delay_ms,
            self.base_url,
            counted(self.total.requests, "request"),
            seconds(self.wall_time_ms),
            self.requests_per_second,
            self.total.failed,
            seed_line(self.seed),
            table::align(&heading, rows),
            failures::render(&self.failures),
            counted(self.acknowledged.exposures, "exposure row"),
            counted(self.acknowledged.events, "event row"),
            self.rows,
        )
    }
}

impl RouteReport {
    fn cells(&self) -> Vec<String> {
        let Latency { p50_us, p95_us, p99_us, max_us } = self.latency;
        let mut cells = vec![self.route.clone(), self.requests.to_string(), percent(self.success_share)];
        cells.extend([p50_us, p95_us, p99_us, max_us].map(milliseconds));
        cells
    }
}

/// Microseconds as milliseconds with two decimals.
fn milliseconds(microseconds: u64) -> String {
    format!("{}.{:02}", microseconds / 1000, microseconds % 1000 / 10)
}
