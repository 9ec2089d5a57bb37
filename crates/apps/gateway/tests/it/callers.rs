//! Who is served, and how much.

use crate::fixture::{KEY, MODEL, TestGateway, header, question};
use serde_json::Value;

const TOKEN: &str = "a-token-of-the-main-api-0123456789";
#[tokio::test]
async fn with_a_token_nobody_else_is_served() {
    let gateway = TestGateway::with(&[("GATEWAY_TOKEN", TOKEN)], "").await;
    let refused = gateway.messages(&question(MODEL)).send().await.unwrap();
    assert_eq!(refused.status(), 401);
    assert_eq!(header(&refused, "x-should-retry"), "false");
    let id = header(&refused, "request-id").to_owned();
    let body: Value = refused.json().await.unwrap();
    assert_eq!(body["error"]["type"], "authentication_error");
    assert_eq!(body["request_id"], id);
    let served = gateway
        .client
        .post(format!("{}/v1/messages", gateway.url))
        .bearer_auth(TOKEN)
        .header("anthropic-version", "2023-06-01")
        .json(&question(MODEL))
        .send()
        .await
        .unwrap();
    assert_eq!(served.status(), 200);
    assert_eq!(gateway.upstream.calls().len(), 1);
    let health = gateway.client.get(format!("{}/api/health", gateway.url)).send().await.unwrap();
    assert_eq!(health.status(), 200, "probes need no token");
}

#[tokio::test]
async fn requests_per_address_are_limited_and_probes_are_not() {
    let gateway = TestGateway::with(&[("RATE_LIMIT_RPM", "3")], "").await;
    for _ in 0..3 {
        assert_eq!(gateway.messages(&question(MODEL)).send().await.unwrap().status(), 200);
    }
    let limited = gateway.messages(&question(MODEL)).send().await.unwrap();
    assert_eq!(limited.status(), 429);
    let seconds: u64 = header(&limited, "retry-after").parse().unwrap();
    assert!((1..=62).contains(&seconds), "{seconds}");
    let body: Value = limited.json().await.unwrap();
    assert_eq!(body["error"]["message"], "more than 3 requests per minute of this address");
    for path in ["/api/health", "/health/live", "/health/ready", "/metrics", "/api/metrics"] {
        let reply = gateway.client.get(format!("{}{path}", gateway.url)).send().await.unwrap();
        assert_eq!(reply.status(), 200, "{path}");
    }
}

#[tokio::test]
async fn tokens_of_a_key_and_of_a_workspace_are_limited() {
    let file = format!("{KEY}tokens_per_minute = 1000\n[workspaces]\nrequests_per_minute = 2\n");
    let gateway = TestGateway::with(&[], &file).await;
    let call = |max_tokens: u64, workspace: &'static str| {
        let mut body = question(MODEL);
        body["max_tokens"] = Value::from(max_tokens);
        gateway
            .client
            .post(format!("{}/v1/messages", gateway.url))
            .bearer_auth("test")
            .header("anthropic-version", "2023-06-01")
            .header("x-dashly-workspace", workspace)
            .json(&body)
            .send()
    };
    let too_much = call(5_000, "a").await.unwrap();
    assert_eq!(too_much.status(), 429);
    let body: Value = too_much.json().await.unwrap();
    assert_eq!(body["error"]["message"], "more than 1000 tokens per minute of this key");
    assert_eq!(call(100, "a").await.unwrap().status(), 200);
    let limited = call(100, "a").await.unwrap();
    assert_eq!(limited.status(), 429);
    assert!(limited.text().await.unwrap().contains("requests per minute of this workspace"));
    assert_eq!(call(100, "b").await.unwrap().status(), 200, "another workspace has its own");
    assert_eq!(call(100, "no workspace!").await.unwrap().status(), 400);
    let counters = gateway.counters().await;
    let rows = counters["rows"].as_array().unwrap();
    assert!(rows.iter().any(|row| row["caller"] == "analytics" && row["workspace"] == "b"), "{rows:?}");
}

#[tokio::test]
async fn a_full_gateway_says_so_at_once() {
    let gateway = TestGateway::with(&[], "[limits]\ncalls_at_once = 1\n").await;
    let slow = gateway.in_scenario(&question(MODEL), "silence").send();
    let arrival = gateway.upstream.wait_until(|calls| calls.len() == 1);
    tokio::select! {
        _ = slow => panic!("silence does not answer"),
        () = async {
            arrival.await;
            let full = gateway.messages(&question(MODEL)).send().await.unwrap();
            assert_eq!(full.status(), 503);
            assert_eq!(header(&full, "retry-after"), "1");
            assert_eq!(header(&full, "x-dashly-gateway-error"), "full");
        } => {}
    }
    // The caller of the slow one has left; its place is free again once that is noticed.
    gateway.upstream.wait_until(|calls| calls[0].ending != dashly_fake_upstream::Ending::Running).await;
    assert_eq!(gateway.messages(&question(MODEL)).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn what_is_no_request_is_refused_in_the_providers_shape() {
    let gateway = TestGateway::start().await;
    let url = format!("{}/v1/messages", gateway.url);
    for body in ["", "{", "[]", "{\"model\":7}", "{\"model\":\"a\",\"model\":\"b\"}"] {
        let reply = gateway.client.post(&url).body(body).send().await.unwrap();
        assert_eq!(reply.status(), 400, "{body}");
        let body: Value = reply.json().await.unwrap();
        assert_eq!(body["error"]["type"], "invalid_request_error");
    }
    let wrong_method = gateway.client.get(&url).send().await.unwrap();
    assert_eq!(wrong_method.status(), 405);
    assert_eq!(header(&wrong_method, "allow"), "POST");
    assert_eq!(wrong_method.json::<Value>().await.unwrap()["type"], "error");
    let huge = gateway.client.post(&url).body(vec![b' '; 33 * 1024 * 1024]).send().await.unwrap();
    assert_eq!(huge.status(), 413);
    assert!(gateway.upstream.calls().is_empty());
}
