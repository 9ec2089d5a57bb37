//! What is wired to what.

use crate::health_routes::{self, HealthSources};
use crate::leak_memory::with_leak;
use crate::notice_webhook::NoticeWebhook;
use crate::visitor_joins::VisitorJoins;
use crate::{Config, openapi, pages};
use anyhow::Context;
use axum::{Extension, Router, middleware};
use dashly_ai_usage::AiUsage;
use dashly_cache::RateLimiter;
use dashly_db::Db;
use dashly_experiments::{Experiments, ExperimentsConfig, NoticeSender};
use dashly_identity::{AfterSignIn, Identity, IdentityConfig};
use dashly_kernel::{Clock, Ids, Secret};
use dashly_llm::LlmClient;
use dashly_process::REVISION;
use dashly_telemetry::{Health, Metrics, Tasks};
use dashly_web::{
    Authentication, Failure, Observe, Overload, SecurityHeaders, method_not_allowed, observe, refuse_overload,
};
use http::{HeaderValue, Method, header};
use std::sync::Arc;
use std::time::Duration;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::cors::CorsLayer;
use tower_http::csrf::CsrfLayer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_swagger_ui::SwaggerUi;

/// Requests in progress at once; beyond, callers hear 503 instead of waiting ever longer.
const REQUESTS_AT_ONCE: usize = 2_000;

/// What the outside world provides: real in programs, settable in tests.
#[derive(Clone)]
pub struct AppParts {
    /// A migrated database.
    pub db: Db,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub ids: Arc<dyn Ids>,
    /// Where components report.
    pub health: Health,
    /// Runs what goes on in the background.
    pub tasks: Tasks,
}

impl std::fmt::Debug for AppParts {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("AppParts")
    }
}

/// The assembled main API, ready to be served.
pub struct App {
    router: Router,
    openapi: utoipa::openapi::OpenApi,
    experiments: Experiments,
    identity: Identity,
    ai_usage: AiUsage,
}

impl std::fmt::Debug for App {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("App")
    }
}

impl App {
    /// Assembles the API from its configuration and the outside world.
    ///
    /// # Errors
    /// When a setting is missing or not safe to run with.
    pub async fn build(config: &Config, parts: AppParts) -> anyhow::Result<Self> {
        let metrics = Metrics::install(&[], &parts.tasks)?;
        Metrics::describe_build(config.app_version.as_str(), REVISION);
        let secure_cookies = config.is_served_over_tls();
        let limiter = Arc::new(build_limiter(config, &parts).await?);
        let identity = build_identity(config, &parts, Arc::clone(&limiter))?;
        let experiments_config = ExperimentsConfig {
            tests_file: config.tests_file.clone(),
            kpis_file: config.kpis_file.clone(),
            log_folder: config.experiment_log_folder.clone(),
            log_retention: config.log_retention,
            event_retention: config.event_retention,
            secure_cookies,
            ofrep_tokens: config.ofrep_tokens.clone(),
            ofrep_requests_per_second: config.ofrep_requests_per_second,
            secret: jwt_secret(config)?,
            public_url: config.public_url.clone(),
            app_version: config.app_version.clone(),
            notice_sender: notice_sender(config)?,
        };
        let experiments = Experiments::start(
            &experiments_config,
            parts.db.clone(),
            Arc::clone(&parts.clock),
            Arc::clone(&parts.ids),
            &parts.health,
            &parts.tasks,
        )
        .await
        .context("reading what was changed of the experiments")?;
        let ai_usage = build_ai_usage(config, &parts)?;
        let sources = HealthSources {
            health: parts.health.clone(),
            db: parts.db.clone(),
            experiments: experiments.clone(),
            limiter,
            metrics,
            clock: Arc::clone(&parts.clock),
            started_at: parts.clock.now(),
            app_version: config.app_version.clone(),
        };
        let after_sign_in = AfterSignIn(Arc::new(VisitorJoins(experiments.clone())));
        let (features, openapi) = OpenApiRouter::with_openapi(openapi::base_document())
            .merge(dashly_experiments::routes(&experiments))
            .merge(dashly_ai_usage::routes(&ai_usage))
            .merge(dashly_identity::routes().layer(Extension(after_sign_in)).with_state(identity.clone()))
            .split_for_parts();
        let (probes, probes_document) = health_routes::routes(sources).split_for_parts();
        let mut document = openapi;
        document.merge(probes_document);

        let guarded = features
            .merge(pages::routes())
            .layer(middleware::from_fn_with_state(Overload::at_most(REQUESTS_AT_ONCE), refuse_overload));
        // Probes are never refused for load: an orchestrator would kill a process that is merely busy.
        let router = guarded
            .merge(probes)
            .merge(
                SwaggerUi::new("/api/docs")
                    // Without the top bar: its logo brings a style sheet of its own, which our policy refuses.
                    .config(utoipa_swagger_ui::Config::default().use_base_layout())
                    .url("/api/docs/openapi.json", document.clone()),
            )
            .fallback(pages::fallback)
            .method_not_allowed_fallback(method_not_allowed);
        let router = add_layers(router, config, &parts, &identity)?;
        let router = if cfg!(feature = "leak-memory") { with_leak(router) } else { router };
        Ok(Self { router, openapi: document, experiments, identity, ai_usage })
    }

