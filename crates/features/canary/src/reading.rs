//! What one pod has counted since its start.

use crate::visitors::read_visitors;
use crate::{Sample, Visitors};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Durations of requests by route and status, in all of Dashly's servers.
const HTTP: &str = "dashly_http_request_duration_seconds";
/// Durations of calls to a model by their outcome, in the gateway.
const CALLS: &str = "gen_ai_client_operation_duration_seconds";
/// Which build runs, in all of Dashly's servers.
const BUILD: &str = "build_info";
/// Outcomes of such calls that are errors of the service. A refusal is the caller's fault, and a caller may leave.
const FAILED_CALLS: [&str; 2] = ["provider_error", "failed"];
/// What asks a pod how it is, which is no traffic.
const OWN_ROUTES: [&str; 5] = ["/health/live", "/health/ready", "/api/health", "/metrics", "/api/metrics"];

/// The samples hold no histogram of requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "there is neither {HTTP} nor {CALLS} nor a process's start time in what was read; is this the /metrics of a Dashly \
     server?"
)]
pub struct NotDashly;

/// Requests by class of duration.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Histogram {
    /// Upper edges of the classes in seconds, rising, without the infinite one.
    pub edges: Vec<f64>,
    /// Requests in each class, one more than there are edges.
    pub classes: Vec<u64>,
}

/// One pod's counters since its start.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct PodReading {
    /// When the process started, in seconds since 1970, if it says so.
    pub started_at: Option<f64>,
    /// Memory that the process holds, in bytes, if it says so.
    pub memory_bytes: Option<f64>,
    /// Requests answered, without those for health and metrics.
    pub requests: u64,
    /// Those answered with a status of 500 and more, or calls to a model that failed.
    pub errors: u64,
    /// Their durations by the name of the histogram.
    pub durations: BTreeMap<String, Histogram>,
    /// How often the container was started again, if somebody counts.
    #[serde(default)]
    pub restarts: Option<u64>,
    /// Which version it says it is.
    #[serde(default)]
    pub app_version: Option<String>,
    /// Visitors of experiments.
    #[serde(default)]
    pub visitors: Visitors,
}

impl PodReading {
    /// Reads what a pod publishes.
    /// # Errors
    /// [`NotDashly`].
    pub fn from_samples(samples: &[Sample]) -> Result<Self, NotDashly> {
        let mut reading = Self {
            started_at: gauge(samples, "process_start_time_seconds"),
            memory_bytes: gauge(samples, "process_resident_memory_bytes"),
            app_version: app_version(samples),
            visitors: read_visitors(samples, whole),
            ..Self::default()
        };
        let routes: BTreeSet<&str> = samples
            .iter()
            .filter(|sample| sample.name.strip_suffix("_count") == Some(HTTP))
            .filter_map(|sample| sample.label("route"))
            .collect();
        let is_known = samples.iter().any(|sample| family(&sample.name).is_some());
        if !is_known && reading.started_at.is_none() {
            return Err(NotDashly);
        }
        // A call that is in both histograms counts once.
        let counts = |sample: &&Sample| {
            let is_own = sample.label("route").is_some_and(|route| OWN_ROUTES.contains(&route));
            let is_twice = sample.label("gen_ai_operation_name").is_some_and(|name| routes.contains(name));
            !is_own && !is_twice
        };
        let mut cumulative: BTreeMap<&str, BTreeMap<Edge, f64>> = BTreeMap::new();
        for sample in samples.iter().filter(counts) {
            match family(&sample.name) {
                Some((_, Part::Count)) => {
                    let number = whole(sample.value);
                    reading.requests += number;
                    reading.errors += if is_error(sample) { number } else { 0 };
                }
                Some((name, Part::Bucket)) => {
                    let edge = sample.label("le").and_then(|edge| edge.parse().ok());
                    // Neither minus infinity nor what is not a number bounds a class.
                    if let Some(edge) = edge.filter(|edge: &f64| *edge > f64::NEG_INFINITY) {
                        *cumulative.entry(name).or_default().entry(Edge(edge)).or_default() += sample.value;
                    }
                }
                None => {}
            }
        }
        reading.durations =
            cumulative.into_iter().map(|(name, sums)| (name.to_owned(), histogram(&sums))).collect();
        Ok(reading)
    }
}

enum Part {
    Count,
    Bucket,
}

