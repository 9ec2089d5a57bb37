//! A gateway, a scripted provider behind it, and a caller in front.

use dashly_fake_upstream::{FakeUpstream, Options, Scenario};
use dashly_gateway::{GatewayConfig, GatewayParts, build};
use dashly_process::{OperatingSystemIds, Settings, SystemClock};
use dashly_telemetry::{Health, Phase, Tasks};
use dashly_web::{ServeOptions, serve};
use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::net::TcpListener;

/// The provider's key in tests.
pub(crate) const PROVIDER_KEY: &str = "provider-key-1";
pub(crate) const MODEL: &str = "claude-sonnet-5-5";
/// A named key in the file; what callers show is "test".
pub(crate) const KEY: &str = "[[keys]]\nname = \"analytics\"\n\
    hash = \"sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\"\n";

pub(crate) struct TestGateway {
    pub(crate) upstream: FakeUpstream,
    pub(crate) client: Client,
    pub(crate) url: String,
    pub(crate) folder: TempDir,
    tasks: Tasks,
}

impl Drop for TestGateway {
    fn drop(&mut self) {
        self.tasks.begin_shutdown();
    }
}

impl TestGateway {
    /// A gateway without a file or a token, for callers of this machine.
    pub(crate) async fn start() -> Self {
        Self::with(&[], "").await
    }

    /// A gateway with these variables and this file. Waits are short unless the file says otherwise.
    pub(crate) async fn with(variables: &[(&str, &str)], file: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let upstream = FakeUpstream::start(listener, Options::default()).unwrap();
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("gateway.toml");
        std::fs::write(&path, file).unwrap();
        let mut all: HashMap<String, String> = [
            ("GATEWAY_CONFIG", path.display().to_string()),
            ("ANTHROPIC_BASE_URL", upstream.url()),
            ("ANTHROPIC_API_KEY", PROVIDER_KEY.to_owned()),
            ("RATE_LIMIT_RPM", "1000000".to_owned()),
            ("GATEWAY_BUDGETS", folder.path().join("budgets.json").display().to_string()),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
        all.extend(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let lookup = |name: &str| all.get(name).cloned();
        let config = GatewayConfig::read(&mut Settings::new(&lookup), "127.0.0.1").unwrap();
        let (health, tasks) = (Health::default(), Tasks::default());
        let parts = GatewayParts {
            clock: Arc::new(SystemClock),
            ids: Arc::new(OperatingSystemIds),
            health: health.clone(),
            tasks: tasks.clone(),
        };
        let router = build(&config, parts).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        health.set_phase(Phase::Ready);
        let stop = tasks.shutdown_signal();
        let options = ServeOptions {
            drain: Duration::ZERO,
            finish: Duration::from_secs(5),
            health,
            tasks: tasks.clone(),
        };
        tasks.spawn("server", async move {
            serve(listener, router, options, async move { stop.wait().await }).await;
        });
        let client = Client::builder().timeout(Duration::from_secs(20)).build().unwrap();
        Self { upstream, client, url, folder, tasks }
    }

    /// Ends it as SIGTERM would, and gives its folder.
    pub(crate) async fn stop(mut self) -> TempDir {
        assert!(self.tasks.shut_down(Duration::from_secs(10)).await, "everything ends in time");
        std::mem::replace(&mut self.folder, TempDir::new().unwrap())
    }

    /// Settlements are written right after the answer has gone out.
    pub(crate) async fn wait_for_settlements(&self, is_settled: impl AsyncFn() -> bool) {
        let settled = async {
            while !is_settled().await {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), settled).await.expect("every call is settled");
    }

    /// A call of `/v1/messages`.
    pub(crate) fn messages(&self, body: &Value) -> RequestBuilder {
        self.client
            .post(format!("{}/v1/messages", self.url))
            .header("x-api-key", "dummy")
            .header("anthropic-version", "2023-06-01")
            .json(body)
    }

    /// The same by the named key.
    pub(crate) fn keyed(&self, body: &Value) -> RequestBuilder {
        self.with_header(body, "authorization", "Bearer test")
    }

    /// The same with this header in place of a token.
    pub(crate) fn with_header(&self, body: &Value, name: &str, value: &str) -> RequestBuilder {
        self.client
            .post(format!("{}/v1/messages", self.url))
            .header(name, value)
            .header("anthropic-version", "2023-06-01")
            .json(body)
    }

    /// The same with a scenario of its own.
    pub(crate) fn in_scenario(&self, body: &Value, scenario: &str) -> RequestBuilder {
        self.messages(body).header("x-fake-scenario", scenario)
    }

    pub(crate) fn queue(&self, scenarios: &[&str]) {
        self.upstream.queue(scenarios.iter().map(|text| text.parse::<Scenario>().unwrap()));
    }

    /// The models that the provider was asked for, in order.
    pub(crate) fn models_asked(&self) -> Vec<String> {
        let calls = self.upstream.calls();
        let bodies = calls.iter().map(|call| serde_json::from_slice::<Value>(&call.body).unwrap());
        bodies.map(|body| body["model"].as_str().unwrap().to_owned()).collect()
    }

    /// A call of a task.
    pub(crate) async fn task(&self, path: &str, body: &Value) -> (u16, Value) {
        let reply = self.client.post(format!("{}/api/ai/{path}", self.url)).json(body).send().await.unwrap();
        (reply.status().as_u16(), reply.json().await.unwrap())
    }

    /// All counters.
    pub(crate) async fn counters(&self) -> Value {
        let reply = self.client.get(format!("{}/api/metrics", self.url)).send().await.unwrap();
        reply.json::<Value>().await.unwrap()["data"].clone()
    }
}

/// A question for `model`.
pub(crate) fn question(model: &str) -> Value {
    json!({ "model": model, "max_tokens": 100, "messages": [{ "role": "user", "content": "How was July?" }] })
}

/// The same, answered as a stream.
pub(crate) fn stream_question(model: &str) -> Value {
    let mut body = question(model);
    body["stream"] = Value::Bool(true);
    body
}

/// The value of a header.
#[track_caller]
pub(crate) fn header<'a>(reply: &'a Response, name: &str) -> &'a str {
    reply.headers().get(name).unwrap_or_else(|| panic!("no {name}: {reply:?}")).to_str().unwrap()
}
