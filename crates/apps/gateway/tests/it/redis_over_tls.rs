//! A Redis that speaks nothing but TLS, as providers of Redis have it.

use crate::own_redis::{OwnRedis, free_port};
use crate::process::{PATIENCE, Program};
use serde_json::Value;

const CERTIFICATE: &str = "certificate.pem";

/// It, its address, and the file of the certificate that a client has to trust.
fn redis() -> (OwnRedis, String, String) {
    let port = free_port().to_string();
    let url = format!("rediss://:of-this-test@localhost:{port}");
    let redis = OwnRedis::start(|folder| {
        let path = |name: &str| folder.join(name).into_os_string().into_string().unwrap();
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let (certificate, key) = (path(CERTIFICATE), path("key.pem"));
        std::fs::write(&certificate, made.cert.pem()).unwrap();
        std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
        let arguments = [
            ["--port", "0", "--tls-port", &port],
            ["--tls-cert-file", &certificate, "--tls-key-file", &key],
            ["--tls-ca-cert-file", &certificate, "--tls-auth-clients", "no"],
        ];
        let mut arguments: Vec<String> = arguments.concat().into_iter().map(str::to_owned).collect();
        arguments.extend(["--requirepass", "of-this-test"].map(str::to_owned));
        arguments
    });
    let certificate = redis.folder().join(CERTIFICATE).into_os_string().into_string().unwrap();
    (redis, url, certificate)
}

/// What the gateway says of its Redis: `ok` or `degraded`.
async fn status(program: &Program) -> String {
    let (_, report) = program.get("/health/ready").await;
    let report: Value = serde_json::from_str(&report).unwrap();
    report["components"]["redis"]["status"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_redis_is_reached_over_tls_when_its_certificate_is_trusted_and_not_otherwise() {
    let (_redis, url, certificate) = redis();
    let url = ("REDIS_URL", url.as_str());
    let program = Program::start(&[url, ("SSL_CERT_FILE", certificate.as_str())], "").await;
    let reached = async {
        while status(&program).await != "ok" {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, reached).await.unwrap();
    let stranger = Program::start(&[url], "").await;
    assert_eq!(status(&stranger).await, "degraded", "nobody vouches for its certificate");
}
