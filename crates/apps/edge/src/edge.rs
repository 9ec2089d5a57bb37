//! What every request works with.

use crate::backends::{Pick, Place, Pool};
use crate::body::Outgoing;
use crate::budget::RetryBudget;
use crate::choice::{Rule, Version};
use crate::config::EdgeConfig;
use crate::weight::LiveWeight;
use dashly_kernel::Ids;
use dashly_telemetry::{Health, Tasks};
use dashly_web::TrustedProxies;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Shorter than the services keep an idle connection, so that none is used in the moment in which it is closed.
const IDLE_CONNECTION: Duration = Duration::from_secs(20);
/// Idle connections kept to one backend.
const IDLE_CONNECTIONS: usize = 512;
/// A backend whose machine is gone says nothing: it is asked after so many seconds of silence.
const KEEPALIVE: Duration = Duration::from_secs(5);
/// Bytes that nobody acknowledges for so long end the connection.
const UNACKNOWLEDGED: Duration = Duration::from_secs(10);

/// Sends requests to backends.
pub(crate) type BackendClient = Client<HttpConnector, Outgoing>;

/// The edge. Cheap to clone; all clones are the same.
#[derive(Clone, Debug)]
pub(crate) struct Edge(Arc<Parts>);

/// What it consists of.
pub(crate) struct Parts {
    pub(crate) client: BackendClient,
    pub(crate) stable: Pool,
    pub(crate) canary: Pool,
    pub(crate) weight: LiveWeight,
    pub(crate) budget: RetryBudget,
    pub(crate) served: Served,
    pub(crate) trusted_proxies: TrustedProxies,
    pub(crate) reply_timeout: Duration,
    pub(crate) delay: Duration,
    pub(crate) ids: Arc<dyn Ids>,
    pub(crate) health: Health,
    allows_override: bool,
    salt: Arc<str>,
}

/// Requests answered by each version since the start.
#[derive(Debug, Default)]
pub(crate) struct Served {
    stable: AtomicU64,
    canary: AtomicU64,
}

impl std::fmt::Debug for Parts {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Edge")
    }
}

impl std::ops::Deref for Edge {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl Edge {
    pub(crate) fn new(config: &EdgeConfig, ids: Arc<dyn Ids>, health: Health, tasks: &Tasks) -> Self {
        let weight = LiveWeight::start(config.weight, config.weight_file.as_deref(), &health, tasks);
        Self(Arc::new(Parts {
            client: client(config.connect_timeout),
            stable: Pool::new(Version::Stable),
            canary: Pool::new(Version::Canary),
            weight,
            budget: RetryBudget::default(),
            served: Served::default(),
            trusted_proxies: config.trusted_proxies.clone(),
            reply_timeout: config.reply_timeout,
            delay: config.delay,
            ids,
            health,
            allows_override: config.allows_override,
            salt: Arc::clone(&config.salt),
        }))
    }

    pub(crate) fn pool(&self, version: Version) -> &Pool {
        match version {
            Version::Stable => &self.stable,
            Version::Canary => &self.canary,
        }
    }

    pub(crate) fn rule(&self) -> Rule {
        let (allows_override, salt) = (self.allows_override, Arc::clone(&self.salt));
        Rule { weight: self.weight.current(), allows_override, salt }
    }

    /// The backend for one try of a request that is for `wanted`: of its own version while one works, else of the other,
    /// else any at all, since an ejected backend may still be better than no answer.
    pub(crate) fn pick(&self, wanted: Version, tried: &[SocketAddr]) -> Option<(Version, Place)> {
        let choices = [
            (wanted, Pick::Usable),
            (wanted.other(), Pick::Usable),
            (wanted, Pick::Any),
            (wanted.other(), Pick::Any),
        ];
        let found = choices.into_iter().find_map(|(version, pick)| {
            self.pool(version).pick(pick, tried).map(|place| (version, pick, place))
        });
        let (version, pick, place) = found?;
        if pick == Pick::Any {
            metrics::counter!("dashly_edge_panics_total", "version" => version.name()).increment(1);
        }
        Some((version, place))
    }
}

impl Served {
    pub(crate) fn count(&self, version: Version) {
        self.of(version).fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn read(&self, version: Version) -> u64 {
        self.of(version).load(Ordering::Relaxed)
    }

    fn of(&self, version: Version) -> &AtomicU64 {
        match version {
            Version::Stable => &self.stable,
            Version::Canary => &self.canary,
        }
    }
}

fn client(connect_timeout: Duration) -> BackendClient {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    connector.set_connect_timeout(Some(connect_timeout));
    connector.set_keepalive(Some(KEEPALIVE));
    connector.set_keepalive_interval(Some(KEEPALIVE));
    connector.set_keepalive_retries(Some(3));
    #[cfg(target_os = "linux")]
    connector.set_tcp_user_timeout(Some(UNACKNOWLEDGED));
    Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE_CONNECTION)
        .pool_max_idle_per_host(IDLE_CONNECTIONS)
        .build(connector)
}
