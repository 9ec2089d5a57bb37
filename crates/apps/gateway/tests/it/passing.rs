//! What passes is not touched.

use crate::fixture::{MODEL, PROVIDER_KEY, TestGateway, header, question, stream_question};
use dashly_fake_upstream::Ending;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

#[tokio::test]
async fn a_good_reply_comes_back_as_it_was_sent() {
    let gateway = TestGateway::start().await;
    let mut body = question(MODEL);
    body["something_new"] = json!({ "deep": [1.0, null] });
    let reply = gateway
        .messages(&body)
        .header("anthropic-beta", "new-2027-01-01")
        .header("authorization", "Bearer dummy")
        .send()
        .await
        .unwrap();

    assert_eq!(reply.status(), 200);
    assert_eq!(header(&reply, "request-id"), "req_fake_000001");
    assert_eq!(header(&reply, "anthropic-ratelimit-requests-remaining"), "999");
    assert_eq!(header(&reply, "x-dashly-fake-upstream"), "true");
    let through: Value = reply.json().await.unwrap();
    let calls = gateway.upstream.calls();
    let sent: Value = serde_json::from_slice(&calls[0].body).unwrap();
    assert_eq!(sent, body, "unknown fields pass");
    let headers = &calls[0].headers;
    assert_eq!(headers["x-api-key"], PROVIDER_KEY);
    assert_eq!(headers["anthropic-beta"], "new-2027-01-01");
    assert!(!headers.contains_key("authorization"), "the caller's token stays here");
    assert_eq!(through["usage"]["input_tokens"], calls[0].usage.input_tokens);
    assert_eq!(through["model"], MODEL);
}

#[tokio::test]
async fn errors_keep_status_headers_and_body() {
    let gateway = TestGateway::start().await;
    for status in [400, 401, 403, 404, 413, 429, 500, 529] {
        let reply =
            gateway.in_scenario(&question(MODEL), &format!("status={status}/7")).send().await.unwrap();
        assert_eq!(reply.status(), status);
        assert_eq!(header(&reply, "retry-after"), "7");
        assert!(header(&reply, "request-id").starts_with("req_fake_"));
        assert!(!reply.headers().contains_key("x-dashly-gateway-error"));
        let body: Value = reply.json().await.unwrap();
        assert!(body["error"]["message"].as_str().unwrap().starts_with("fake:"), "{body}");
    }
    assert_eq!(gateway.upstream.calls().len(), 8, "each call is passed once");
}

#[tokio::test]
async fn a_stream_passes_byte_for_byte() {
    let gateway = TestGateway::start().await;
    for scenario in ["", "split", "tool-use", "malformed", "cache=10/90"] {
        let body = stream_question(MODEL);
        let through = gateway.in_scenario(&body, scenario).send().await.unwrap();
        assert!(header(&through, "content-type").starts_with("text/event-stream"));
        let through = through.bytes().await.unwrap();
        let direct = gateway
            .client
            .post(format!("{}/v1/messages", gateway.upstream.url()))
            .header("x-api-key", "k")
            .header("anthropic-version", "2023-06-01")
            .header("x-fake-scenario", scenario)
            .json(&body)
            .send()
            .await
            .unwrap()
            .bytes()
            .await
            .unwrap();
        let without_id = |bytes: &[u8]| {
            let text = String::from_utf8(bytes.to_vec()).unwrap();
            let (before, after) = text.split_once("msg_fake_").unwrap();
            // The number has six digits.
            format!("{before}{}", after.chars().skip(6).collect::<String>())
        };
        assert_eq!(without_id(&through), without_id(&direct), "{scenario}");
    }
}

#[tokio::test]
async fn the_first_event_does_not_wait_for_the_last() {
    let gateway = TestGateway::start().await;
    let mut reply = gateway.in_scenario(&stream_question(MODEL), "stall=2").send().await.unwrap();
    let first = reply.chunk().await.unwrap().unwrap();
    assert!(first.starts_with(b"event: message_start"));
}

