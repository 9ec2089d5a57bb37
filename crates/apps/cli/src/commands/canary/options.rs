//! Where to look, how long, and what is allowed.

use clap::{Args, ValueEnum};
use dashly_canary::{Guardrail, GuardrailWindow, Limits};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

/// What `dashly canary judge` takes.
#[derive(Debug, Args)]
pub(crate) struct JudgeArguments {
    #[command(flatten)]
    pub(super) source: SourceOptions,
    #[command(flatten)]
    pub(super) judge: JudgeOptions,
}

/// Where the counters are read.
#[derive(Debug, Args)]
#[group(skip)]
#[command(group = clap::ArgGroup::new("where").required(true).multiple(true))]
pub(crate) struct SourceOptions {
    /// Address of a stable server; may be given more than once
    #[arg(long, group = "where", value_name = "URL", requires = "canary", conflicts_with_all = ["prometheus", "kubernetes"])]
    pub(super) stable: Vec<String>,
    /// Address of a canary server; may be given more than once
    #[arg(long, value_name = "URL", requires = "stable")]
    pub(super) canary: Vec<String>,
    /// Address of a Prometheus server that scrapes both versions
    #[arg(long, group = "where", value_name = "URL", conflicts_with = "kubernetes")]
    pub(super) prometheus: Option<String>,
    /// Find the pods with kubectl, and read their metrics through the cluster's API server
    #[arg(long, group = "where")]
    pub(super) kubernetes: bool,
    /// Namespace of the pods
    #[arg(long, default_value = "dashly")]
    pub(super) namespace: String,
    /// Which service is judged
    #[arg(long, value_enum, default_value = "api")]
    pub(super) service: Service,
    /// Labels of stable's series in Prometheus [default: app="SERVICE",version="stable"]
    #[arg(long, value_name = "LABELS", requires = "prometheus")]
    pub(super) stable_selector: Option<String>,
    /// Labels of the canary's series in Prometheus [default: app="SERVICE",version="canary"]
    #[arg(long, value_name = "LABELS", requires = "prometheus")]
    pub(super) canary_selector: Option<String>,
}

/// The services of Dashly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Service {
    /// The main API
    Api,
    /// The gateway to language models
    GenaiGateway,
}

impl Service {
    /// The value of the label `app`.
    pub(super) fn app(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::GenaiGateway => "genai-gateway",
        }
    }

    /// The port with `/metrics`.
    pub(super) fn port(self) -> u16 {
        match self {
            Self::Api => 3000,
            Self::GenaiGateway => 4000,
        }
    }
}

/// How to judge and where to tell it.
#[derive(Debug, Clone, Args)]
pub(crate) struct JudgeOptions {
    /// File in which everything seen so far is kept; started again with it, the judge continues
    #[arg(long, value_name = "FILE")]
    pub(super) state: Option<PathBuf>,
    /// File for the report as one HTML page, written at the end
    #[arg(long, value_name = "FILE.html")]
    pub(super) report: Option<PathBuf>,
    /// Print the verdict as JSON
    #[arg(long)]
    pub(super) json: bool,
    /// Time between two looks, such as 5s; the shorter, the sooner a gross fault is stopped
    #[arg(long, default_value = "5s", value_parser = duration)]
    pub(super) interval: Duration,
    /// Time after which there is no more waiting, such as 30m; counted from the first look at this canary
    #[arg(long, default_value = "30m", value_parser = duration)]
    pub(super) timeout: Duration,
    /// Requests of the canary, and of stable, before a promotion
    #[arg(long, default_value_t = Limits::default().least_requests)]
    pub(super) least_requests: u64,
    /// Looks with traffic of the canary before a promotion
    #[arg(long, default_value_t = Limits::default().least_looks)]
    pub(super) least_looks: u64,
    /// Time since the canary's first request before a promotion
    #[arg(long, default_value = "2m", value_parser = duration)]
    pub(super) least_time: Duration,
    /// Time after the canary's first request, and after each start of a further pod, whose durations do not count: a new
    /// process is slower at first. 0s for none
    #[arg(long, default_value = "30s", value_parser = duration_or_none)]
    pub(super) warm_up: Duration,
    /// By how much the error rate may be higher, as far as the data can exclude, for a promotion: 0.02 is two points
    #[arg(long, default_value_t = Limits::default().error_margin, value_parser = share)]
    pub(super) error_margin: f64,
    /// Restarts of canary pods that roll it back while stable has none; where stable has some, their shares are compared
    #[arg(long, default_value_t = Limits::default().bad_restarts, value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) bad_restarts: u64,
    /// Looks in a row without any answer of a canary pod, while stable answers, that roll it back
    #[arg(long, default_value_t = Limits::default().bad_unreachable_looks, value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) bad_unreachable_looks: u64,
    /// Growth of the canary's memory beside stable's that rolls it back: 1.5 is half as much again
    #[arg(long, default_value_t = Limits::default().bad_memory_growth, value_parser = growth)]
    pub(super) bad_memory_growth: f64,
    /// Experiment whose conversions must not suffer: visitors whom the canary exposed first are compared with stable's; may
    /// be given more than once
    #[arg(long, value_name = "TEST_ID")]
    pub(super) guardrail: Vec<String>,
    /// How long after the first exposure a conversion counts for a guardrail; judging it begins so long after the canary
    #[arg(long, value_enum, default_value = "10m", requires = "guardrail")]
    pub(super) guardrail_window: Window,
    /// By how much a guardrail's conversions may be lower, as far as the data can exclude, for a promotion: 0.5 is half; with
    /// 1 the canary only has to have visitors
    #[arg(long, default_value_t = 0.5, value_parser = share, requires = "guardrail")]
    pub(super) guardrail_margin: f64,
}

