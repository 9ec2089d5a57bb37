//! The report of a simulation: numbers for machines, text for people, and a verdict.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Plan;
use super::comparison::{Comparison, Growth, ServerCounts};
use super::finding::{self, Arm, Finding};
use super::tally::Tally;
use crate::failures::{self, Failure, FailureGroup};
use crate::ratio::ratio;
use crate::replies::Experiment;
use crate::table;
use crate::wording::{counted, percent, seconds, seed_line};

/// What a simulation found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SimulateReport {
    /// Where the server was asked.
    pub base_url: String,
    /// Number of visitors.
    pub users: u32,
    /// How often each came back.
    pub return_visits: u32,
    /// Repeats the choices of this run.
    pub seed: u64,
    /// Conversion probability by variant.
    pub rates: BTreeMap<String, f64>,
    /// Time from the first to the last visitor, in milliseconds.
    pub wall_time_ms: u64,
    /// Requests of the visitors.
    pub requests: u64,
    /// Those without a usable answer.
    pub failed_requests: u64,
    /// The running tests, in the server's order.
    pub experiments: Vec<ExperimentReport>,
    /// What went wrong, by kind.
    pub failures: Vec<FailureGroup>,
    /// The server's counts against its acknowledgements.
    pub comparison: Comparison,
}

/// One test.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ExperimentReport {
    /// Its id.
    pub test_id: String,
    /// The event that counts.
    pub target_event: String,
    /// Its variants by name.
    pub variants: Vec<VariantReport>,
    /// Each variant against the control.
    pub findings: Vec<Finding>,
}

/// One variant, from the side of the visitors and from the side of the server.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VariantReport {
    /// Its name.
    pub variant: String,
    /// Visitors with an acknowledged exposure.
    pub visitors: u64,
    /// Those with an acknowledged target event.
    pub conversions: u64,
    /// Conversions per visitor; nothing without visitors.
    pub observed_rate: Option<f64>,
    /// Growth of the server's counts; nothing without a sign-in.
    pub server: Option<ServerCounts>,
    /// Converters per exposure in that growth; nothing without exposures.
    pub server_rate: Option<f64>,
}

/// Puts the report together.
pub(super) fn assemble(
    plan: &Plan,
    seed: u64,
    users: u32,
    wall_time_ms: u64,
    mut tally: Tally,
    growth: Option<Result<Growth, Failure>>,
) -> SimulateReport {
    tally.look_for_missing_exposures();
    let comparison = match &growth {
        None => Comparison::NotMade,
        Some(Err(failure)) => Comparison::Failed { reason: failure.to_string() },
        Some(Ok(growth)) => {
            Comparison::Made { differences: growth.differences(&tally.exposed, &tally.converted) }
        }
    };
    let growth = growth.and_then(Result::ok);
    let experiments =
        plan.experiments.iter().map(|experiment| report(experiment, &tally, growth.as_ref())).collect();
    SimulateReport {
        base_url: plan.site.base_url().to_owned(),
        users,
        return_visits: plan.return_visits,
        seed,
        rates: plan.rates.clone(),
        wall_time_ms,
        requests: tally.requests,
        failed_requests: tally.failed_requests,
        experiments,
        failures: tally.failures.into_groups(),
        comparison,
    }
}

fn report(experiment: &Experiment, tally: &Tally, growth: Option<&Growth>) -> ExperimentReport {
    let test_id = &experiment.test_id;
    let variants: Vec<VariantReport> = experiment
        .variants
        .keys()
        .map(|variant| {
            let key = (test_id.clone(), variant.clone());
            let visitors = tally.exposed.get(&key).copied().unwrap_or_default();
            let conversions = tally.converted.get(&key).copied().unwrap_or_default();
            let server = growth.map(|growth| growth.of(test_id, variant));
            VariantReport {
                variant: variant.clone(),
                visitors,
                conversions,
                observed_rate: ratio(conversions, visitors),
                server,
                // More converters than exposures can only come from a wrong server, and then show.
                server_rate: server.and_then(|server| {
                    ratio(u64::try_from(server.converters).ok()?, u64::try_from(server.exposures).ok()?)
                }),
            }
        })
        .collect();
    let control = growth.and_then(|growth| growth.control(test_id));
    ExperimentReport {
        test_id: test_id.clone(),
        target_event: experiment.target_event.clone(),
        findings: findings(&variants, control.map(String::as_str)),
        variants,
    }
}