fn family(name: &str) -> Option<(&'static str, Part)> {
    [HTTP, CALLS].into_iter().find_map(|family| match name.strip_prefix(family)? {
        "_count" => Some((family, Part::Count)),
        "_bucket" => Some((family, Part::Bucket)),
        _ => None,
    })
}

fn is_error(sample: &Sample) -> bool {
    sample.label("status").is_some_and(|status| status.starts_with('5'))
        || sample.label("outcome").is_some_and(|outcome| FAILED_CALLS.contains(&outcome))
}

/// What the process says it is. A Prometheus server that has a `version` of its own for the pod keeps the process's as
/// `exported_version`.
fn app_version(samples: &[Sample]) -> Option<String> {
    let build = samples.iter().find(|sample| sample.name == BUILD)?;
    build.label("exported_version").or_else(|| build.label("version")).map(str::to_owned)
}

fn gauge(samples: &[Sample], name: &str) -> Option<f64> {
    samples
        .iter()
        .find(|sample| sample.name == name)
        .map(|sample| sample.value)
        .filter(|value| value.is_finite())
}

/// A counter as a number; what is no count is none.
#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float to integer cast saturates, and not a number gives 0"
)]
fn whole(value: f64) -> u64 {
    value.round() as u64
}

/// An edge that can be sorted.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Edge(f64);

impl Eq for Edge {}

impl PartialOrd for Edge {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Edge {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

/// Classes from what lies at or below each edge.
fn histogram(sums: &BTreeMap<Edge, f64>) -> Histogram {
    let mut found = Histogram::default();
    let mut below = 0;
    for (edge, sum) in sums {
        let sum = whole(*sum);
        found.classes.push(sum.saturating_sub(below));
        below = below.max(sum);
        if edge.0.is_finite() {
            found.edges.push(edge.0);
        }
    }
    if found.classes.len() == found.edges.len() {
        found.classes.push(0);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{NotDashly, PodReading};
    use crate::parse_exposition;

    const TEXT: &str = "\
process_start_time_seconds 1700000000
process_resident_memory_bytes 5e7
dashly_http_request_duration_seconds_bucket{method=\"GET\",route=\"/a\",status=\"200\",le=\"0.1\"} 7
dashly_http_request_duration_seconds_bucket{method=\"GET\",route=\"/a\",status=\"200\",le=\"+Inf\"} 9
dashly_http_request_duration_seconds_count{method=\"GET\",route=\"/a\",status=\"200\"} 9
dashly_http_request_duration_seconds_bucket{method=\"GET\",route=\"/a\",status=\"503\",le=\"0.1\"} 2
dashly_http_request_duration_seconds_bucket{method=\"GET\",route=\"/a\",status=\"503\",le=\"+Inf\"} 2
dashly_http_request_duration_seconds_count{method=\"GET\",route=\"/a\",status=\"503\"} 2
dashly_http_request_duration_seconds_count{method=\"GET\",route=\"/a\",status=\"404\"} 3
dashly_http_request_duration_seconds_count{method=\"GET\",route=\"/health/ready\",status=\"503\"} 50
dashly_http_request_duration_seconds_count{method=\"GET\",route=\"/metrics\",status=\"200\"} 50
gen_ai_client_operation_duration_seconds_count{gen_ai_operation_name=\"/a\",outcome=\"failed\"} 2
gen_ai_client_operation_duration_seconds_count{gen_ai_operation_name=\"/task\",outcome=\"provider_error\"} 4
gen_ai_client_operation_duration_seconds_count{gen_ai_operation_name=\"/task\",outcome=\"refused\"} 5
";

    #[test]
    fn probes_are_no_traffic_404_is_no_error_and_a_call_counts_once() {
        let reading = PodReading::from_samples(&parse_exposition(TEXT)).unwrap();
        assert_eq!((reading.requests, reading.errors), (9 + 2 + 3 + 4 + 5, 2 + 4));
        assert_eq!(reading.durations["dashly_http_request_duration_seconds"].classes, [9, 2]);
        assert_eq!(reading.started_at, Some(1.7e9));
        assert_eq!(reading.memory_bytes, Some(5e7));
    }

    #[test]
    fn the_metrics_of_something_else_are_refused() {
        let samples = parse_exposition("go_goroutines 5\n");
        assert_eq!(PodReading::from_samples(&samples), Err(NotDashly));
    }
}