/// How long after the first exposure a conversion counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Window {
    /// A minute
    #[value(name = "1m")]
    Minute,
    /// Ten minutes
    #[value(name = "10m")]
    TenMinutes,
    /// An hour
    #[value(name = "1h")]
    Hour,
}

impl JudgeOptions {
    /// What the judge is told.
    pub(super) fn limits(&self) -> Limits {
        Limits {
            least_requests: self.least_requests,
            least_looks: self.least_looks,
            least_seconds: self.least_time.as_secs_f64(),
            warm_up_seconds: self.warm_up.as_secs_f64(),
            error_margin: self.error_margin,
            bad_restarts: self.bad_restarts,
            bad_unreachable_looks: self.bad_unreachable_looks,
            bad_memory_growth: self.bad_memory_growth,
        }
    }

    /// The experiments that it is told to watch.
    pub(super) fn guardrails(&self) -> Vec<Guardrail> {
        let window = match self.guardrail_window {
            Window::Minute => GuardrailWindow::Minute,
            Window::TenMinutes => GuardrailWindow::TenMinutes,
            Window::Hour => GuardrailWindow::Hour,
        };
        let of =
            |test_id: &String| Guardrail { test_id: test_id.clone(), window, margin: self.guardrail_margin };
        let named: BTreeSet<&String> = self.guardrail.iter().collect();
        named.into_iter().map(of).collect()
    }
}

/// A time such as `500ms`, `30s`, `10m` or `1h`; a plain number is seconds.
fn duration(text: &str) -> Result<Duration, String> {
    match duration_or_none(text)? {
        Duration::ZERO => Err("must be 1ms at least".to_owned()),
        duration => Ok(duration),
    }
}

/// The same, with 0 for none at all.
fn duration_or_none(text: &str) -> Result<Duration, String> {
    let digits = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(digits).unwrap_or((text, ""));
    let number: u64 = number.parse().map_err(|_| "expected a time such as 5s, 10m or 1h".to_owned())?;
    let milliseconds = match unit {
        "ms" => Some(number),
        "" | "s" => number.checked_mul(1_000),
        "m" => number.checked_mul(60_000),
        "h" => number.checked_mul(3_600_000),
        _ => return Err("the unit must be ms, s, m or h".to_owned()),
    };
    match milliseconds {
        Some(milliseconds @ ..=2_592_000_000) => Ok(Duration::from_millis(milliseconds)),
        _ => Err("must be 30 days at most".to_owned()),
    }
}

fn share(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(value) if 0.0 < value && value <= 1.0 => Ok(value),
        _ => Err("expected a number above 0 and up to 1, such as 0.02".to_owned()),
    }
}

fn growth(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(value) if 1.0 < value && value <= 1_000.0 => Ok(value),
        _ => Err("expected a number above 1, such as 1.5".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::duration;
    use std::time::Duration;

    #[test]
    fn times_have_a_unit_or_are_seconds() {
        assert_eq!(duration("5"), Ok(Duration::from_secs(5)));
        assert_eq!(duration("50ms"), Ok(Duration::from_millis(50)));
        assert_eq!(duration("2h"), Ok(Duration::from_hours(2)));
        for wrong in ["", "s", "5x", "0s", "-1s", "99999999h", "184467440737095516160s"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