/// Every variant against the control: the one the results name, else A, else the first.
fn findings(variants: &[VariantReport], control: Option<&str>) -> Vec<Finding> {
    let named = |name: &str| variants.iter().find(|variant| variant.variant == name);
    let Some(control) = control.and_then(named).or_else(|| named("A")).or(variants.first()) else {
        return Vec::new();
    };
    let others = variants.iter().filter(|variant| variant.variant != control.variant);
    others.map(|variant| finding::compare(arm(control), arm(variant))).collect()
}

fn arm(variant: &VariantReport) -> Arm<'_> {
    Arm { variant: &variant.variant, visitors: variant.visitors, conversions: variant.conversions }
}

impl SimulateReport {
    /// 0 when every request succeeded, no answer contradicts another and the server counts what it
    /// acknowledged (or was not asked), else 1. Whether a difference was detected plays no part: that is
    /// chance.
    pub fn exit_code(&self) -> u8 {
        let counted = match &self.comparison {
            Comparison::NotMade => true,
            Comparison::Failed { .. } => false,
            Comparison::Made { differences } => differences.is_empty(),
        };
        u8::from(!(self.failures.is_empty() && counted))
    }

    /// The report as plain text, ended by a line feed.
    pub fn render(&self) -> String {
        let mut text = self.render_heading();
        for experiment in &self.experiments {
            text.push('\n');
            text.push_str(&experiment.render());
        }
        text.push('\n');
        text.push_str(&failures::render(&self.failures));
        text.push_str(&self.render_comparison());
        text
    }

    fn render_heading(&self) -> String {
        let rates: Vec<String> =
            self.rates.iter().map(|(variant, rate)| format!("{variant} {}", percent(Some(*rate)))).collect();
        let back = if self.return_visits == 0 {
            String::new()
        } else {
            format!(" (and {} each)", counted(u64::from(self.return_visits), "return visit"))
        };
        format!(
            "{}{back} at {} in {}: {}, {} failed.\n\
             {} Conversion probabilities: {}.\n",
            counted(u64::from(self.users), "visitor"),
            self.base_url,
            seconds(self.wall_time_ms),
            counted(self.requests, "request"),
            self.failed_requests,
            seed_line(self.seed),
            rates.join(", "),
        )
    }

    fn render_comparison(&self) -> String {
        match &self.comparison {
            Comparison::NotMade => {
                "The server's counts were not compared: that needs the sign-in of an administrator.\n"
                    .to_owned()
            }
            Comparison::Failed { reason } => {
                format!("The server's counts could not be compared: {reason}\n")
            }
            Comparison::Made { differences } if differences.is_empty() => {
                "The server counts exactly what it acknowledged.\n".to_owned()
            }
            Comparison::Made { differences } => {
                let mut text = "The server does not count what it acknowledged:\n".to_owned();
                for difference in differences {
                    text.extend(["  ", &difference.sentence, "\n"]);
                }
                text.push_str(
                    "  Other traffic at the same time, or a request that was stored but whose answer was lost, would \
                     explain a surplus. Nothing harmless explains what is missing.\n",
                );
                text
            }
        }
    }
}

impl ExperimentReport {
    fn render(&self) -> String {
        let mut heading = vec!["variant", "visitors", "conversions", "observed rate"];
        let compared = self.variants.iter().any(|variant| variant.server.is_some());
        if compared {
            heading.extend(["server's exposures", "events", "converters", "rate"]);
        }
        let rows = self.variants.iter().map(VariantReport::cells);
        let mut text = format!("{} (target event {})\n", self.test_id, self.target_event);
        text.push_str(&table::align(&heading, rows));
        for finding in &self.findings {
            text.extend(["  ", &finding.sentence, "\n"]);
        }
        text
    }
}

impl VariantReport {
    fn cells(&self) -> Vec<String> {
        let mut cells = vec![
            self.variant.clone(),
            self.visitors.to_string(),
            self.conversions.to_string(),
            percent(self.observed_rate),
        ];
        if let Some(server) = &self.server {
            cells.extend([
                server.exposures.to_string(),
                server.events.to_string(),
                server.converters.to_string(),
                percent(self.server_rate),
            ]);
        }
        cells
    }
}