#[tokio::test]
async fn the_provider_hears_within_50_ms_that_a_caller_left() {
    let gateway = TestGateway::start().await;
    for (body, scenario) in [(stream_question(MODEL), "stall=3"), (question(MODEL), "silence")] {
        let before = gateway.upstream.calls().len();
        let call = gateway.in_scenario(&body, scenario).send();
        let leave_at = {
            let arrival = gateway.upstream.wait_until(|calls| calls.len() > before);
            tokio::pin!(call);
            tokio::select! {
                reply = &mut call => {
                    // The head of a stream comes at once; its caller leaves in the middle.
                    let mut reply = reply.unwrap();
                    reply.chunk().await.unwrap();
                    Instant::now()
                }
                _ = arrival => {
                    if scenario == "silence" { Instant::now() } else {
                        let mut reply = call.await.unwrap();
                        reply.chunk().await.unwrap();
                        Instant::now()
                    }
                }
            }
        };
        let calls = gateway.upstream.wait_until(|calls| calls[before].ending != Ending::Running).await;
        let Ending::Left(left_at) = calls[before].ending else { panic!("{:?}", calls[before].ending) };
        let passed = left_at.saturating_duration_since(leave_at);
        assert!(passed < Duration::from_millis(50), "{scenario}: {passed:?}");
    }
}

#[tokio::test]
async fn tokens_are_counted_and_models_listed() {
    let gateway = TestGateway::start().await;
    let url = format!("{}/v1/messages/count_tokens", gateway.url);
    let count = gateway
        .client
        .post(url)
        .header("x-api-key", "dummy")
        .header("anthropic-version", "2023-06-01")
        .json(&question("haiku"))
        .send()
        .await
        .unwrap();
    assert_eq!(count.status(), 200);
    assert!(count.json::<Value>().await.unwrap()["input_tokens"].as_u64().unwrap() > 10);
    let sent: Value = serde_json::from_slice(&gateway.upstream.calls()[0].body).unwrap();
    assert_eq!(sent["model"], "claude-haiku-5-5");
    let models = gateway
        .client
        .get(format!("{}/v1/models?limit=5", gateway.url))
        .header("anthropic-version", "2023-06-01")
        .send()
        .await
        .unwrap();
    assert_eq!(models.json::<Value>().await.unwrap()["data"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn what_is_metered_is_what_the_provider_sent() {
    let gateway = TestGateway::start().await;
    for (body, scenario) in [
        (question(MODEL), "cache=10/90"),
        (stream_question(MODEL), ""),
        (stream_question(MODEL), "split"),
        (question(MODEL), "status=500"),
    ] {
        let reply = gateway.in_scenario(&body, scenario).send().await.unwrap();
        reply.bytes().await.unwrap();
    }
    let counters = gateway.counters().await;
    let sum = |part: &str, kind: &str| -> u64 {
        counters["rows"].as_array().unwrap().iter().map(|row| row[part][kind].as_u64().unwrap()).sum()
    };
    let calls = gateway.upstream.calls();
    assert_eq!(sum("usage", "input_tokens"), calls.iter().map(|call| call.usage.input_tokens).sum::<u64>());
    assert_eq!(sum("usage", "output_tokens"), calls.iter().map(|call| call.usage.output_tokens).sum::<u64>());
    assert_eq!((sum("usage", "cache_read_tokens"), sum("usage", "cache_write_5m_tokens")), (90, 10));
    assert_eq!(counters["totalRequests"], 4);
    assert_eq!(counters["errors"], 1);
    assert_eq!(sum("estimated_usage", "output_tokens"), 0);
    let outcomes: Vec<_> = counters["rows"].as_array().unwrap().iter().map(|row| &row["outcome"]).collect();
    assert_eq!(outcomes, ["answered", "provider_error"]);
    assert!(counters["requestsByEndpoint"]["POST /v1/messages"]["totalTokens"].as_u64().unwrap() > 0);
}
