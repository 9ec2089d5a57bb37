//! The rows of the tables.

use crate::RUNS;
use crate::traffic::{Connections, EDGES, Version, send};
use crate::workers;
use dashly_canary::{ERROR_ALPHA, LATENCY_ALPHA};
use dashly_stats::canary::{ErrorWatch, LatencyWatch, Look};
use fastrand::Rng;
use std::fmt::Write;

/// One simulated canary.
#[derive(Clone, Copy)]
struct Course {
    stable: Version,
    canary: Version,
    connections: Connections,
    /// Requests of stable and of the canary in each look.
    requests: (u64, u64),
    looks: u64,
    /// Looks at stable alone before.
    before: u64,
    /// Whether the error rates of both go up and down together.
    drifts: bool,
}

/// Which watch has spoken, in which look first; 0 for never.
#[derive(Default)]
struct Spoken {
    errors: u64,
    durations: u64,
}

impl Course {
    fn run(self, rng: &mut Rng) -> anyhow::Result<Spoken> {
        let mut errors = ErrorWatch::new(ERROR_ALPHA)?;
        let mut durations = LatencyWatch::new(LATENCY_ALPHA, EDGES.len() + 1)?;
        let mut spoken = Spoken::default();
        for look in 1..=self.before + self.looks {
            let drift =
                if self.drifts { [0.5, 1.0, 2.0, 1.0].get(usize::try_from(look / 5 % 4)?) } else { None };
            let drifted = |version: Version| Version {
                error_rate: version.error_rate * drift.unwrap_or(&1.0),
                ..version
            };
            let canary_requests = if look > self.before { self.requests.1 } else { 0 };
            let stable = send(rng, self.requests.0, drifted(self.stable), self.connections);
            let canary = send(rng, canary_requests, drifted(self.canary), self.connections);
            let number = look.saturating_sub(self.before);
            if errors.observe(Look { stable: stable.0, canary: canary.0 })?.is_worse && spoken.errors == 0 {
                spoken.errors = number;
            }
            if durations.observe(&stable.1, &canary.1)?.is_worse && spoken.durations == 0 {
                spoken.durations = number;
            }
            if spoken.errors > 0 && spoken.durations > 0 {
                break;
            }
        }
        Ok(spoken)
    }

    /// Percent of runs in which errors, durations and either of them spoke, and the median look of the first word.
    fn percentages(self, cell: &str) -> anyhow::Result<[f64; 4]> {
        let spoken = workers::run(cell, RUNS, |rng| self.run(rng))?;
        let percent = |speaks: &dyn Fn(&Spoken) -> bool| {
            let number = spoken.iter().filter(|spoken| speaks(spoken)).count();
            Ok::<f64, anyhow::Error>(
                100.0 * f64::from(u32::try_from(number)?) / f64::from(u32::try_from(RUNS)?),
            )
        };
        let mut first: Vec<u64> = spoken
            .iter()
            .filter_map(|spoken| [spoken.errors, spoken.durations].into_iter().filter(|look| *look > 0).min())
            .collect();
        first.sort_unstable();
        let median = first.get(first.len() / 2).copied().unwrap_or(0);
        Ok([
            percent(&|spoken| spoken.errors > 0)?,
            percent(&|spoken| spoken.durations > 0)?,
            percent(&|spoken| spoken.errors > 0 || spoken.durations > 0)?,
            f64::from(u32::try_from(median)?),
        ])
    }
}

const EVEN: Course = Course {
    stable: Version::failing(0.01),
    canary: Version::failing(0.01),
    connections: Connections::INDEPENDENT,
    requests: (30, 30),
    looks: 20,
    before: 200,
    drifts: false,
};

