//! `dashly-genai-gateway`: the gateway as a container runs it. Configured by the environment.

use dashly_gateway::{GatewayConfig, start};
use dashly_process::Settings;
use dashly_telemetry::{LogFilter, LogFormat, start_logs};
use std::process::ExitCode;

/// The system's allocator makes the threads of a busy gateway wait for each other.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

#[tokio::main]
async fn main() -> ExitCode {
    match serve().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place where this program reads its environment")]
async fn serve() -> anyhow::Result<()> {
    let lookup = |name: &str| std::env::var(name).ok();
    let config = GatewayConfig::read(&mut Settings::new(&lookup), "0.0.0.0");
    match &config {
        Ok(config) => start_logs(config.log_format, &config.log_filter),
        Err(_) => start_logs(LogFormat::default(), &LogFilter::default()),
    }
    start(&config?).await?.run().await
}
