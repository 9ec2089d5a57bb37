//! An edge under test.

use dashly_edge::{EdgeConfig, start};
use dashly_process::Settings;
use dashly_telemetry::Tasks;
use reqwest::{Client, Response};
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// A machine busy with other builds may need this long for what usually takes a fraction of a second.
const PATIENCE: Duration = Duration::from_mins(1);

/// A running edge; stops when dropped.
pub(crate) struct TestEdge {
    pub(crate) address: SocketAddr,
    admin: SocketAddr,
    pub(crate) client: Client,
    stop: Option<oneshot::Sender<()>>,
    tasks: Tasks,
}

impl TestEdge {
    /// Starts one with these variables.
    pub(crate) async fn start(variables: &[(&str, String)]) -> Self {
        let mut all: BTreeMap<String, String> =
            [("HOST", "127.0.0.1"), ("PORT", "0"), ("EDGE_ADMIN", "127.0.0.1:0")]
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect();
        all.extend(variables.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        let lookup = |name: &str| all.get(name).cloned();
        let config = EdgeConfig::read(&mut Settings::new(&lookup), "127.0.0.1").unwrap();
        let edge = start(&config).await.unwrap();
        let (address, admin) = (edge.address().unwrap(), edge.admin_address().unwrap());
        let (stop, stopped) = oneshot::channel::<()>();
        let tasks = Tasks::default();
        tasks.spawn("edge", async move {
            edge.run_until(async { drop(stopped.await) }).await.unwrap();
        });
        let client = Client::builder().timeout(PATIENCE).no_proxy().build().unwrap();
        Self { address, admin, client, stop: Some(stop), tasks }
    }

    /// In front of these, with nothing else set.
    pub(crate) async fn before(stable: &str, canary: &str, weight: &str) -> Self {
        let variables = [("EDGE_STABLE", stable), ("EDGE_CANARY", canary), ("EDGE_WEIGHT", weight)];
        Self::start(&variables.map(|(name, value)| (name, value.to_owned()))).await
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.client.get(self.url(path)).send().await.unwrap()
    }

    /// The name of the backend that answers a visitor with these cookies.
    pub(crate) async fn name_for(&self, cookies: &str) -> String {
        let reply = self.client.get(self.url("/")).header("cookie", cookies).send().await.unwrap();
        let found: Value = reply.json().await.unwrap();
        found["name"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn admin(&self, path: &str) -> Response {
        self.client.get(format!("http://{}{path}", self.admin)).send().await.unwrap()
    }

    pub(crate) async fn status(&self) -> Value {
        self.admin("/status").await.json().await.unwrap()
    }

    /// Stops it and waits until it is gone.
    pub(crate) async fn stop(mut self) {
        drop(self.stop.take());
        assert!(self.tasks.shut_down(PATIENCE).await);
    }
}

/// Looks until `look` says yes.
pub(crate) async fn eventually(what: &str, mut look: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !look().await {
        assert!(Instant::now() < deadline, "not within {PATIENCE:?}: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
