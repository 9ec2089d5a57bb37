//! `dashly-genai-gateway`: the gateway as a container runs it. Configured by the environment.

use clap::{Parser, Subcommand};
use dashly_gateway::{GatewayConfig, SETTINGS_HELP, start};
use dashly_process::{PROBE_PATIENCE, Settings, probe_live};
use dashly_telemetry::{LogFilter, LogFormat, start_logs};
use std::process::ExitCode;

/// The system's allocator makes the threads of a busy gateway wait for each other.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// The GenAI gateway of Dashly, the only holder of the model provider's key. Serves when it is given no command.
#[derive(Debug, Parser)]
#[command(name = "dashly-genai-gateway", version, max_term_width = 100)]
#[command(after_help = SETTINGS_HELP)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Ask the gateway on this machine whether it is live, as a container's health check does
    #[command(after_help = "\
Needs nothing but PORT (4000), where the gateway listens. Exit code: 0 when http://127.0.0.1:$PORT/health/live answers \
200 within 2 seconds, else 1.")]
    Healthcheck,
}

#[tokio::main]
async fn main() -> ExitCode {
    match Cli::parse().command {
        None => serve().await,
        Some(Command::Healthcheck) => healthcheck().await,
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place where this program reads its environment")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

async fn serve() -> ExitCode {
    let config = GatewayConfig::read(&mut Settings::new(&variable), "0.0.0.0");
    match &config {
        Ok(config) => start_logs(config.log_format, &config.log_filter),
        Err(_) => start_logs(LogFormat::default(), &LogFilter::default()),
    }
    let served = async { start(&config?).await?.run().await };
    match served.await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Says nothing when the gateway is live.
#[expect(clippy::print_stderr, reason = "a check that failed says why in one line")]
async fn healthcheck() -> ExitCode {
    let asked = async {
        let port = Settings::new(&variable).value("PORT", "4000", "a number from 1 to 65535")?;
        Ok(probe_live(port, PROBE_PATIENCE).await?)
    };
    match asked.await {
        Ok(()) => ExitCode::SUCCESS,
        Err::<(), anyhow::Error>(error) => {
            eprintln!("dashly-genai-gateway: {error:#}");
            ExitCode::FAILURE
        }
    }
}
