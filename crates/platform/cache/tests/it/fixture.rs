//! A clock that only moves when told, and Redis servers.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use dashly_cache::{Clock, RateLimiter, Status};

/// Starts at a time that is no multiple of anything.
#[derive(Clone)]
pub(crate) struct ManualClock(Arc<AtomicU64>);

impl ManualClock {
    pub(crate) fn new() -> Self {
        Self(Arc::new(AtomicU64::new(7_654_321)))
    }

    pub(crate) fn advance(&self, by: Duration) {
        self.0.fetch_add(u64::try_from(by.as_millis()).unwrap(), Ordering::SeqCst);
    }

    pub(crate) fn step_back(&self, by: Duration) {
        self.0.fetch_sub(u64::try_from(by.as_millis()).unwrap(), Ordering::SeqCst);
    }

    pub(crate) fn now_ms(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }

    pub(crate) fn clock(&self) -> Clock {
        let time = Arc::clone(&self.0);
        Arc::new(move || Duration::from_millis(time.load(Ordering::SeqCst)))
    }
}

/// The Redis that `scripts/with-test-services` started.
#[expect(clippy::disallowed_methods, reason = "tests get their services through the environment")]
pub(crate) fn redis_url() -> String {
    std::env::var("DASHLY_TEST_REDIS_URL")
        .expect("no DASHLY_TEST_REDIS_URL: run through scripts/with-test-services")
}

/// A key that no other test on the same Redis has used.
pub(crate) fn fresh_key() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    format!("{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::SeqCst))
}

/// A Redis of the test's own, which it may kill and start again at the same address.
pub(crate) struct OwnRedis {
    port: u16,
    folder: tempfile::TempDir,
    server: Option<Child>,
}

impl OwnRedis {
    /// Only reserves the address.
    pub(crate) fn reserve() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        Self { port, folder: tempfile::tempdir().unwrap(), server: None }
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }

    pub(crate) fn start(&mut self) {
        let server = Command::new("redis-server")
            .args([
                "--bind",
                "127.0.0.1",
                "--port",
                &self.port.to_string(),
                "--save",
                "",
                "--appendonly",
                "no",
            ])
            .current_dir(self.folder.path())
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server: run scripts/install-test-tools");
        self.server = Some(server);
    }

    /// It keeps its data and answers nobody.
    pub(crate) fn pause(&self) {
        self.signal("-STOP");
    }

    pub(crate) fn resume(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let id = self.server.as_ref().expect("a started redis").id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
    }

    /// As a power cut would: no goodbye.
    pub(crate) fn kill(&mut self) {
        if let Some(mut server) = self.server.take() {
            server.kill().unwrap();
            server.wait().unwrap();
        }
    }
}

impl Drop for OwnRedis {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Probes until the limiter is in `status`; each probe comes late enough to be a new attempt.
pub(crate) async fn wait_for(limiter: &RateLimiter, clock: &ManualClock, status: Status) {
    let arrival = async {
        while limiter.probe().await != status {
            clock.advance(Duration::from_secs(1));
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), arrival).await.expect("the expected status within 20 s");
}
