//! What is wired to what.

use crate::callers::{CallerBudgets, Callers, Limiter};
use crate::config::{GatewayConfig, GatewayFile, LiveFile};
use crate::gateway::{Gateway, Parts};
use crate::guard::Guard;
use crate::metering::{Exporter, Meter};
use crate::provider_api::ProviderRoute;
use crate::tasks::{Answers, MOST_BYTES, Protection};
use crate::upstream::{Breakers, Origin, Upstream};
use crate::{metering, operator, provider_api, tasks};
use anyhow::Context;
use axum::body::Body;
use axum::{Router, middleware};
use dashly_cache::{Budgets, RateLimiter, Store};
use dashly_kernel::{Clock, Ids};
use dashly_process::REVISION;
use dashly_telemetry::{Health, Metrics, ShutdownSignal, Tasks};
use dashly_web::{Observe, Routes, method_not_allowed, observe, route_not_found};
use futures_util::FutureExt;
use http::{Request, Response};
use hyper::body::Incoming;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

/// What the outside world provides: real in programs, settable in tests.
#[derive(Clone)]
pub struct GatewayParts {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub ids: Arc<dyn Ids>,
    /// Where components report.
    pub health: Health,
    /// Runs what goes on in the background.
    pub tasks: Tasks,
}

impl std::fmt::Debug for GatewayParts {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("GatewayParts")
    }
}

/// Assembles the gateway from its configuration and the outside world, ready to be served.
///
/// # Errors
/// When the file cannot be used, or the certificates or Redis's address of this machine cannot.
pub async fn build(config: &GatewayConfig, parts: GatewayParts) -> anyhow::Result<GatewayRoutes> {
    build_protected(config, parts, Protection::Full).await
}

/// The same with another protection, which only tests have.
pub(crate) async fn build_protected(
    config: &GatewayConfig,
    parts: GatewayParts,
    protection: Protection,
) -> anyhow::Result<GatewayRoutes> {
    let metrics = Metrics::install(&metering::BOUNDS, &parts.tasks)?;
    Metrics::describe_build(config.app_version.as_str(), REVISION);
    let file = LiveFile::start(&config.file, config.file_is_named, &parts.health, &parts.tasks)
        .with_context(|| format!("GATEWAY_CONFIG: {}", config.file.display()))?;
    let callers = Callers::new(config.token.as_ref());
    let first = file.current();
    if !callers.want_tokens(&first) {
        tracing::warn!("no token is configured: only callers on this machine are served (GATEWAY_TOKEN)");
    }
    if config.provider_keys.is_empty() {
        tracing::info!(
            "no key of the model provider is configured: models are not asked (ANTHROPIC_API_KEY)"
        );
    }
    let connect = first.timeouts.connect;
    let upstream = Upstream::new(&config.provider_url, &config.provider_keys, connect, &parts.tasks)?;
    let limiter = Arc::new(build_limiter(config, &parts).await?);
    let budgets = build_budgets(config, &first, &parts).await?;
    let exporter = match &config.otlp_endpoint {
        None => None,
        Some(endpoint) => {
            let collector = Origin::new(endpoint, connect, &parts.tasks)?;
            Some(Exporter::start(endpoint, config.otlp_interval, collector, &parts.tasks)?)
        }
    };
    let gateway = Gateway::new(Parts {
        instance: Arc::from(parts.ids.token()),
        file,
        callers,
        limiter: Limiter::new(limiter, config.requests_per_minute),
        budgets,
        guard: Guard::default(),
        answers: Answers::new(build_store(config, &parts)?),
        protection,
        upstream,
        breakers: Breakers::default(),
        meter: Arc::new(Meter::new(Arc::clone(&parts.clock), exporter)),
        trusted_proxies: config.trusted_proxies.clone(),
        in_progress: Arc::new(AtomicUsize::new(0)),
        clock: Arc::clone(&parts.clock),
        ids: Arc::clone(&parts.ids),
        health: parts.health.clone(),
        tasks: parts.tasks.clone(),
        app_version: config.app_version.clone(),
    });
    parts.tasks.spawn("budgets", keep_budgets(gateway.clone(), parts.tasks.shutdown_signal()));
    let observe_state = Observe { ids: Arc::clone(&parts.ids), security_headers: None };
    let others = Router::new()
        .merge(tasks::routes())
        .merge(operator::routes(metrics))
        .fallback(route_not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(middleware::from_fn_with_state(observe_state, observe))
        .with_state(gateway.clone());
    Ok(GatewayRoutes { gateway, others })
}

/// All routes of a gateway, ready to be served.
#[derive(Clone)]
pub struct GatewayRoutes {
    gateway: Gateway,
    others: Router,
}

impl std::fmt::Debug for GatewayRoutes {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("GatewayRoutes")
    }
}

