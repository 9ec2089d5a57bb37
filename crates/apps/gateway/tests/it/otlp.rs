//! Metrics go to an OpenTelemetry collector.

use crate::fixture::{MODEL, TestGateway, question};
use axum::Router;
use axum::body::Bytes;
use axum::routing::post;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collector_hears_of_calls_under_the_names_of_the_conventions() {
    let (heard, mut exports) = mpsc::unbounded_channel::<Bytes>();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let take = move |body: Bytes| async move { drop(heard.send(body)) };
    let router = Router::new().route("/v1/metrics", post(take));
    #[expect(clippy::disallowed_methods, reason = "ends with the test's runtime")]
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let gateway = TestGateway::with(
        &[("OTEL_EXPORTER_OTLP_ENDPOINT", &url), ("OTEL_METRIC_EXPORT_INTERVAL", "3600000")],
        "",
    )
    .await;
    gateway.messages(&question(MODEL)).send().await.unwrap().bytes().await.unwrap();
    // The last export is made when the gateway stops.
    let _folder = gateway.stop().await;
    let export = tokio::time::timeout(Duration::from_secs(10), exports.recv()).await.unwrap().unwrap();
    let holds = |part: &str| export.windows(part.len()).any(|window| window == part.as_bytes());
    for name in [
        "dashly-genai-gateway",
        "gen_ai.client.operation.duration",
        "gen_ai.client.operation.time_to_first_chunk",
        "gen_ai.client.token.usage",
        "gen_ai.token.type",
        "gen_ai.request.model",
        "dashly.gateway.cost",
        "/v1/messages",
        MODEL,
    ] {
        assert!(holds(name), "no {name} in {}", String::from_utf8_lossy(&export));
    }
}
