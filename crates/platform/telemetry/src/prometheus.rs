//! Metrics in Prometheus' text format.

use crate::{ShutdownSignal, Tasks, process_metrics};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Upper edges of the duration buckets in seconds: fine where answers should be, coarse beyond.
const DURATION_BUCKETS: &[f64] =
    &[0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

const UPKEEP_INTERVAL: Duration = Duration::from_secs(2);

/// The process's metrics. Cheap to clone.
#[derive(Clone)]
pub struct Metrics {
    handle: PrometheusHandle,
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Metrics")
    }
}

/// Another library has taken the process's metrics.
#[derive(Debug, thiserror::Error)]
#[error("could not install the metrics recorder")]
pub struct InstallMetricsError(#[from] metrics_exporter_prometheus::BuildError);

/// One recorder a process, however many servers a test starts in it.
static INSTALLED: Mutex<Option<Metrics>> = Mutex::new(None);

impl Metrics {
    /// Installs the recorder for the whole process, or gives the one installed before. `bounds` are the upper edges of
    /// the buckets of histograms by name, beside those of durations in seconds.
    ///
    /// A task of `tasks` keeps what was recorded small, whether anybody reads it or not.
    ///
    /// # Errors
    /// [`InstallMetricsError`] when another recorder is already there.
    pub fn install(bounds: &[(&str, &[f64])], tasks: &Tasks) -> Result<Self, InstallMetricsError> {
        let metrics = Self::install_recorder(bounds)?;
        tasks.spawn("metrics", metrics.clone().keep_small(tasks.shutdown_signal()));
        Ok(metrics)
    }

    fn install_recorder(bounds: &[(&str, &[f64])]) -> Result<Self, InstallMetricsError> {
        let mut installed = INSTALLED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(metrics) = installed.as_ref() {
            return Ok(metrics.clone());
        }
        let mut builder = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("duration_seconds".to_owned()), DURATION_BUCKETS)?;
        for (name, bounds) in bounds {
            builder = builder.set_buckets_for_metric(Matcher::Full((*name).to_owned()), bounds)?;
        }
        let handle = builder.install_recorder()?;
        let metrics = Self { handle };
        *installed = Some(metrics.clone());
        Ok(metrics)
    }

    /// Says which build runs: `build_info` is always 1, so that it can be joined to any other metric.
    pub fn describe_build(version: &str, revision: &'static str) {
        metrics::gauge!("build_info", "version" => version.to_owned(), "revision" => revision).set(1.0);
    }

    /// Every recorded duration is kept until it is put into its bucket: here, or when somebody reads.
    async fn keep_small(self, stop: ShutdownSignal) {
        loop {
            tokio::select! {
                () = stop.wait() => return,
                () = tokio::time::sleep(UPKEEP_INTERVAL) => self.handle.run_upkeep(),
            }
        }
    }

    /// All metrics as text for a scraper, those of the process among them.
    pub fn render(&self) -> String {
        self.handle.run_upkeep();
        self.handle.render() + &process_metrics::render()
    }
}
