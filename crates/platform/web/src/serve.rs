//! Accepting connections, and ending without dropping anybody.

use axum::Router;
use dashly_telemetry::{Health, Phase, Tasks};
use futures_util::FutureExt;
use http::Extensions;
use http_body::Body;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use std::convert::Infallible;
use std::error::Error;
use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::ServiceExt;

/// Connections open at once; a further caller waits in the listener's queue.
const MAX_CONNECTIONS: usize = 10_000;
/// How long a caller may take to send a request's head, and how long an idle connection is kept.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// A request's head (line, headers and the empty line that ends them) may have this many bytes; above, it is answered
/// 431.
const MAX_HEAD_BYTES: usize = 64 * 1024;

/// The other end of the connection that a request came in on.
#[derive(Clone, Copy, Debug)]
pub struct PeerAddress(pub SocketAddr);

impl PeerAddress {
    /// The address of whoever sent a request with `extensions`; unspecified when it did not come over a connection.
    pub fn of(extensions: &Extensions) -> IpAddr {
        extensions.get::<Self>().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0.ip().to_canonical())
    }
}

/// What answers every request of every connection. Cheap to clone.
pub trait Routes: Clone + Send + 'static {
    /// Of the replies.
    type Body: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static;

    /// The answer to `request`, which came from `peer`.
    fn answer(
        self,
        request: Request<Incoming>,
        peer: SocketAddr,
    ) -> impl Future<Output = Response<Self::Body>> + Send + 'static;
}

/// Handlers find the other end as [`PeerAddress`] among the request's extensions.
impl Routes for Router {
    type Body = axum::body::Body;

    fn answer(
        self,
        mut request: Request<Incoming>,
        peer: SocketAddr,
    ) -> impl Future<Output = Response<Self::Body>> + Send + 'static {
        request.extensions_mut().insert(PeerAddress(peer));
        self.oneshot(request).map(|Ok(reply): Result<_, Infallible>| reply)
    }
}

/// How to serve.
#[derive(Clone, Debug)]
pub struct ServeOptions {
    /// After the stop signal, requests are still accepted for this long, until routers have noticed.
    pub drain: Duration,
    /// Requests in progress get this long to end once the listener is closed.
    pub finish: Duration,
    /// Where the phase is announced.
    pub health: Health,
    /// Runs one task per connection.
    pub tasks: Tasks,
}

/// Serves `routes` on `listener` until `stop` completes; returns when the last request in progress has been answered
/// (or cut after [`ServeOptions::finish`]).
pub async fn serve(
    listener: TcpListener,
    routes: impl Routes,
    options: ServeOptions,
    stop: impl Future<Output = ()> + Send,
) {
    let graceful = GracefulShutdown::new();
    let permits = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    accept_until(&listener, &routes, &graceful, &permits, &options, stop).await;
    drop(listener);
    if tokio::time::timeout(options.finish, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests did not end in time and were cut");
    }
}

/// Accepts until `stop`, and then for as long as routers may still send somebody.
async fn accept_until(
    listener: &TcpListener,
    routes: &impl Routes,
    graceful: &GracefulShutdown,
    permits: &Arc<Semaphore>,
    options: &ServeOptions,
    stop: impl Future<Output = ()> + Send,
) {
    let accept = accept_loop(listener, routes, graceful, permits, &options.tasks);
    tokio::pin!(accept);
    tokio::select! {
        () = &mut accept => {}
        () = stop => {}
    }
    options.health.set_phase(Phase::Draining);
    if !options.drain.is_zero() {
        tracing::info!(seconds = options.drain.as_secs(), "draining: still serving what comes");
        // The end of the drain is the expected outcome.
        let _ = tokio::time::timeout(options.drain, &mut accept).await;
    }
}

async fn accept_loop(
    listener: &TcpListener,
    routes: &impl Routes,
    graceful: &GracefulShutdown,
    permits: &Arc<Semaphore>,
    tasks: &Tasks,
) {
    loop {
        // The semaphore is never closed.
        let Ok(permit) = Arc::clone(permits).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, peer)) => {
                tasks.spawn(
                    "connection",
                    serve_connection(stream, peer, routes.clone(), graceful.watcher(), permit),
                );
            }
            Err(error) => {
                // Mostly "too many open files": give connections time to end instead of spinning.
                tracing::warn!(%error, "could not accept a connection");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

/// Not an async function: that would hold the connection twice, and there may be thousands.
fn serve_connection(
    stream: TcpStream,
    peer: SocketAddr,
    routes: impl Routes,
    watcher: hyper_util::server::graceful::Watcher,
    permit: OwnedSemaphorePermit,
) -> impl Future<Output = ()> + Send {
    // Answers are small; waiting to fill a packet only delays them.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| routes.clone().answer(request, peer).map(Ok::<_, Infallible>));
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        // The size of the buffer alone is no exact limit: a head that ends in the same read passes beyond it. The number
        // of headers stays hyper's own limit, 100: to set it, even to that, costs an allocation with every request.
        .max_header_size(MAX_HEAD_BYTES)
        .max_buf_size(MAX_HEAD_BYTES)
        .serve_connection(TokioIo::new(stream), service);
    watcher.watch(connection).map(move |ended| {
        if let Err(error) = ended {
            tracing::debug!(%error, "a connection ended early");
        }
        drop(permit);
    })
}
