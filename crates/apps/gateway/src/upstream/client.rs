//! One try at the provider.

use super::error::SendError;
use super::keys::{KeyState, Keys};
use super::origin::Origin;
use super::reply_body::ReplyBody;
use bytes::Bytes;
use dashly_kernel::Secret;
use dashly_telemetry::Tasks;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, Uri, header};
use http_body_util::Full;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::time::Instant;

const API_KEY: HeaderName = HeaderName::from_static("x-api-key");
/// On every answer of the scripted provider, and on every reply that such an answer causes.
const FAKE_UPSTREAM: HeaderName = HeaderName::from_static("x-dashly-fake-upstream");
const RETRY_AFTER_MS: HeaderName = HeaderName::from_static("retry-after-ms");

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
pub(crate) type UpstreamReply = Response<ReplyBody>;

/// The client of the provider.
#[derive(Debug)]
pub(crate) struct Upstream {
    origin: Origin,
    /// Of the provider's address, before every path; often empty.
    prefix: String,
    keys: Keys,
    is_fake: AtomicBool,
}

impl Upstream {
    /// A client of the provider at `base`. Connecting takes `connect` at most.
    ///
    /// # Errors
    /// When the certificates of this machine cannot be used.
    pub(crate) fn new(
        base: &Uri,
        secrets: &[Secret<String>],
        connect: Duration,
        tasks: &Tasks,
    ) -> anyhow::Result<Self> {
        let prefix = base.path().trim_end_matches('/').to_owned();
        Ok(Self {
            origin: Origin::new(base, connect, tasks)?,
            prefix,
            keys: Keys::new(secrets),
            is_fake: AtomicBool::new(false),
        })
    }

    /// Whether there is a key.
    pub(crate) fn is_configured(&self) -> bool {
        !self.keys.is_empty()
    }

    pub(crate) fn key_count(&self) -> usize {
        self.keys.count()
    }

    /// Whether there is a key that does not rest.
    pub(crate) fn has_working_key(&self) -> bool {
        self.keys.has_working()
    }

    /// Whether the provider's last answer was labelled as one of the scripted provider.
    pub(crate) fn is_fake(&self) -> bool {
        self.is_fake.load(Ordering::Relaxed)
    }

    pub(crate) fn keys(&self) -> Vec<KeyState> {
        self.keys.states()
    }

    /// Sends `request` once and gives the head of the reply, if that comes before `until`; the body must be whole by then, too,
    /// unless [`ReplyBody::wait_until`] says otherwise. Dropping the future, or later the body, closes the connection, so that
    /// the provider stops.
    ///
    /// # Errors
    /// [`SendError`].
    pub(crate) async fn send(
        &self,
        request: &UpstreamRequest,
        until: Instant,
    ) -> Result<UpstreamReply, SendError> {
        let (place, key) = self.keys.next().ok_or(SendError::NoKey)?;
        let mut outgoing = Request::new(Full::new(request.body.clone()));
        *outgoing.method_mut() = request.method.clone();
        *outgoing.uri_mut() = self.address_of(&request.path);
        *outgoing.headers_mut() = request.headers.clone();
        outgoing.headers_mut().insert(API_KEY, key);
        let reply = self.origin.send(outgoing, until).await?;
        self.is_fake.store(is_labelled_fake(reply.headers()), Ordering::Relaxed);
        self.keys.note(place, reply.status(), retry_after(reply.headers()));
        Ok(reply)
    }

    fn address_of(&self, path: &PathAndQuery) -> Uri {
        let whole = if self.prefix.is_empty() { None } else { format!("{}{path}", self.prefix).parse().ok() };
        // Both halves were parsed before.
        whole.unwrap_or_else(|| Uri::from(path.clone()))
    }
}

/// Whether `headers` are those of the scripted provider.
pub(crate) fn is_labelled_fake(headers: &HeaderMap) -> bool {
    headers.contains_key(FAKE_UPSTREAM)
}

/// Labels a reply that the scripted provider caused.
pub(crate) fn label_fake(headers: &mut HeaderMap) {
    headers.insert(FAKE_UPSTREAM, HeaderValue::from_static("true"));
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
