//! From a configuration to a process that serves until it is told to stop.

use crate::choice::Version;
use crate::config::EdgeConfig;
use crate::edge::Edge;
use crate::forward::forward;
use crate::{discovery, operator};
use anyhow::Context;
use axum::Router;
use dashly_process::{OperatingSystemIds, stop_signal};
use dashly_telemetry::{Health, Metrics, Phase, Tasks};
use dashly_web::{ServeOptions, serve};
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// Requests in progress get this long to end: streams of the gateway behind it are long.
const FINISH_TIMEOUT: Duration = Duration::from_secs(30);
/// Background work gets this long to finish at the end.
const FINISH_PATIENCE: Duration = Duration::from_secs(5);

/// An edge whose ports are open; callers wait until it is run.
#[derive(Debug)]
pub struct StartedEdge {
    listener: TcpListener,
    admin_listener: TcpListener,
    edge: Edge,
    metrics: Metrics,
    options: ServeOptions,
}

/// Opens the ports that `config` names, and finds the backends.
///
/// # Errors
/// Whatever keeps the edge from starting, in words for the operator.
pub async fn start(config: &EdgeConfig) -> anyhow::Result<StartedEdge> {
    let (host, port) = (config.host, config.port);
    let listener = TcpListener::bind((host, port)).await.with_context(|| {
        format!("cannot listen on {host} port {port}; set PORT (or HOST) to another one if it is taken")
    })?;
    let admin = config.admin;
    let admin_listener = TcpListener::bind(admin).await.with_context(|| {
        format!("cannot listen on {admin} for health and metrics; set EDGE_ADMIN to another address if it is taken")
    })?;
    let (health, tasks) = (Health::default(), Tasks::default());
    let metrics = Metrics::install(&[], &tasks)?;
    let edge = Edge::new(config, Arc::new(OperatingSystemIds), health.clone(), &tasks);
    for version in Version::BOTH {
        let origins = config.origins(version).to_vec();
        if origins.is_empty() {
            continue;
        }
        let mut known = Vec::new();
        discovery::resolve(&edge, version, &origins, &mut known).await;
        let stop = tasks.shutdown_signal();
        tasks.spawn("resolve", discovery::keep_resolving(edge.clone(), version, origins, known, stop));
        tasks.spawn("check", discovery::keep_checking(edge.clone(), version, tasks.shutdown_signal()));
    }
    let options = ServeOptions { drain: config.drain, finish: FINISH_TIMEOUT, health, tasks };
    Ok(StartedEdge { listener, admin_listener, edge, metrics, options })
}

impl StartedEdge {
    /// Where it listens.
    ///
    /// # Errors
    /// When the operating system does not tell.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Where health, metrics and status are.
    ///
    /// # Errors
    /// When the operating system does not tell.
    pub fn admin_address(&self) -> std::io::Result<SocketAddr> {
        self.admin_listener.local_addr()
    }

    /// Serves until SIGTERM or Ctrl-C, then lets requests in progress end, thirty seconds at most.
    ///
    /// # Errors
    /// When signals cannot be listened for.
    pub async fn run(self) -> anyhow::Result<()> {
        let stop = stop_signal()?;
        self.run_until(stop).await
    }

    /// The same until `stop` completes.
    ///
    /// # Errors
    /// When the operating system does not tell where it listens.
    pub async fn run_until(self, stop: impl Future<Output = ()> + Send) -> anyhow::Result<()> {
        let (socket, admin) = (self.address()?, self.admin_address()?);
        let Self { listener, admin_listener, edge, metrics, options } = self;
        let tasks = options.tasks.clone();
        options.health.set_phase(Phase::Ready);
        let weight = edge.weight.current();
        tracing::info!(%socket, %admin, %weight, "serving");
        // Health and metrics are answered until the last request is.
        let (done, is_done) = oneshot::channel::<()>();
        let admin_options =
            ServeOptions { drain: Duration::ZERO, finish: Duration::from_secs(1), ..options.clone() };
        let admin_router = operator::routes(edge.clone(), metrics);
        tasks.spawn("admin", async move {
            // An error says that the other end is gone, which is the same.
            serve(admin_listener, admin_router, admin_options, async { drop(is_done.await) }).await;
        });
        let router = Router::new().fallback(forward).with_state(edge);
        serve(listener, router, options, stop).await;
        drop(done);
        if !tasks.shut_down(FINISH_PATIENCE).await {
            tracing::warn!("some background work did not end in time");
        }
        tracing::info!("stopped");
        Ok(())
    }
}