    /// The routes with all their layers.
    pub fn router(&self) -> Router {
        self.router.clone()
    }

    /// The experiments that the routes use.
    pub fn experiments(&self) -> &Experiments {
        &self.experiments
    }

    /// The accounts that the routes use.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// What AI calls used, as the routes tell it.
    pub fn ai_usage(&self) -> &AiUsage {
        &self.ai_usage
    }

    pub(crate) fn openapi(&self) -> &utoipa::openapi::OpenApi {
        &self.openapi
    }
}

/// The way to the webhook for notices, if there is one.
fn notice_sender(config: &Config) -> anyhow::Result<Option<Arc<dyn NoticeSender>>> {
    let Some(url) = &config.notice_webhook_url else { return Ok(None) };
    let webhook = NoticeWebhook::new(url.clone()).context("NOTICE_WEBHOOK_URL")?;
    Ok(Some(Arc::new(webhook)))
}

/// Collects from the gateway, if there is one.
fn build_ai_usage(config: &Config, parts: &AppParts) -> anyhow::Result<AiUsage> {
    let client = LlmClient::new(config.gateway_url.clone(), config.gateway_token.clone())
        .context("making the client of the AI gateway")?;
    let (db, clock) = (parts.db.clone(), Arc::clone(&parts.clock));
    Ok(AiUsage::start(client, db, clock, &parts.health, &parts.tasks))
}

fn jwt_secret(config: &Config) -> anyhow::Result<Secret<String>> {
    config.jwt_secret.clone().context(
        "JWT_SECRET is not set: give all replicas the same random text of at least 32 bytes, \
         for instance from `openssl rand -hex 32` (`dashly up` makes one by itself)",
    )
}

/// How sign-in is set up, if that is safe to run with.
pub(crate) fn identity_config(config: &Config) -> anyhow::Result<IdentityConfig> {
    let jwt_secret = jwt_secret(config)?;
    let token_lifetime_seconds = config.token_lifetime_seconds;
    let secure_cookies = config.is_served_over_tls();
    let identity_config = IdentityConfig { jwt_secret, token_lifetime_seconds, secure_cookies };
    identity_config.check()?;
    Ok(identity_config)
}

fn build_identity(config: &Config, parts: &AppParts, limiter: Arc<RateLimiter>) -> anyhow::Result<Identity> {
    let identity_config = identity_config(config)?;
    let (clock, ids) = (Arc::clone(&parts.clock), Arc::clone(&parts.ids));
    Ok(Identity::new(parts.db.clone(), clock, ids, limiter, &identity_config)?)
}

async fn build_limiter(config: &Config, parts: &AppParts) -> anyhow::Result<RateLimiter> {
    let clock = Arc::clone(&parts.clock);
    let now: dashly_cache::Clock =
        Arc::new(move || Duration::from_micros(u64::try_from(clock.now().unix_micros()).unwrap_or(0)));
    let limiter = match &config.redis_url {
        None => RateLimiter::memory(now),
        Some(url) => RateLimiter::redis(url.expose(), now).await.context("REDIS_URL")?,
    };
    Ok(match &config.jwt_secret {
        Some(secret) => limiter.with_key_secret(secret.expose().as_bytes()),
        None => limiter,
    })
}

/// From the inside out: who is calling, foreign origins, compression, panics, and the observer around everything.
fn add_layers(
    router: Router,
    config: &Config,
    parts: &AppParts,
    identity: &Identity,
) -> anyhow::Result<Router> {
    let origins = config.cors_origins.iter().chain(config.public_url.as_ref());
    let mut csrf = CsrfLayer::new();
    for origin in origins {
        csrf = csrf.add_trusted_origin(origin)?;
    }
    let observe_state = Observe {
        ids: Arc::clone(&parts.ids),
        security_headers: Some(SecurityHeaders { tls: config.is_served_over_tls() }),
    };
    Ok(router
        .layer(Extension(Authentication(Arc::new(identity.clone()))))
        .layer(Extension(config.trusted_proxies.clone()))
        .layer(csrf)
        .layer(cors(config)?)
        .layer(CompressionLayer::new().gzip(true))
        .layer(CatchPanicLayer::custom(answer_panic))
        .layer(middleware::from_fn_with_state(observe_state, observe)))
}

fn cors(config: &Config) -> anyhow::Result<CorsLayer> {
    let origins = config.cors_origins.iter().map(HeaderValue::try_from).collect::<Result<Vec<_>, _>>()?;
    Ok(CorsLayer::new()
        .allow_origin(origins)
        .allow_credentials(true)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([
            header::CONTENT_TYPE,
            header::AUTHORIZATION,
            header::HeaderName::from_static("idempotency-key"),
            // What flag clients (OFREP) send and read.
            header::HeaderName::from_static("x-api-key"),
            header::IF_NONE_MATCH,
        ])
        .expose_headers([header::ETAG, header::RETRY_AFTER]))
}

#[expect(clippy::needless_pass_by_value, reason = "the layer's signature")]
fn answer_panic(panic: Box<dyn std::any::Any + Send>) -> axum::response::Response {
    use axum::response::IntoResponse;
    let text = panic.downcast_ref::<&str>().copied().unwrap_or("(no text)");
    tracing::error!(panic = text, "a handler panicked");
    Failure::from(dashly_kernel::Problem::internal()).into_response()
}
