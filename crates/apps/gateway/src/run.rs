//! From a configuration to a process that serves until it is told to stop.

use crate::app::{GatewayParts, GatewayRoutes, build};
use crate::config::GatewayConfig;
use anyhow::Context;
use dashly_process::{OperatingSystemIds, SystemClock, stop_signal};
use dashly_telemetry::{Health, Phase, Tasks};
use dashly_web::{ServeOptions, serve};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

/// Streams in progress get this long to end.
const FINISH_TIMEOUT: Duration = Duration::from_secs(30);
/// Background work gets this long to finish at the end.
const FINISH_PATIENCE: Duration = Duration::from_secs(5);

/// A gateway whose port is open; callers wait until it is run.
#[derive(Debug)]
pub struct StartedGateway {
    listener: TcpListener,
    address: SocketAddr,
    routes: GatewayRoutes,
    options: ServeOptions,
}

/// Opens the port that `config` names, and assembles a gateway behind it.
///
/// # Errors
/// Whatever keeps the gateway from starting, in words for the operator.
pub async fn start(config: &GatewayConfig) -> anyhow::Result<StartedGateway> {
    let (host, port) = (config.host, config.port);
    let listener = TcpListener::bind((host, port)).await.with_context(|| {
        format!("cannot listen on {host} port {port}; set PORT (or HOST) to another one if it is taken")
    })?;
    start_on(listener, config).await
}

/// Assembles a gateway behind a port that is open already.
///
/// # Errors
/// Whatever keeps the gateway from starting, in words for the operator.
pub async fn start_on(listener: TcpListener, config: &GatewayConfig) -> anyhow::Result<StartedGateway> {
    let (health, tasks) = (Health::default(), Tasks::default());
    let parts = GatewayParts {
        clock: Arc::new(SystemClock),
        ids: Arc::new(OperatingSystemIds),
        health: health.clone(),
        tasks: tasks.clone(),
    };
    let routes = build(config, parts).await?;
    let address = listener.local_addr()?;
    let options = ServeOptions { drain: config.drain, finish: FINISH_TIMEOUT, health, tasks };
    Ok(StartedGateway { listener, address, routes, options })
}

impl StartedGateway {
    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until SIGTERM or Ctrl-C, then lets calls in progress end, thirty seconds at most.
    ///
    /// # Errors
    /// When signals cannot be listened for.
    pub async fn run(self) -> anyhow::Result<()> {
        let Self { listener, address, routes, options } = self;
        let stop = stop_signal()?;
        let tasks = options.tasks.clone();
        options.health.set_phase(Phase::Ready);
        tracing::info!(socket = %address, "serving");
        serve(listener, routes, options, stop).await;
        if !tasks.shut_down(FINISH_PATIENCE).await {
            tracing::warn!("some background work did not end in time");
        }
        tracing::info!("stopped");
        Ok(())
    }
}
