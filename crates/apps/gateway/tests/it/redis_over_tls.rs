//! A Redis that speaks nothing but TLS, as providers of Redis have it.

use crate::process::{PATIENCE, Program};
use serde_json::Value;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// Ends with the test.
struct Redis {
    child: Child,
    url: String,
    /// Whom a client has to trust.
    certificate: String,
    _folder: TempDir,
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Redis {
    fn start() -> Self {
        let folder = TempDir::new().unwrap();
        let path = |name: &str| folder.path().join(name).into_os_string().into_string().unwrap();
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let (certificate, key) = (path("certificate.pem"), path("key.pem"));
        std::fs::write(&certificate, made.cert.pem()).unwrap();
        std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let child = Command::new("redis-server")
            .args(["--port", "0", "--tls-port", &port.to_string(), "--bind", "127.0.0.1"])
            .args(["--tls-cert-file", &certificate, "--tls-key-file", &key])
            .args(["--tls-ca-cert-file", &certificate, "--tls-auth-clients", "no"])
            .args(["--requirepass", "of-this-test", "--save", "", "--dir", &path("")])
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server: run scripts/install-test-tools");
        let url = format!("rediss://:of-this-test@localhost:{port}");
        Self { child, url, certificate, _folder: folder }
    }
}

/// What the gateway says of its Redis: `ok` or `degraded`.
async fn status(program: &Program) -> String {
    let (_, report) = program.get("/health/ready").await;
    let report: Value = serde_json::from_str(&report).unwrap();
    report["components"]["redis"]["status"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_redis_is_reached_over_tls_when_its_certificate_is_trusted_and_not_otherwise() {
    let redis = Redis::start();
    let url = ("REDIS_URL", redis.url.as_str());
    let program = Program::start(&[url, ("SSL_CERT_FILE", redis.certificate.as_str())], "").await;
    let reached = async {
        while status(&program).await != "ok" {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, reached).await.unwrap();
    let stranger = Program::start(&[url], "").await;
    assert_eq!(status(&stranger).await, "degraded", "nobody vouches for its certificate");
}
