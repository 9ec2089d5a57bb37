//! The server.

use crate::ledger::{Call, Ending, Entry, Ledger, Usage};
use crate::reply::error_body;
use crate::request::{MessagesRequest, input_tokens, message, note_usage, refusal};
use crate::scenario::{Fault, Scenario};
use crate::{FAKE_HEADER, SCENARIO_HEADER, stream};
use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

type ReplyBody = UnsyncBoxBody<Bytes, io::Error>;

const MODELS: [&str; 3] =
    ["claude-opus-4-5-20251101", "claude-sonnet-4-5-20250929", "claude-haiku-4-5-20251001"];

/// How a fake provider behaves unless a script says otherwise.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The scenario of every call that brings none and finds none queued.
    pub scenario: Scenario,
}

#[derive(Debug, Default)]
struct State {
    options: Options,
    queue: Mutex<VecDeque<Scenario>>,
    ledger: Ledger,
    count: AtomicUsize,
}

/// A running fake provider. Dropped, it closes its port and all connections.
#[derive(Debug)]
pub struct FakeUpstream {
    address: SocketAddr,
    state: Arc<State>,
    accepting: tokio::task::AbortHandle,
}

impl Drop for FakeUpstream {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl FakeUpstream {
    /// Listens on `listener`; must be called within a tokio runtime.
    ///
    /// # Errors
    /// When the listener has no address.
    #[expect(clippy::disallowed_methods, reason = "ends with the handle, which aborts it")]
    pub fn start(listener: TcpListener, options: Options) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let state = Arc::new(State { options, ..State::default() });
        let accepting = tokio::spawn(accept(listener, Arc::clone(&state))).abort_handle();
        Ok(Self { address, state, accepting })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://address`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The next calls that bring no scenario of their own get these, in order.
    pub fn queue(&self, scenarios: impl IntoIterator<Item = Scenario>) {
        self.state.queue.lock().unwrap_or_else(PoisonError::into_inner).extend(scenarios);
    }

    /// Takes the next scenario out of the queue; says whether there was one.
    pub fn take_queued(&self) -> bool {
        self.state.queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front().is_some()
    }

    /// All calls so far.
    pub fn calls(&self) -> Vec<Call> {
        self.state.ledger.calls()
    }

    /// Completes once the calls are as `is_met` wants them, and gives them. Waits for ever if they never are.
    pub async fn wait_until(&self, is_met: impl Fn(&[Call]) -> bool) -> Vec<Call> {
        loop {
            let changed = self.state.ledger.changed();
            tokio::pin!(changed);
            // From here on no change is missed.
            changed.as_mut().enable();
            let calls = self.calls();
            if is_met(&calls) {
                return calls;
            }
            changed.await;
        }
    }

    /// Completes when the server has ended, which it never does by itself.
    pub async fn run(self) {
        std::future::pending::<()>().await;
    }
}

async fn accept(listener: TcpListener, state: Arc<State>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((stream, _)) = accepted {
                    connections.spawn(serve_connection(stream, Arc::clone(&state)));
                }
            }
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
        }
    }
}

async fn serve_connection(stream: TcpStream, state: Arc<State>) {
    // Frames go out one by one, as a provider's do.
    let _ = stream.set_nodelay(true);
    let service = hyper::service::service_fn(move |request| {
        let state = Arc::clone(&state);
        async move { answer(&state, request).await }
    });
    // Connections that the script cut end with an error, and that is meant.
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn answer(state: &State, request: Request<Incoming>) -> io::Result<Response<ReplyBody>> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let number = state.count.fetch_add(1, Ordering::Relaxed) + 1;
    let request_id = format!("req_fake_{number:06}");
    let path = head.uri.path().to_owned();
    let chosen = head.headers.get(SCENARIO_HEADER).and_then(|value| value.to_str().ok());
    let scenario = match chosen.map(str::parse::<Scenario>) {
        Some(Ok(scenario)) => scenario,
        Some(Err(error)) => {
            return Ok(json_reply(
                StatusCode::BAD_REQUEST,
                &json!({ "error": error.to_string() }),
                &request_id,
            ));
        }
        None => next_scenario(state, &path),
    };
    let entry = state.ledger.open(Call {
        path: path.clone(),
        headers: head.headers.clone(),
        body: body.clone(),
        at: Instant::now(),
        usage: Usage::default(),
        is_usage_final: true,
        ending: Ending::Running,
    });
    let call = Answer { body, number, request_id, scenario };
    let reply = match (&head.method, path.as_str()) {
        (_, path) if path.starts_with("/v1/") && refusal(&head.headers).is_some() => {
            call.error(refusal(&head.headers).unwrap_or(401))
        }
        (&Method::POST, "/v1/messages") => return call.messages(entry).await,
        (&Method::POST, "/v1/messages/count_tokens") => {
            call.json(StatusCode::OK, &json!({ "input_tokens": input_tokens(&call.body) }))
        }
        (&Method::GET, "/v1/models") => call.json(StatusCode::OK, &models()),
        _ => call.error(404),
    };
    entry.finish();
    Ok(reply)
}

