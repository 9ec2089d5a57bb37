//! What the provider does wrong, and what callers hear of it.

use crate::fixture::{MODEL, TestGateway, header, question, stream_question};
use serde_json::Value;

const FAST: &str = "[timeouts]\nfirst_token_ms = 200\nnext_token_ms = 200\ncall_ms = 600\n\
    [retries]\nfirst_wait_ms = 1\n";

#[tokio::test]
async fn a_cut_stream_never_looks_complete() {
    let gateway = TestGateway::start().await;
    for scenario in ["cut=1", "cut=3", "cut=5"] {
        let reply = gateway.in_scenario(&stream_question(MODEL), scenario).send().await.unwrap();
        assert_eq!(reply.status(), 200);
        assert!(reply.bytes().await.is_err(), "{scenario}");
    }
    let counters = gateway.counters().await;
    let row = &counters["rows"][0];
    assert_eq!((&row["outcome"], row["calls"].as_u64()), (&Value::from("failed"), Some(3)));
    assert!(row["estimated_usage"]["input_tokens"].as_u64().unwrap() > 0);
    assert_eq!(row["usage"]["input_tokens"], 0);
}

#[tokio::test]
async fn a_stalled_stream_is_cut_after_the_pause_that_is_allowed() {
    let gateway = TestGateway::with(&[], FAST).await;
    let reply = gateway.in_scenario(&stream_question(MODEL), "stall=3").send().await.unwrap();
    assert!(reply.bytes().await.is_err());
    gateway
        .upstream
        .wait_until(|calls| calls.iter().all(|call| call.ending != dashly_fake_upstream::Ending::Running))
        .await;
}

#[tokio::test]
async fn silence_is_a_timeout() {
    let gateway = TestGateway::with(&[], FAST).await;
    for body in [question(MODEL), stream_question(MODEL)] {
        let reply = gateway.in_scenario(&body, "silence").send().await.unwrap();
        assert_eq!(reply.status(), 504);
        assert_eq!(header(&reply, "x-dashly-gateway-error"), "provider-too-slow");
        let body: Value = reply.json().await.unwrap();
        assert_eq!(body["error"]["type"], "timeout_error");
    }
}

#[tokio::test]
async fn a_closed_connection_is_a_bad_gateway_and_is_not_tried_again() {
    let gateway = TestGateway::start().await;
    let reply = gateway.in_scenario(&question(MODEL), "reset").send().await.unwrap();
    assert_eq!(reply.status(), 502);
    assert_eq!(header(&reply, "x-dashly-gateway-error"), "provider-broke-off");
    assert_eq!(gateway.upstream.calls().len(), 1);
}

#[tokio::test]
async fn a_provider_that_is_away_is_a_bad_gateway() {
    let gateway = TestGateway::with(&[("ANTHROPIC_BASE_URL", "http://127.0.0.1:9")], "").await;
    let reply = gateway.messages(&question(MODEL)).send().await.unwrap();
    assert_eq!(reply.status(), 502);
    assert_eq!(header(&reply, "x-dashly-gateway-error"), "provider-unreachable");
    assert_eq!(header(&reply, "x-should-retry"), "true");
    assert_eq!(gateway.counters().await["rows"][0]["estimated_usage"]["input_tokens"], 0, "nothing was read");
}

#[tokio::test]
async fn an_error_in_the_stream_passes() {
    let gateway = TestGateway::start().await;
    let reply = gateway.in_scenario(&stream_question(MODEL), "error=3").send().await.unwrap();
    let text = reply.text().await.unwrap();
    assert!(text.contains("event: error") && text.contains("overloaded_error"), "{text}");
    assert_eq!(gateway.counters().await["rows"][0]["outcome"], "provider_error");
}

#[tokio::test]
async fn without_a_key_the_caller_hears_what_to_set() {
    let gateway = TestGateway::with(&[("ANTHROPIC_API_KEY", "")], "").await;
    let reply = gateway.messages(&question(MODEL)).send().await.unwrap();
    assert_eq!(reply.status(), 503);
    assert_eq!(header(&reply, "x-dashly-gateway-error"), "ai-not-configured");
    let ready = gateway.client.get(format!("{}/health/ready", gateway.url)).send().await.unwrap();
    assert_eq!(ready.status(), 200);
    let report: Value = ready.json().await.unwrap();
    assert_eq!(report["components"]["provider_key"]["status"], "degraded");
}