/// Good canaries, called bad.
pub(crate) fn false_alarms() -> anyhow::Result<String> {
    let mut text = String::from(
        "Good canaries, called bad (60 looks, percent of runs; the goal is 5 for both criteria together):\n\n\
         | error rate | connections | requests a look | looks at stable before | errors | durations | together |\n\
         |---|---|---|---|---|---|---|\n",
    );
    let connections = [
        ("independent", Connections::INDEPENDENT),
        ("10 requests, correlation 0.05", Connections { requests: 10, correlation: 0.05 }),
        ("10 requests, correlation 0.1", Connections { requests: 10, correlation: 0.1 }),
        ("10 requests, correlation 0.3", Connections { requests: 10, correlation: 0.3 }),
    ];
    for (name, connections) in connections {
        for rate in [0.001, 0.01, 0.05] {
            for (requests, before, drifts) in [
                ((30, 30), 200, false),
                ((90, 30), 200, false),
                ((90, 30), 200, true),
                ((90, 30), 24, false),
                ((90, 30), 0, false),
            ] {
                let version = Version::failing(rate);
                let course = Course {
                    stable: version,
                    canary: version,
                    connections,
                    requests,
                    looks: 60,
                    before,
                    drifts,
                };
                let cell = format!("good {name} {rate} {requests:?} {before} {drifts}");
                let [errors, durations, together, _] = course.percentages(&cell)?;
                writeln!(
                    text,
                    "| {} %{} | {name} (effect {:.1}) | {} + {} | {before} | {errors:.1} | {durations:.1} | {together:.1} |",
                    rate * 100.0,
                    if drifts { ", drifting by half to double" } else { "" },
                    connections.design_effect(),
                    requests.0,
                    requests.1
                )?;
            }
        }
    }
    Ok(text)
}

/// Canaries that fail more often, found.
pub(crate) fn bad_canaries() -> anyhow::Result<String> {
    let mut text = String::from(
        "Canaries that fail more often, found (percent of runs, independent requests):\n\n\
         | stable → canary | looks | looks at stable before | found | median look | goal |\n|---|---|---|---|---|---|\n",
    );
    let rows = [
        (0.01, 0.03, (30, 30), 20, 200, "≥ 70 within 600 per version"),
        (0.01, 0.03, (30, 30), 34, 200, "≥ 80 within 1,000 (1,020) per version"),
        (0.01, 0.03, (30, 30), 20, 24, ""),
        (0.01, 0.03, (30, 30), 20, 0, ""),
        (0.01, 0.03, (30, 30), 34, 0, ""),
        (0.01, 0.03, (90, 30), 20, 200, ""),
        (0.01, 0.05, (30, 30), 20, 200, ""),
        (0.05, 0.1, (30, 30), 20, 200, ""),
        (0.01, 0.1, (30, 30), 20, 200, ""),
        (0.01, 0.1, (30, 10), 10, 200, "≥ 95 within 100 of the canary"),
        (0.01, 0.1, (90, 10), 10, 200, "≥ 95 within 100 of the canary"),
        (0.001, 0.1, (30, 10), 10, 200, "≥ 95 within 100 of the canary"),
        (0.01, 0.1, (10, 10), 10, 200, "≥ 95 within 100 of the canary"),
        (0.01, 0.1, (10, 10), 15, 200, ""),
    ];
    for (stable, canary, requests, looks, before, goal) in rows {
        let course = Course {
            stable: Version::failing(stable),
            canary: Version::failing(canary),
            requests,
            looks,
            before,
            ..EVEN
        };
        let [errors, _, _, median] =
            course.percentages(&format!("bad {stable} {canary} {requests:?} {looks} {before}"))?;
        writeln!(
            text,
            "| {} → {} % | {looks} of {} + {} | {before} | {errors:.1} | {median} | {goal} |",
            stable * 100.0,
            canary * 100.0,
            requests.0,
            requests.1
        )?;
    }
    Ok(text)
}

/// Canaries whose durations changed.
pub(crate) fn durations() -> anyhow::Result<String> {
    let mut text = String::from(
        "Canaries whose durations changed (20 looks of 30 + 30, lognormal, median 20 ms, spread 0.6):\n\n\
         | canary | called bad, percent | median look |\n|---|---|---|\n",
    );
    let rows = [
        ("same", 0.02, 0.6),
        ("half as slow again", 0.03, 0.6),
        ("twice as slow", 0.04, 0.6),
        ("same median, spread 0.9", 0.02, 0.9),
        ("same median, spread 1.2", 0.02, 1.2),
        ("a third faster", 0.013, 0.6),
        ("same median, spread 0.3", 0.02, 0.3),
    ];
    for (name, median_seconds, log_deviation) in rows {
        let canary = Version { error_rate: 0.01, median_seconds, log_deviation };
        let [_, durations, _, median] = Course { canary, ..EVEN }.percentages(&format!("duration {name}"))?;
        writeln!(text, "| {name} | {durations:.1} | {median} |")?;
    }
    Ok(text)
}
