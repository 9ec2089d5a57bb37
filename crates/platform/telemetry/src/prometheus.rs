//! Metrics in Prometheus' text format.

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use std::sync::{Mutex, PoisonError};

/// Upper edges of the duration buckets in seconds: fine where answers should be, coarse beyond.
const DURATION_BUCKETS: &[f64] =
    &[0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

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
    /// Installs the recorder for the whole process, or gives the one installed before.
    ///
    /// # Errors
    /// [`InstallMetricsError`] when another recorder is already there.
    pub fn install() -> Result<Self, InstallMetricsError> {
        let mut installed = INSTALLED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(metrics) = installed.as_ref() {
            return Ok(metrics.clone());
        }
        let handle = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("duration_seconds".to_owned()), DURATION_BUCKETS)?
            .install_recorder()?;
        let metrics = Self { handle };
        *installed = Some(metrics.clone());
        Ok(metrics)
    }

    /// All metrics as text for a scraper.
    pub fn render(&self) -> String {
        self.handle.run_upkeep();
        self.handle.render()
    }
}
