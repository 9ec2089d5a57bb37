//! `dashly results`.

use crate::environment;
use crate::output::say;
use clap::Args;
use dashly_db::Db;
use dashly_experiments::{Decision, ExperimentResults, MetricResults, OpenInterval, read_results_of};
use dashly_kernel::Clock;
use dashly_process::SystemClock;
use std::process::ExitCode;

/// What `dashly results` takes.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Print as JSON
    #[arg(long)]
    json: bool,
}

/// Prints the results, read from the database; the server need not run.
pub(crate) async fn results(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let config = environment::config(environment::LOCAL_HOST)?;
    let db = Db::connect_read_only(&config.database).await?;
    let experiments = read_results_of(&db, &config.tests_file, SystemClock.now()).await?;
    if arguments.json {
        say!("{}", serde_json::to_string_pretty(&experiments)?);
    } else if experiments.is_empty() {
        say!(
            "{} has no experiments yet; docs/experiments.md tells how to add one",
            config.tests_file.display()
        );
    } else {
        experiments.iter().for_each(print_experiment);
    }
    Ok(ExitCode::SUCCESS)
}

fn print_experiment(experiment: &ExperimentResults) {
    say!("{}  (target event {})", experiment.test_id, experiment.target_event);
    say!("  {}", experiment.inference.verdict.sentence);
    say!(
        "  {:<28} {:>10} {:>10} {:>8} {:>11} {:>8}  95 % interval",
        "variant",
        "exposures",
        "events",
        "rate",
        "converters",
        "unique"
    );
    for (key, counts) in experiment.results.iter() {
        let label = experiment.variants.get(key).map_or("", String::as_str);
        let interval = counts.unique_conversion_rate_interval.map_or_else(
            || "–".to_owned(),
            |range| format!("{} to {}", percent(range.low), percent(range.high)),
        );
        say!(
            "  {:<28} {:>10} {:>10} {:>8} {:>11} {:>8}  {interval}",
            format!("{key} {label}"),
            counts.exposures,
            counts.events,
            rate(counts.exposures, counts.conversion_rate),
            counts.converters,
            rate(counts.exposures, counts.unique_conversion_rate),
        );
    }
    experiment.metrics.iter().for_each(|metric| print_metric("metric", metric));
    experiment.guardrails.iter().for_each(|guardrail| print_metric("guardrail", guardrail));
    say!();
}

fn print_metric(heading: &str, metric: &MetricResults) {
    for (variant, comparison) in metric.comparisons.iter() {
        say!(
            "  {:<28} {variant} against the control: {}",
            format!("{heading} {}", metric.name),
            match (comparison.lift, comparison.lift_interval) {
                (Some(lift), Some(range)) => format!(
                    "{} ({}); {}",
                    signed_percent(lift),
                    interval(range),
                    decision(comparison.decision)
                ),
                _ => "not enough data yet".to_owned(),
            }
        );
    }
}

fn interval(range: OpenInterval) -> String {
    let end = |value: Option<f64>| value.map_or_else(|| "no bound".to_owned(), signed_percent);
    format!("{} to {}", end(range.low), end(range.high))
}

/// Better and worse are the metric's own: fewer errors are better.
fn decision(decision: Decision) -> &'static str {
    match decision {
        Decision::KeepRunning => "not decided yet",
        Decision::Better => "better",
        Decision::Worse => "worse",
        Decision::NoPracticalDifference => "no practical difference",
        Decision::Broken => "cannot be trusted",
    }
}

/// A rate of nothing is not 0.
fn rate(exposures: i64, value: f64) -> String {
    if exposures == 0 { "–".to_owned() } else { percent(value) }
}

fn signed_percent(value: f64) -> String {
    format!("{:+.2} %", value * 100.0)
}

fn percent(value: f64) -> String {
    format!("{:.2} %", value * 100.0)
}