/// Only messages take from the queue.
fn next_scenario(state: &State, path: &str) -> Scenario {
    let mut queue = state.queue.lock().unwrap_or_else(PoisonError::into_inner);
    let queued = if path == "/v1/messages" { queue.pop_front() } else { None };
    queued.unwrap_or_else(|| state.options.scenario.clone())
}

fn models() -> Value {
    let data: Vec<Value> = MODELS
        .iter()
        .map(|id| json!({ "type": "model", "id": id, "display_name": id, "created_at": "2025-09-29T00:00:00Z" }))
        .collect();
    json!({ "data": data, "has_more": false, "first_id": MODELS[0], "last_id": MODELS[2] })
}

/// What is needed to answer one call.
struct Answer {
    body: Bytes,
    number: usize,
    request_id: String,
    scenario: Scenario,
}

impl Answer {
    async fn messages(self, entry: Entry) -> io::Result<Response<ReplyBody>> {
        if !self.scenario.delay.is_zero() {
            tokio::time::sleep(self.scenario.delay).await;
        }
        if let Some(reply) = self.faulty().await? {
            entry.finish();
            return Ok(reply);
        }
        let Ok(request) = serde_json::from_slice::<MessagesRequest>(&self.body) else {
            entry.finish();
            return Ok(self.error(400));
        };
        let unusable = match request.max_tokens {
            None => Some(400),
            Some(_) if request.messages.is_empty() => Some(400),
            Some(_) => request.model.starts_with("unknown").then_some(404),
        };
        if let Some(status) = unusable {
            entry.finish();
            return Ok(self.error(status));
        }
        let message = message(&request, &self.body, &self.scenario, self.number);
        if request.stream {
            let body = StreamBody::new(stream::body(&message, &self.scenario, entry));
            let mut reply = Response::new(BodyExt::boxed_unsync(body));
            reply
                .headers_mut()
                .insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream; charset=utf-8"));
            self.label(&mut reply);
            return Ok(reply);
        }
        entry.update(|call| note_usage(call, message.usage));
        entry.finish();
        Ok(self.json(StatusCode::OK, &message.body()))
    }

    /// The reply of a fault that leaves none of a good one.
    async fn faulty(&self) -> io::Result<Option<Response<ReplyBody>>> {
        Ok(match &self.scenario.fault {
            Some(Fault::Status { status, retry_after }) => {
                let mut reply = self.error(*status);
                if let Some(seconds) = retry_after {
                    reply.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(*seconds));
                }
                Some(reply)
            }
            Some(Fault::SpendCap) => {
                let body = json!({
                    "type": "error",
                    "error": {
                        "type": "rate_limit_error", "message": "fake: the spend limit is reached",
                        "details": { "error_code": "enforced_spend_limit_reached" }
                    },
                    "request_id": self.request_id
                });
                Some(self.json(StatusCode::TOO_MANY_REQUESTS, &body))
            }
            Some(Fault::TooLong) => {
                let body = json!({
                    "type": "error",
                    "error": {
                        "type": "invalid_request_error",
                        "message": "prompt is too long: 250000 tokens > 200000 maximum"
                    },
                    "request_id": self.request_id
                });
                Some(self.json(StatusCode::BAD_REQUEST, &body))
            }
            Some(Fault::Reset) => {
                return Err(io::Error::new(io::ErrorKind::ConnectionReset, "reset by the script"));
            }
            Some(Fault::Silence) => std::future::pending().await,
            _ => None,
        })
    }

    fn error(&self, status: u16) -> Response<ReplyBody> {
        let code = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        self.json(code, &error_body(status, &self.request_id))
    }

    fn json(&self, status: StatusCode, body: &Value) -> Response<ReplyBody> {
        let mut reply = json_reply(status, body, &self.request_id);
        self.label(&mut reply);
        reply
    }

    fn label(&self, reply: &mut Response<ReplyBody>) {
        let headers = reply.headers_mut();
        if let Ok(id) = HeaderValue::try_from(&self.request_id) {
            headers.insert("request-id", id);
        }
        headers.insert(FAKE_HEADER, HeaderValue::from_static("true"));
        headers.insert("anthropic-organization-id", HeaderValue::from_static("org-fake"));
        headers.insert("anthropic-ratelimit-requests-limit", HeaderValue::from_static("1000"));
        headers.insert("anthropic-ratelimit-requests-remaining", HeaderValue::from_static("999"));
        headers
            .insert("anthropic-ratelimit-requests-reset", HeaderValue::from_static("2030-01-01T00:00:00Z"));
    }
}

fn json_reply(status: StatusCode, body: &Value, request_id: &str) -> Response<ReplyBody> {
    let text = Full::new(Bytes::from(body.to_string())).map_err(|never| match never {});
    let mut reply = Response::new(text.boxed_unsync());
    *reply.status_mut() = status;
    let headers = reply.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(FAKE_HEADER, HeaderValue::from_static("true"));
    if let Ok(id) = HeaderValue::try_from(request_id) {
        headers.insert("request-id", id);
    }
    reply
}
