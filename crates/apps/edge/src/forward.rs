//! The way of a request: choose a version, pick a backend, send, and try again where that is safe.
//!
//! A request is sent again on another backend when
//! - it was never sent, because no connection came about: any request whose body nobody has begun to read, or
//! - the connection ended before the head of a reply, and doing it twice does what doing it once does: GET, HEAD, OPTIONS,
//!   TRACE, PUT, DELETE, and whatever carries an `Idempotency-Key`, when its body can be sent again.
//!
//! A reply that is late is not asked for again: a second request would double the load of what is too slow already.

use crate::backends::{Fault, Place};
use crate::body::{Outgoing, Relayed};
use crate::choice::{Choice, VERSION_HEADER, Version};
use crate::edge::Edge;
use crate::headers::{REQUEST_ID, prepare_request, remove_hop_by_hop, request_id, wants_websocket};
use crate::record::{Record, record_lost};
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use dashly_kernel::Problem;
use dashly_web::{Failure, PeerAddress};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Bodies up to this size are read whole before they are sent, so that they can be sent again.
const WHOLE_BODY_BYTES: usize = 64 * 1024;
/// How long a caller may take to send such a body.
const BODY_PATIENCE: Duration = Duration::from_secs(30);
/// Tries of one request, the first included.
const MOST_TRIES: usize = 4;
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// A request on its way.
struct Passing {
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Outgoing,
    is_idempotent: bool,
}

/// How the tries ended.
struct Ended {
    reply: Result<http::Response<Incoming>, Problem>,
    /// Who answered, or who was last asked.
    version: Version,
    place: Option<Place>,
    tries: usize,
}

/// Passes one request on, and its answer back.
pub(crate) async fn forward(State(edge): State<Edge>, request: Request) -> Response {
    let started = Instant::now();
    let (mut parts, body) = request.into_parts();
    let choice = Choice::make(&parts.headers, &edge.rule(), &*edge.ids);
    let peer = parts
        .extensions
        .get::<PeerAddress>()
        .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0.ip().to_canonical());
    let own_id: Arc<str> = request_id(&parts.headers).map_or_else(|| edge.ids.token().into(), Arc::from);
    edge.budget.add();
    let refused = refusal(&parts);
    let is_secure = prepare_request(&mut parts.headers, peer, &edge.trusted_proxies);
    if let Ok(value) = HeaderValue::try_from(&*own_id) {
        parts.headers.insert(REQUEST_ID, value);
    }
    let (method, path) = (parts.method.clone(), parts.uri.path().to_owned());
    let ended = match refused {
        Some(problem) => Ended::unsent(choice.version, problem),
        None => match read_body(&parts.headers, body).await {
            Ok(body) => {
                if !edge.delay.is_zero() {
                    tokio::time::sleep(edge.delay).await;
                }
                Box::pin(send(&edge, choice.version, Passing::new(parts, body))).await
            }
            Err(problem) => Ended::unsent(choice.version, problem),
        },
    };
    let Ended { reply, version, place, tries } = ended;
    let (mut response, backend) = match (reply, place) {
        (Ok(reply), Some(place)) => {
            edge.served.count(version);
            let backend = place.backend().address;
            (relay(reply, version, place), Some(backend))
        }
        (Ok(_), None) => (Failure::from(Problem::internal()).respond(&own_id, &path), None),
        (Err(problem), _) => (Failure::from(problem).respond(&own_id, &path), None),
    };
    choice.keep(response.headers_mut(), is_secure);
    if !response.headers().contains_key(REQUEST_ID)
        && let Ok(value) = HeaderValue::try_from(&*own_id)
    {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    let record = Record {
        method: &method,
        status: response.status(),
        started,
        // The service's own, if it gave one: its log has the same.
        request_id: request_id(response.headers()).unwrap_or(&own_id),
        backend,
        version,
        wanted: choice.version,
        chosen_by: choice.by,
        retries: tries.saturating_sub(1),
    };
    record.write();
    response
}

impl Ended {
    /// Nobody was asked.
    fn unsent(version: Version, problem: Problem) -> Self {
        Self { reply: Err(problem), version, place: None, tries: 0 }
    }
}

impl Passing {
    fn new(parts: Parts, body: Outgoing) -> Self {
        let is_idempotent = parts.method.is_idempotent() || parts.headers.contains_key(IDEMPOTENCY_KEY);
        Self { method: parts.method, uri: parts.uri, headers: parts.headers, body, is_idempotent }
    }

    /// The request as `place` gets it; none for a target that is no path.
    fn to(&self, place: &Place) -> Option<http::Request<Outgoing>> {
        let uri = Uri::builder()
            .scheme("http")
            .authority(place.backend().authority.clone())
            .path_and_query(self.uri.path_and_query()?.clone())
            .build()
            .ok()?;
        let mut request = http::Request::new(self.body.again());
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = uri;
        *request.headers_mut() = self.headers.clone();
        Some(request)
    }
}

