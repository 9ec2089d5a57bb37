//! Finding the backends, and asking them whether they want requests.

use crate::backends::{Backend, Checked, Pool};
use crate::body::Outgoing;
use crate::choice::Version;
use crate::config::Origin;
use crate::edge::Edge;
use bytes::Bytes;
use dashly_telemetry::ShutdownSignal;
use futures_util::future::join_all;
use http::uri::PathAndQuery;
use http::{Request, StatusCode, Uri};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

/// A headless Service of Kubernetes changes its addresses with its pods.
const RESOLVE_EVERY: Duration = Duration::from_secs(2);
const RESOLVE_PATIENCE: Duration = Duration::from_secs(5);
const CHECK_EVERY: Duration = Duration::from_secs(1);
const CHECK_PATIENCE: Duration = Duration::from_secs(2);
const CHECK_PATH: &str = "/health/ready";

/// So many lookups in a row must fail before an address that does not work is forgotten: half a minute.
const FAILURES_TO_FORGET: u32 = 15;

/// What is known of one name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Resolved {
    addresses: Vec<SocketAddr>,
    /// Lookups that failed one after the other.
    failures: u32,
}

/// Resolves the names of `version` once.
///
/// A name that cannot be resolved keeps the addresses that it had: a name server that is away must not stop traffic. Those
/// that do not work are forgotten after a while, since another pod may be given the address of one that is gone.
pub(crate) async fn resolve(edge: &Edge, version: Version, origins: &[Origin], known: &mut Vec<Resolved>) {
    known.resize(origins.len(), Resolved::default());
    let pool = edge.pool(version);
    for (origin, resolved) in origins.iter().zip(known.iter_mut()) {
        let lookup = tokio::net::lookup_host((origin.host.as_str(), origin.port));
        match tokio::time::timeout(RESOLVE_PATIENCE, lookup).await {
            Ok(Ok(found)) => *resolved = Resolved { addresses: found.collect(), failures: 0 },
            failed => {
                resolved.failures = resolved.failures.saturating_add(1);
                let reason = failed.map_or_else(
                    |_| "no answer in time".to_owned(),
                    |looked_up| looked_up.err().map_or_else(String::new, |error| error.to_string()),
                );
                tracing::debug!(%version, host = origin.host, reason, "a name was not resolved");
                if resolved.failures >= FAILURES_TO_FORGET {
                    resolved.addresses.retain(|address| pool.works(*address));
                }
            }
        }
    }
    let all: BTreeSet<SocketAddr> = known.iter().flat_map(|resolved| resolved.addresses.clone()).collect();
    pool.set_addresses(&all.into_iter().collect::<Vec<_>>());
}

/// Resolves again and again.
pub(crate) async fn keep_resolving(
    edge: Edge,
    version: Version,
    origins: Vec<Origin>,
    mut known: Vec<Resolved>,
    stop: ShutdownSignal,
) {
    loop {
        tokio::select! {
            () = stop.wait() => return,
            () = tokio::time::sleep(RESOLVE_EVERY) => {}
        }
        resolve(&edge, version, &origins, &mut known).await;
    }
}

/// Checks all backends of `version` again and again, and says in health, metrics and log when none is left.
pub(crate) async fn keep_checking(edge: Edge, version: Version, stop: ShutdownSignal) {
    loop {
        check_all(&edge, edge.pool(version)).await;
        publish(&edge, version);
        tokio::select! {
            () = stop.wait() => return,
            () = tokio::time::sleep(CHECK_EVERY) => {}
        }
    }
}

async fn check_all(edge: &Edge, pool: &Pool) {
    let backends = pool.backends();
    let checks = backends.iter().map(|backend| async move {
        let checked = tokio::time::timeout(CHECK_PATIENCE, check(edge, backend)).await;
        pool.note_check(backend, checked.unwrap_or(Checked::Silent));
    });
    join_all(checks).await;
}

/// A backend without such a path is taken to be ready as long as it answers.
async fn check(edge: &Edge, backend: &Backend) -> Checked {
    let uri = Uri::builder()
        .scheme("http")
        .authority(backend.authority.clone())
        .path_and_query(PathAndQuery::from_static(CHECK_PATH))
        .build();
    let Ok(uri) = uri else { return Checked::Silent };
    let mut request = Request::new(Outgoing::whole(Bytes::new()));
    *request.uri_mut() = uri;
    match edge.client.request(request).await {
        Ok(reply) if reply.status() == StatusCode::SERVICE_UNAVAILABLE => Checked::NotReady,
        Ok(_) => Checked::Ready,
        Err(_) => Checked::Silent,
    }
}

fn publish(edge: &Edge, version: Version) {
    let (all, usable) = edge.pool(version).counts();
    #[expect(clippy::cast_precision_loss, clippy::as_conversions, reason = "there are few backends")]
    for (state, count) in [("usable", usable), ("left_out", all - usable.min(all))] {
        let labels = [("version", version.name()), ("state", state)];
        metrics::gauge!("dashly_edge_backends", &labels).set(count as f64);
    }
    match (version, usable) {
        (_, 1..) => edge.health.set_ok(version.name()),
        (Version::Stable, 0) => {
            edge.health.set_degraded("stable", "no backend of the stable version can be used");
        }
        (Version::Canary, 0) => {
            edge.health
                .set_degraded("canary", "no backend of the canary can be used: stable serves its visitors");
        }
    }
}
