//! Servers behind the edge: in this process, or each in a process of its own that can be killed.

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use axum::{Json, Router};
use dashly_telemetry::Tasks;
use futures_util::{StreamExt, stream};
use http::StatusCode;
use serde_json::json;
use std::convert::Infallible;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Notify;

const NAME: &str = "DASHLY_EDGE_TEST_BACKEND";
const PORT: &str = "DASHLY_EDGE_TEST_PORT";

/// What a backend knows of itself.
#[derive(Clone)]
pub(crate) struct Backend {
    pub(crate) address: SocketAddr,
    inner: Arc<Inner>,
}

struct Inner {
    name: String,
    requests: AtomicUsize,
    hanging: AtomicUsize,
    is_unready: AtomicBool,
    is_failing: AtomicBool,
    go_on: Notify,
    tasks: Tasks,
}

impl Backend {
    pub(crate) async fn start(name: &str) -> Self {
        Self::start_on(name, ([127, 0, 0, 1], 0).into()).await
    }

    async fn start_on(name: &str, address: SocketAddr) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let backend = Self {
            address: listener.local_addr().unwrap(),
            inner: Arc::new(Inner {
                name: name.to_owned(),
                requests: AtomicUsize::new(0),
                hanging: AtomicUsize::new(0),
                is_unready: AtomicBool::new(false),
                is_failing: AtomicBool::new(false),
                go_on: Notify::new(),
                tasks: Tasks::default(),
            }),
        };
        let router = Router::new()
            .route("/health/ready", get(ready))
            .route("/hang", any(hang))
            .route("/echo", any(echo))
            .route("/big", get(big))
            .route("/cut", get(cut))
            .route("/events", get(events))
            .route("/asset", get(|| async { ([("cache-control", "max-age=60, public")], "asset") }))
            .fallback(answer)
            .with_state(backend.clone());
        backend.inner.tasks.spawn("backend", async move { axum::serve(listener, router).await.unwrap() });
        backend
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn requests(&self) -> usize {
        self.inner.requests.load(Ordering::SeqCst)
    }

    pub(crate) fn hanging(&self) -> usize {
        self.inner.hanging.load(Ordering::SeqCst)
    }

    pub(crate) fn set_ready(&self, is_ready: bool) {
        self.inner.is_unready.store(!is_ready, Ordering::SeqCst);
    }

    pub(crate) fn set_failing(&self, is_failing: bool) {
        self.inner.is_failing.store(is_failing, Ordering::SeqCst);
    }

    pub(crate) fn go_on(&self) {
        self.inner.go_on.notify_one();
    }
}

async fn ready(State(backend): State<Backend>) -> StatusCode {
    let is_unready = backend.inner.is_unready.load(Ordering::SeqCst);
    if is_unready { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK }
}

/// Who answers, and what arrived.
async fn answer(State(backend): State<Backend>, request: Request) -> Response {
    backend.inner.requests.fetch_add(1, Ordering::SeqCst);
    if backend.inner.is_failing.load(Ordering::SeqCst) {
        return (StatusCode::INTERNAL_SERVER_ERROR, "broken").into_response();
    }
    let headers: Vec<(String, String)> = request
        .headers()
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    let uri = request.uri().to_string();
    Json(json!({ "name": backend.inner.name, "uri": uri, "headers": headers })).into_response()
}

/// Gives its place back when the caller leaves.
struct Hanging(Arc<Inner>);

impl Drop for Hanging {
    fn drop(&mut self) {
        self.0.hanging.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A backend called `prompt` answers at once.
async fn hang(State(backend): State<Backend>) {
    if backend.inner.name == "prompt" {
        return;
    }
    backend.inner.requests.fetch_add(1, Ordering::SeqCst);
    backend.inner.hanging.fetch_add(1, Ordering::SeqCst);
    let _hanging = Hanging(Arc::clone(&backend.inner));
    std::future::pending::<()>().await;
}

async fn echo(body: Body) -> Body {
    body
}

const CHUNK: usize = 64 * 1024;
pub(crate) const BIG_CHUNKS: usize = 512;

async fn big() -> Body {
    let chunk = Bytes::from(vec![7; CHUNK]);
    Body::from_stream(stream::iter((0..BIG_CHUNKS).map(move |_| Ok::<_, Infallible>(chunk.clone()))))
}

/// Begins, and breaks off when told to go on.
async fn cut(State(backend): State<Backend>) -> Body {
    let first = stream::iter([Ok(Bytes::from("begin"))]);
    let second = stream::once(async move {
        backend.inner.go_on.notified().await;
        Err(std::io::Error::other("gone"))
    });
    Body::from_stream(first.chain(second))
}

/// One event at once, another when told to go on.
async fn events(State(backend): State<Backend>) -> Response {
    let first = stream::iter([Ok::<_, Infallible>(Bytes::from("data: 1\n\n"))]);
    let second = stream::once(async move {
        backend.inner.go_on.notified().await;
        Ok(Bytes::from("data: 2\n\n"))
    });
    ([("content-type", "text/event-stream")], Body::from_stream(first.chain(second))).into_response()
}

/// A backend in a process of its own; killed when dropped.
pub(crate) struct Process {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Process {
    /// Port 0 takes any free one. On an address of its own, where nothing else of this machine takes the port while the
    /// process is dead.
    pub(crate) fn start(name: &str, port: u16) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "backend::be_a_backend_process",
                "--ignored",
                "--nocapture",
                "--test-threads=1",
            ])
            .env(NAME, name)
            .env(PORT, port.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = lines
            .map(Result::unwrap)
            .find_map(|line| line.rsplit_once("serving ").map(|(_, address)| address.parse().unwrap()))
            .expect("it says where it serves");
        Self { child, address }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// SIGKILL: no goodbye.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have been killed already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Not a test: what [`Process`] runs, so that there is a process to kill.
#[tokio::test]
#[ignore = "what a backend process runs"]
#[expect(clippy::disallowed_methods, reason = "a process is told by its environment what it is")]
async fn be_a_backend_process() {
    let Ok(name) = std::env::var(NAME) else { return };
    let port: u16 = std::env::var(PORT).unwrap().parse().unwrap();
    let backend = Backend::start_on(&name, ([127, 0, 0, 2], port).into()).await;
    println!("serving {}", backend.address);
    // Longer than any test; whoever started it kills it.
    tokio::time::sleep(Duration::from_mins(5)).await;
}
