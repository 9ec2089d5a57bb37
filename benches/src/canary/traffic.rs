//! Requests of two versions, made up.

use dashly_stats::canary::ArmCount;
use fastrand::Rng;
use std::f64::consts::PI;

/// Upper edges of the classes of durations, those of `/metrics`.
pub(crate) const EDGES: [f64; 13] =
    [0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// How a version answers: its error rate, and lognormal durations.
#[derive(Clone, Copy)]
pub(crate) struct Version {
    pub(crate) error_rate: f64,
    pub(crate) median_seconds: f64,
    pub(crate) log_deviation: f64,
}

impl Version {
    pub(crate) const fn failing(error_rate: f64) -> Self {
        Self { error_rate, median_seconds: 0.02, log_deviation: 0.6 }
    }
}

/// How requests come: so many on one connection, with this correlation of errors and of log durations among them.
#[derive(Clone, Copy)]
pub(crate) struct Connections {
    pub(crate) requests: u64,
    pub(crate) correlation: f64,
}

impl Connections {
    pub(crate) const INDEPENDENT: Self = Self { requests: 1, correlation: 0.0 };

    /// By how much the variance of a count exceeds that of independent requests.
    pub(crate) fn design_effect(self) -> f64 {
        let others = u32::try_from(self.requests - 1).unwrap_or(u32::MAX);
        1.0 + f64::from(others) * self.correlation
    }
}

/// So many requests at one version: the count of errors, and, if asked for, requests by class of duration.
pub(crate) fn send(
    rng: &mut Rng,
    requests: u64,
    version: Version,
    connections: Connections,
    with_durations: bool,
) -> (ArmCount, Vec<u64>) {
    let mut classes = vec![0; EDGES.len() + 1];
    let mut arm = ArmCount { requests, marked: 0 };
    let mut left = requests;
    // Edges as deviates, so that no request needs an exponential.
    let edges = EDGES.map(|edge| (edge / version.median_seconds).ln() / version.log_deviation);
    let own = (1.0 - connections.correlation).sqrt();
    while left > 0 {
        let together = connections.requests.min(left);
        left -= together;
        arm.marked += errors_of_connection(rng, together, version.error_rate, connections.correlation);
        if !with_durations {
            continue;
        }
        let shared =
            if connections.correlation > 0.0 { normal(rng) * connections.correlation.sqrt() } else { 0.0 };
        for _ in 0..together {
            let deviate = shared + own * normal(rng);
            let class = edges.iter().take_while(|edge| deviate > **edge).count();
            if let Some(count) = classes.get_mut(class) {
                *count += 1;
            }
        }
    }
    (arm, classes)
}

/// Errors of one connection: beta-binomial, so that two of its requests correlate as asked, drawn from the urn of G. Pólya.
fn errors_of_connection(rng: &mut Rng, requests: u64, rate: f64, correlation: f64) -> u64 {
    let size = if correlation > 0.0 { 1.0 / correlation - 1.0 } else { f64::INFINITY };
    let (mut errors, mut drawn) = (0.0, 0.0);
    let mut number = 0;
    for _ in 0..requests {
        let present = if size.is_finite() { (rate * size + errors) / (size + drawn) } else { rate };
        if rng.f64() < present {
            errors += 1.0;
            number += 1;
        }
        drawn += 1.0;
    }
    number
}

/// G. E. P. Box and M. E. Muller, 1958.
fn normal(rng: &mut Rng) -> f64 {
    (-2.0 * (1.0 - rng.f64()).ln()).sqrt() * (2.0 * PI * rng.f64()).cos()
}
