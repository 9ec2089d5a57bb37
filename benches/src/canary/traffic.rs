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

/// So many requests at one version: the count of errors, and requests by class of duration.
pub(crate) fn send(
    rng: &mut Rng,
    requests: u64,
    version: Version,
    connections: Connections,
) -> (ArmCount, Vec<u64>) {
    let mut classes = vec![0; EDGES.len() + 1];
    let mut arm = ArmCount { requests, marked: 0 };
    let mut left = requests;
    while left > 0 {
        let together = connections.requests.min(left);
        left -= together;
        let rate = connection_rate(rng, version.error_rate, connections.correlation);
        let shared = normal(rng) * connections.correlation.sqrt();
        for _ in 0..together {
            arm.marked += u64::from(rng.f64() < rate);
            let deviate = shared + (1.0 - connections.correlation).sqrt() * normal(rng);
            let seconds = version.median_seconds * (version.log_deviation * deviate).exp();
            let class = EDGES.iter().take_while(|edge| seconds > **edge).count();
            if let Some(count) = classes.get_mut(class) {
                *count += 1;
            }
        }
    }
    (arm, classes)
}

/// The error rate of one connection: beta distributed, so that two of its requests correlate as asked.
fn connection_rate(rng: &mut Rng, rate: f64, correlation: f64) -> f64 {
    if correlation <= 0.0 {
        return rate;
    }
    let size = 1.0 / correlation - 1.0;
    let (up, down) = (gamma(rng, rate * size), gamma(rng, (1.0 - rate) * size));
    if up + down > 0.0 { up / (up + down) } else { 0.0 }
}

/// G. E. P. Box and M. E. Muller, 1958.
fn normal(rng: &mut Rng) -> f64 {
    (-2.0 * (1.0 - rng.f64()).ln()).sqrt() * (2.0 * PI * rng.f64()).cos()
}

/// G. Marsaglia and W. W. Tsang, 2000.
fn gamma(rng: &mut Rng, shape: f64) -> f64 {
    if shape < 1.0 {
        return gamma(rng, shape + 1.0) * (1.0 - rng.f64()).powf(1.0 / shape);
    }
    let third = shape - 1.0 / 3.0;
    let scale = 1.0 / (9.0 * third).sqrt();
    loop {
        let deviate = normal(rng);
        let cube = (1.0 + scale * deviate).powi(3);
        if cube > 0.0
            && (1.0 - rng.f64()).ln() < 0.5 * deviate * deviate + third - third * cube + third * cube.ln()
        {
            return third * cube;
        }
    }
}
