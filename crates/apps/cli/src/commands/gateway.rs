//! `dashly gateway`, `dashly gateway-key` and `dashly fake-upstream`.

use crate::environment;
use crate::output::say;
use anyhow::Context;
use clap::Args;
use dashly_fake_upstream::{FakeUpstream, Options, SCENARIO_HEADER, Scenario};
use dashly_gateway::{GatewayConfig, new_virtual_key, start};
use dashly_process::{OperatingSystemIds, Settings, stop_signal};
use dashly_telemetry::{LogFilter, LogFormat, start_logs};
use serde_json::json;
use std::process::ExitCode;
use tokio::net::TcpListener;

/// The gateway as a deployment runs it.
pub(crate) async fn gateway() -> anyhow::Result<ExitCode> {
    let config = GatewayConfig::read(&mut Settings::new(&environment::variable), environment::ANY_HOST);
    match &config {
        Ok(config) => start_logs(config.log_format, &config.log_filter),
        Err(_) => start_logs(LogFormat::default(), &LogFilter::default()),
    }
    start(&config?).await?.run().await?;
    Ok(ExitCode::SUCCESS)
}

/// What `dashly gateway-key` takes.
#[derive(Debug, Args)]
pub(crate) struct KeyArguments {
    /// Name of the caller, as counters and the audit show it
    name: String,
    /// Print as JSON
    #[arg(long)]
    json: bool,
}

/// Makes a key, and the lines of `gateway.toml` that let its holder in. Stores nothing.
pub(crate) fn gateway_key(arguments: &KeyArguments) -> ExitCode {
    let (key, hash) = new_virtual_key(&OperatingSystemIds);
    if arguments.json {
        say!("{}", json!({ "name": arguments.name, "key": key.expose(), "hash": hash }));
    } else {
        say!("The caller's key, shown only now:\n\n  {}\n", key.expose());
        say!("Add to gateway.toml, which may happen while the gateway runs:\n");
        say!("[[keys]]\nname = {:?}\nhash = {hash:?}", arguments.name);
    }
    ExitCode::SUCCESS
}

/// What `dashly fake-upstream` takes.
#[derive(Debug, Args)]
pub(crate) struct FakeArguments {
    /// Port on this machine; 0 takes any free one
    #[arg(long, default_value_t = 4010)]
    port: u16,
    /// What every call gets, for instance `delay=300,pause=20`; a call's own header x-fake-scenario comes first
    #[arg(long, default_value = "pause=20")]
    scenario: Scenario,
}

/// Runs the scripted provider until it is told to stop.
pub(crate) async fn fake_upstream(arguments: FakeArguments) -> anyhow::Result<ExitCode> {
    let port = arguments.port;
    let listener = TcpListener::bind(("127.0.0.1", port))
        .await
        .with_context(|| format!("cannot listen on 127.0.0.1 port {port}; choose another with --port"))?;
    let stop = stop_signal()?;
    let upstream = FakeUpstream::start(listener, Options { scenario: arguments.scenario })?;
    say!("A fake model provider is up at {}; every reply says that it is fake.\n", upstream.url());
    say!("Start a gateway in front of it:\n");
    say!("  ANTHROPIC_BASE_URL={} ANTHROPIC_API_KEY=fake dashly gateway\n", upstream.url());
    say!(
        "A request's header {SCENARIO_HEADER} chooses what goes wrong, for instance `status=529`. Stop with Ctrl-C."
    );
    stop.await;
    Ok(ExitCode::SUCCESS)
}