/// What the edge does not pass on.
fn refusal(parts: &Parts) -> Option<Problem> {
    if wants_websocket(&parts.headers) || parts.method == Method::CONNECT {
        let detail = "the edge passes requests and answers on, and no other protocol";
        return Some(Problem::new(501, "edge-no-upgrade", "Not passed on by the edge", detail));
    }
    None
}

/// Small bodies whole, larger ones and those of unknown length as they come.
async fn read_body(headers: &HeaderMap, body: Body) -> Result<Outgoing, Problem> {
    if http_body::Body::is_end_stream(&body) {
        return Ok(Outgoing::whole(bytes::Bytes::new()));
    }
    let length =
        headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if length.is_none_or(|length| length > WHOLE_BODY_BYTES) {
        return Ok(Outgoing::streamed(body));
    }
    match tokio::time::timeout(BODY_PATIENCE, Limited::new(body, WHOLE_BODY_BYTES).collect()).await {
        Ok(Ok(read)) => Ok(Outgoing::whole(read.to_bytes())),
        Ok(Err(_)) => Err(broken_body()),
        Err(_) => Err(Problem::new(
            408,
            "edge-slow-request",
            "The request came too slowly",
            "the edge waited 30 seconds for the body of the request; nothing was passed on",
        )),
    }
}

fn broken_body() -> Problem {
    Problem::bad_request("edge-broken-request", "the body of the request ended before its length was reached")
}

/// Tries until somebody answers or trying again is not safe.
async fn send(edge: &Edge, wanted: Version, passing: Passing) -> Ended {
    let (started, mut lost_by) = (Instant::now(), None);
    let mut asked: Vec<SocketAddr> = Vec::new();
    loop {
        let Some((version, place)) = edge.pick(wanted, &asked) else {
            return Ended { reply: Err(nobody()), version: wanted, place: None, tries: asked.len() };
        };
        let Some(request) = passing.to(&place) else {
            let problem = Problem::bad_request("edge-bad-target", "the target of the request must be a path");
            return Ended::unsent(wanted, problem);
        };
        if let Some(loser) = lost_by.filter(|loser| *loser != version) {
            record_lost(&passing.method, loser, started);
        }
        asked.push(place.backend().address);
        let tries = asked.len();
        let pool = edge.pool(version);
        let sent = tokio::time::timeout(edge.reply_timeout, edge.client.request(request)).await;
        let (fault, problem) = match sent {
            Ok(Ok(reply)) => {
                if reply.status().is_server_error() {
                    pool.note_fault(place.backend(), Fault::Errors);
                } else {
                    place.backend().note_success();
                }
                return Ended { reply: Ok(reply), version, place: Some(place), tries };
            }
            Ok(Err(_)) if passing.body.is_broken() => {
                return Ended { reply: Err(broken_body()), version: wanted, place: None, tries };
            }
            Ok(Err(error)) if error.is_connect() => (Fault::Connect, no_connection(version)),
            Ok(Err(_)) => (Fault::NoReply, no_reply(version)),
            Err(_) => {
                pool.note_fault(place.backend(), Fault::NoReply);
                return Ended { reply: Err(late(version, edge.reply_timeout)), version, place: None, tries };
            }
        };
        pool.note_fault(place.backend(), fault);
        let is_safe = fault == Fault::Connect || passing.is_idempotent;
        if !is_safe || !passing.body.is_complete() || tries >= MOST_TRIES || !may_retry(edge, version, fault)
        {
            return Ended { reply: Err(problem), version, place: None, tries };
        }
        lost_by = Some(version);
    }
}

fn may_retry(edge: &Edge, version: Version, fault: Fault) -> bool {
    let may = edge.budget.take();
    let outcome = if may { "sent_again" } else { "budget_spent" };
    let labels = [("version", version.name()), ("reason", fault.name()), ("outcome", outcome)];
    metrics::counter!("dashly_edge_retries_total", &labels).increment(1);
    may
}

fn nobody() -> Problem {
    let detail = "the edge knows no backend of either version; nothing was passed on";
    Problem::unavailable("edge-no-backend", detail, 2)
}

fn no_connection(version: Version) -> Problem {
    let detail = format!("the edge reaches no backend of the {version} version; nothing was passed on");
    Problem::unavailable("edge-no-connection", detail, 2)
}

fn no_reply(version: Version) -> Problem {
    let detail = format!(
        "a backend of the {version} version closed the connection without an answer, and the edge could not safely send \
         the request again; it may or may not have been carried out"
    );
    Problem::new(502, "edge-no-reply", "The edge got no answer", detail)
}

fn late(version: Version, limit: Duration) -> Problem {
    let detail = format!(
        "a backend of the {version} version did not answer the edge within {} seconds; the request may still be carried out",
        limit.as_secs()
    );
    Problem::new(504, "edge-late-reply", "The answer did not come in time", detail)
}

fn relay(reply: http::Response<Incoming>, version: Version, place: Place) -> Response {
    let (mut parts, body) = reply.into_parts();
    remove_hop_by_hop(&mut parts.headers);
    parts.headers.insert(VERSION_HEADER, HeaderValue::from_static(version.name()));
    Response::from_parts(parts, Body::new(Relayed::new(body, version, place)))
}
