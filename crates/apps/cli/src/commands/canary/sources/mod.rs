//! Where the counters of both versions come from.

mod kubernetes;
mod pages;
mod prometheus;

use super::options::SourceOptions;
use crate::environment;
use anyhow::Context;
use dashly_canary::{ArmReading, Observation, PodReading, PodState, parse_exposition};
use dashly_kernel::Clock;
use dashly_process::SystemClock;
use kubernetes::Kubernetes;
use pages::Pages;
use prometheus::Prometheus;
use std::time::Duration;

/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// A place to look at.
#[derive(Debug)]
pub(super) enum Source {
    Pages(Pages),
    Prometheus(Prometheus),
    Kubernetes(Kubernetes),
}

impl Source {
    /// The place that the options name.
    pub(super) fn new(options: &SourceOptions) -> anyhow::Result<Self> {
        if options.kubernetes {
            let program = environment::variable("KUBECTL").unwrap_or_else(|| "kubectl".to_owned());
            return Ok(Self::Kubernetes(Kubernetes::new(program, options)));
        }
        let client =
            reqwest::Client::builder().timeout(PATIENCE).build().context("cannot make an HTTP client")?;
        match &options.prometheus {
            Some(address) => Ok(Self::Prometheus(Prometheus::new(client, address, options))),
            None => Ok(Self::Pages(Pages::new(client, options))),
        }
    }

    /// One look at stable, and at the canary unless only stable is asked for.
    pub(super) async fn look(&self, has_canary: bool) -> anyhow::Result<Observation> {
        let canary =
            async { if has_canary { self.arm(Arm::Canary).await } else { Ok(ArmReading::default()) } };
        let (stable, canary) = tokio::try_join!(self.arm(Arm::Stable), canary)?;
        Ok(Observation { at: now(), stable, canary })
    }

    async fn arm(&self, arm: Arm) -> anyhow::Result<ArmReading> {
        match self {
            Self::Pages(pages) => Ok(pages.look(arm).await),
            Self::Prometheus(prometheus) => prometheus.look(arm).await,
            Self::Kubernetes(kubernetes) => kubernetes.look(arm).await,
        }
    }
}

/// Which version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arm {
    Stable,
    Canary,
}

impl Arm {
    /// The value of the label `version`.
    fn label(self) -> &'static str {
        match self {
            Self::Stable => "stable",
            Self::Canary => "canary",
        }
    }
}

/// Seconds since 1970.
#[expect(
    clippy::cast_precision_loss,
    clippy::as_conversions,
    reason = "microseconds fit until the year 2255"
)]
pub(super) fn now() -> f64 {
    SystemClock.now().unix_micros() as f64 / 1e6
}

/// A pod from the text of its `/metrics`.
fn pod_of_text(text: &str, restarts: Option<u64>) -> PodState {
    match PodReading::from_samples(&parse_exposition(text)) {
        Ok(reading) => PodState::Read(PodReading { restarts, ..reading }),
        Err(error) => PodState::Unreachable { reason: error.to_string(), restarts },
    }
}
