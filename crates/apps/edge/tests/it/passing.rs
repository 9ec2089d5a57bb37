//! What passes through.

use crate::backend::{BIG_CHUNKS, Backend};
use crate::setup::{TestEdge, eventually};
use axum::body::Bytes;
use futures_util::stream;
use http_body::Frame;
use http_body_util::StreamBody;
use reqwest::Body;
use serde_json::Value;
use std::collections::BTreeMap;
use std::convert::Infallible;

#[tokio::test]
async fn the_backend_gets_the_request_and_whom_it_comes_from() {
    let stable = Backend::start("stable").await;
    let edge = TestEdge::before(&stable.url(), "", "50").await;
    let reply = edge
        .client
        .get(edge.url("/a/b?c=d%20e"))
        .header("x-request-id", "mine-1")
        .header("x-forwarded-for", "1.2.3.4")
        .header("x-forwarded-proto", "https")
        .header("te", "trailers")
        .header("accept-language", "de")
        .send()
        .await
        .unwrap();
    assert_eq!(reply.headers()["x-request-id"], "mine-1");
    let found: Value = reply.json().await.unwrap();
    assert_eq!(found["uri"], "/a/b?c=d%20e");
    let headers: BTreeMap<String, String> =
        serde_json::from_value::<Vec<(String, String)>>(found["headers"].clone())
            .unwrap()
            .into_iter()
            .collect();
    assert_eq!(headers["host"], edge.address.to_string());
    assert_eq!(headers["x-forwarded-host"], edge.address.to_string());
    // A caller who is no proxy of ours says nothing about himself.
    assert_eq!(headers["x-forwarded-for"], "127.0.0.1");
    assert_eq!(headers["x-forwarded-proto"], "http");
    assert_eq!(headers["x-request-id"], "mine-1");
    assert_eq!(headers["accept-language"], "de");
    assert!(!headers.contains_key("te") && !headers.contains_key("connection"));
    edge.stop().await;
}

#[tokio::test]
async fn large_bodies_stream_both_ways() {
    let stable = Backend::start("stable").await;
    let edge = TestEdge::before(&stable.url(), "", "0").await;
    let big = edge.get("/big").await.bytes().await.unwrap();
    assert_eq!(big.len(), BIG_CHUNKS * 64 * 1024);
    assert!(big.iter().all(|byte| *byte == 7));

    // Of a length that nobody knows beforehand, so that nothing can be reserved for it.
    let chunk: Vec<u8> = (0..=255_u8).cycle().take(100_000).collect();
    let sent = chunk.repeat(300);
    let frames = (0..300).map(move |_| Ok::<_, Infallible>(Frame::data(Bytes::from(chunk.clone()))));
    let body = Body::wrap(StreamBody::new(stream::iter(frames)));
    let echoed = edge.client.post(edge.url("/echo")).body(body).send().await.unwrap().bytes().await.unwrap();
    assert_eq!(echoed.len(), sent.len());
    assert!(*echoed == *sent);
    // Small and empty ones are the same afterwards, too.
    for text in ["", "a"] {
        let echoed = edge.client.post(edge.url("/echo")).body(text).send().await.unwrap();
        assert_eq!(echoed.text().await.unwrap(), text);
    }
    edge.stop().await;
}

#[tokio::test]
async fn an_event_passes_when_it_happens() {
    let stable = Backend::start("stable").await;
    let edge = TestEdge::before(&stable.url(), "", "0").await;
    let mut events = edge.get("/events").await;
    assert_eq!(events.headers()["content-type"], "text/event-stream");
    assert_eq!(events.chunk().await.unwrap().unwrap(), "data: 1\n\n");
    stable.go_on();
    assert_eq!(events.chunk().await.unwrap().unwrap(), "data: 2\n\n");
    assert!(events.chunk().await.unwrap().is_none());
    edge.stop().await;
}

#[tokio::test]
async fn a_cut_reply_never_looks_complete() {
    let stable = Backend::start("stable").await;
    let edge = TestEdge::before(&stable.url(), "", "0").await;
    let mut reply = edge.get("/cut").await;
    assert_eq!(reply.status(), 200);
    assert_eq!(reply.chunk().await.unwrap().unwrap(), "begin");
    stable.go_on();
    assert!(reply.chunk().await.is_err());
    edge.stop().await;
}

#[tokio::test]
async fn a_caller_who_leaves_ends_the_work_for_him() {
    let stable = Backend::start("stable").await;
    let edge = TestEdge::before(&stable.url(), "", "0").await;
    {
        let waiting = edge.client.get(edge.url("/hang")).send();
        tokio::pin!(waiting);
        eventually("it has arrived", async || {
            tokio::select! {
                reply = &mut waiting => panic!("{reply:?}"),
                () = tokio::time::sleep(std::time::Duration::from_millis(5)) => stable.hanging() == 1,
            }
        })
        .await;
    }
    eventually("the backend has noticed", async || stable.hanging() == 0).await;
    edge.stop().await;
}

#[tokio::test]
async fn other_protocols_are_refused_in_words() {
    let stable = Backend::start("stable").await;
    let edge = TestEdge::before(&stable.url(), "", "0").await;
    let asked = edge.client.get(edge.url("/")).header("connection", "upgrade").header("upgrade", "websocket");
    let reply = asked.send().await.unwrap();
    assert_eq!(reply.status(), 501);
    assert_eq!(reply.headers()["content-type"], "application/problem+json");
    let problem: Value = reply.json().await.unwrap();
    assert_eq!(problem["type"], "https://dashly.dev/problems/edge-no-upgrade");
    assert_eq!(stable.requests(), 0);
    edge.stop().await;
}

#[tokio::test]
async fn the_operator_has_paths_of_his_own() {
    let (stable, canary) = (Backend::start("stable").await, Backend::start("canary").await);
    let edge = TestEdge::before(&stable.url(), &canary.url(), "100").await;
    // These are the application's.
    for path in ["/metrics", "/health/live", "/status"] {
        assert_eq!(edge.get(path).await.headers()["x-dashly-version"], "canary");
    }
    assert_eq!(edge.admin("/health/live").await.status(), 200);
    assert_eq!(edge.admin("/health/ready").await.status(), 200);
    assert_eq!(edge.admin("/versions/other/metrics").await.status(), 404);
    let all = edge.admin("/metrics").await.text().await.unwrap();
    assert!(all.contains("dashly_edge_canary_weight_percent"), "{all}");
    let text = edge.admin("/versions/canary/metrics").await.text().await.unwrap();
    let count = "dashly_http_request_duration_seconds_count{method=\"GET\",route=\"(edge)\",status=\"200\",version=\"canary\"}";
    assert!(text.contains(count), "{text}");
    assert!(!text.contains("version=\"stable\""), "{text}");
    edge.stop().await;
}

#[tokio::test]
async fn a_delay_is_added_to_every_request() {
    let backend = Backend::start("slow network").await;
    let variables = [("EDGE_STABLE", backend.url()), ("EDGE_DELAY_MS", "300".to_owned())];
    let edge = TestEdge::start(&variables).await;
    for _ in 0..2 {
        let started = std::time::Instant::now();
        assert_eq!(edge.get("/").await.status(), 200);
        assert!(started.elapsed() >= std::time::Duration::from_millis(300));
    }
    edge.stop().await;
}