impl Routes for GatewayRoutes {
    type Body = Body;

    /// Calls of the provider's API are counted by themselves; without layers around them they cost less. In a place of its own
    /// each, which is free again once the head of the reply is out: streams go on for long.
    fn answer(
        self,
        request: Request<Incoming>,
        peer: SocketAddr,
    ) -> impl Future<Output = Response<Body>> + Send + 'static {
        match ProviderRoute::at(request.uri().path()) {
            Some(route) => {
                provider_api::answer(self.gateway, request, peer.ip().to_canonical(), route).boxed()
            }
            None => self.others.answer(request, peer).boxed(),
        }
    }
}

async fn build_limiter(config: &GatewayConfig, parts: &GatewayParts) -> anyhow::Result<RateLimiter> {
    let now = time_of(&parts.clock);
    let limiter = match &config.redis_url {
        None => RateLimiter::memory(now),
        Some(url) => RateLimiter::redis(url.expose(), now).await.context("REDIS_URL")?,
    };
    // Replicas share the token, and so their counters.
    Ok(match &config.token {
        Some(token) => limiter.with_key_secret(token.expose().as_bytes()),
        None => limiter,
    })
}

fn build_store(config: &GatewayConfig, parts: &GatewayParts) -> anyhow::Result<Store> {
    let now = time_of(&parts.clock);
    let store = match &config.redis_url {
        None => Store::memory(MOST_BYTES, now),
        Some(url) => Store::redis(url.expose(), now).context("REDIS_URL")?,
    };
    Ok(match &config.token {
        Some(token) => store.with_key_secret(token.expose().as_bytes()),
        None => store,
    })
}

async fn build_budgets(
    config: &GatewayConfig,
    file: &GatewayFile,
    parts: &GatewayParts,
) -> anyhow::Result<CallerBudgets> {
    let now = time_of(&parts.clock);
    let budgets = match &config.redis_url {
        None => Budgets::file(&config.budgets_file, now),
        Some(url) => Budgets::redis(url.expose(), now).context("REDIS_URL")?,
    };
    let budgets = CallerBudgets::new(budgets, Arc::clone(&parts.clock), Arc::clone(&parts.ids));
    if file.has_budgets() || config.redis_url.is_some() {
        budgets.open().await.context("GATEWAY_BUDGETS")?;
    }
    Ok(budgets)
}

fn time_of(clock: &Arc<dyn Clock>) -> dashly_cache::Clock {
    let clock = Arc::clone(clock);
    Arc::new(move || Duration::from_micros(u64::try_from(clock.now().unix_micros()).unwrap_or(0)))
}

/// Writes late settlements, and what was really spent at the end.
async fn keep_budgets(gateway: Gateway, stop: ShutdownSignal) {
    loop {
        tokio::select! {
            () = stop.wait() => break,
            () = tokio::time::sleep(Duration::from_secs(1)) => gateway.budgets.write_again().await,
        }
    }
    gateway.budgets.close().await;
}
