//! One try at the provider.

use super::keys::Keys;
use super::stream::ProviderStream;
use crate::upstream::KeyState;
use bytes::Bytes;
use dashly_kernel::Secret;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, Uri, header};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder, MaybeHttpsStream};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client, Error as ClientError};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use std::time::Duration;
use tokio::net::TcpStream;
use tower::util::MapResponse;

const API_KEY: HeaderName = HeaderName::from_static("x-api-key");
const RETRY_AFTER_MS: HeaderName = HeaderName::from_static("retry-after-ms");
/// Idle connections to the provider are kept for so long; shorter than what load balancers usually allow.
const IDLE_CONNECTION: Duration = Duration::from_secs(50);

/// What is asked of the provider.
#[derive(Clone, Debug)]
pub(crate) struct UpstreamRequest {
    pub(crate) method: Method,
    pub(crate) path: PathAndQuery,
    /// Without a key, host or length.
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// The head of a reply, its body still to come.
pub(crate) type UpstreamReply = Response<Incoming>;

/// Why there is no reply. Nothing of it names an address or a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SendError {
    #[error("no key of the model provider is configured")]
    NoKey,
    #[error("the model provider cannot be reached")]
    Connect,
    #[error("the model provider closed the connection without a reply")]
    Broken,
}

/// Sends bodies that are there as a whole.
pub(crate) type WholeBodyClient = Client<Connector, Full<Bytes>>;

/// Connects, and puts the connection into a place of its own.
type Connector = MapResponse<HttpsConnector<HttpConnector>, fn(HttpsStream) -> ProviderStream>;
type HttpsStream = MaybeHttpsStream<TokioIo<TcpStream>>;

/// A client that keeps its connections. Connecting takes `connect` at most.
///
/// # Errors
/// When the certificates of this machine cannot be used.
pub(crate) fn http_client(connect: Duration) -> anyhow::Result<WholeBodyClient> {
    let mut http = HttpConnector::new();
    http.enforce_http(false);
    http.set_nodelay(true);
    http.set_connect_timeout(Some(connect));
    http.set_keepalive(Some(Duration::from_secs(30)));
    let connector = HttpsConnectorBuilder::new()
        .try_with_platform_verifier()?
        .https_or_http()
        .enable_http1()
        .wrap_connector(http);
    let boxed: fn(HttpsStream) -> ProviderStream = ProviderStream::new;
    Ok(Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE_CONNECTION)
        .build(MapResponse::new(connector, boxed)))
}

/// The client of the provider.
#[derive(Debug)]
pub(crate) struct Upstream {
    client: WholeBodyClient,
    base: Uri,
    keys: Keys,
}

impl Upstream {
    /// A client of the provider at `base`. Connecting takes `connect` at most.
    ///
    /// # Errors
    /// When the certificates of this machine cannot be used.
    pub(crate) fn new(base: Uri, secrets: &[Secret<String>], connect: Duration) -> anyhow::Result<Self> {
        Ok(Self { client: http_client(connect)?, base, keys: Keys::new(secrets) })
    }

    /// Whether there is a key.
    pub(crate) fn is_configured(&self) -> bool {
        !self.keys.is_empty()
    }

    pub(crate) fn keys(&self) -> Vec<KeyState> {
        self.keys.states()
    }

    /// Sends `request` once and gives the head of the reply. Dropping the future, or later the body, closes the
    /// connection, so that the provider stops.
    ///
    /// # Errors
    /// [`SendError`].
    pub(crate) async fn send(&self, request: &UpstreamRequest) -> Result<UpstreamReply, SendError> {
        let (place, key) = self.keys.next().ok_or(SendError::NoKey)?;
        let mut outgoing = Request::new(Full::new(request.body.clone()));
        *outgoing.method_mut() = request.method.clone();
        *outgoing.uri_mut() = self.address_of(&request.path);
        *outgoing.headers_mut() = request.headers.clone();
        outgoing.headers_mut().insert(API_KEY, key);
        let reply = self.client.request(outgoing).await.map_err(|error| send_error(&error))?;
        self.keys.note(place, reply.status(), retry_after(reply.headers()));
        Ok(reply)
    }

    fn address_of(&self, path: &PathAndQuery) -> Uri {
        let mut parts = self.base.clone().into_parts();
        let prefix = self.base.path().trim_end_matches('/');
        let whole = if prefix.is_empty() { None } else { format!("{prefix}{path}").parse().ok() };
        parts.path_and_query = Some(whole.unwrap_or_else(|| path.clone()));
        // Both halves were parsed before.
        Uri::from_parts(parts).unwrap_or_else(|_| self.base.clone())
    }
}

fn send_error(error: &ClientError) -> SendError {
    if error.is_connect() { SendError::Connect } else { SendError::Broken }
}

/// How long the provider wants to be left alone.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let number = |name: &HeaderName| {
        let value: f64 = headers.get(name).and_then(as_text)?.trim().parse().ok()?;
        (0.0..1e9).contains(&value).then_some(value)
    };
    if let Some(milliseconds) = number(&RETRY_AFTER_MS) {
        return Some(Duration::from_secs_f64(milliseconds / 1_000.0));
    }
    number(&header::RETRY_AFTER).map(Duration::from_secs_f64)
}

fn as_text(value: &HeaderValue) -> Option<&str> {
    value.to_str().ok()
}
