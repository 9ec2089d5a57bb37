//! Who is served, and how much.

use crate::fixture::{KEY, MODEL, TestGateway, header, question};
use crate::process::Program;
use dashly_gateway::new_virtual_key;
use dashly_process::OperatingSystemIds;
use serde_json::{Value, json};

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
    assert_eq!(body["limit"], json!({ "of": "address", "what": "requests", "per": "minute", "limit": 3 }));
    let millis = body["retryAfterMs"].as_u64().unwrap();
    assert!(millis > 0 && millis.div_ceil(1_000) == seconds, "{millis} ms are {seconds} s");
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
    assert_eq!(body["limit"], json!({ "of": "key", "what": "tokens", "per": "minute", "limit": 1000 }));
    assert!(body["retryAfterMs"].is_u64(), "{body}");
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

#[tokio::test]
async fn tokens_of_a_workspace_are_limited_for_tasks_too() {
    let gateway = TestGateway::with(&[], "[workspaces]\ntokens_per_minute = 100\n").await;
    let url = format!("{}/api/ai/website-audit/analyze", gateway.url);
    let body = json!({ "websiteUrl": "https://a.example", "technicalFindings": {} });
    let refused =
        gateway.client.post(url).header("x-dashly-workspace", "a").json(&body).send().await.unwrap();
    assert_eq!(refused.status(), 429);
    let seconds: u64 = header(&refused, "retry-after").parse().unwrap();
    let refused: Value = refused.json().await.unwrap();
    assert_eq!(
        refused["limit"],
        json!({ "of": "workspace", "what": "tokens", "per": "minute", "limit": 100 })
    );
    assert_eq!(refused["retryAfterMs"].as_u64().unwrap().div_ceil(1_000).max(1), seconds);
    assert_eq!((&refused["success"], &refused["status"]), (&json!(false), &json!(429)));
    assert!(gateway.upstream.calls().is_empty());
}

#[tokio::test]
async fn a_key_may_call_its_models_and_no_others() {
    let gateway = TestGateway::with(&[], &format!("{KEY}models = [\"haiku\", \"claude-opus-5\"]\n")).await;
    for (model, status) in [
        ("haiku", 200),
        ("claude-opus-5", 200),
        (MODEL, 403),
        ("sonnet", 403),
        // The model behind an alias that is allowed is allowed by the alias alone.
        ("claude-haiku-5-5", 403),
    ] {
        let reply = gateway.keyed(&question(model)).send().await.unwrap();
        assert_eq!(reply.status(), status, "{model}");
        if status == 403 {
            assert_eq!(header(&reply, "x-dashly-gateway-error"), "model-not-allowed");
            let body: Value = reply.json().await.unwrap();
            assert_eq!(body["error"]["type"], "permission_error");
            assert_eq!(body["error"]["message"], format!("this key may not call {model}"));
        }
    }
    let url = format!("{}/api/ai/website-audit/analyze", gateway.url);
    let body = json!({ "websiteUrl": "https://a.example", "technicalFindings": {} });
    let refused = gateway.client.post(url).bearer_auth("test").json(&body).send().await.unwrap();
    assert_eq!(refused.status(), 403, "the task's model is sonnet");
    assert_eq!(gateway.upstream.calls().len(), 2);
}

#[tokio::test]
async fn a_new_key_lets_its_holder_in() {
    let (key, hash) = new_virtual_key(&OperatingSystemIds);
    let file = format!("[[keys]]\nname = \"agency\"\nhash = {hash:?}\n");
    let gateway = TestGateway::with(&[], &file).await;
    for (token, status) in [(key.expose().as_str(), 200), (hash.as_str(), 401), ("", 401)] {
        let reply = gateway.with_header(&question(MODEL), "x-api-key", token).send().await.unwrap();
        assert_eq!(reply.status(), status);
        let bearer = format!("Bearer {token}");
        let reply = gateway.with_header(&question(MODEL), "authorization", &bearer).send().await.unwrap();
        assert_eq!(reply.status(), status);
    }
    let rows = gateway.counters().await["rows"].clone();
    assert!(rows.as_array().unwrap().iter().any(|row| row["caller"] == "agency" && row["status"] == 200));
}

#[tokio::test]
async fn behind_a_trusted_proxy_the_callers_own_address_counts() {
    let gateway = TestGateway::with(&[("TRUSTED_PROXIES", "127.0.0.1"), ("RATE_LIMIT_RPM", "1")], "").await;
    let call =
        |address: &'static str| gateway.messages(&question(MODEL)).header("x-forwarded-for", address).send();
    assert_eq!(call("127.0.0.2").await.unwrap().status(), 200);
    assert_eq!(call("127.0.0.2").await.unwrap().status(), 429);
    assert_eq!(call("127.0.0.3").await.unwrap().status(), 200, "another address has its own minute");
    let stranger = call("203.0.113.9").await.unwrap();
    assert_eq!(stranger.status(), 403, "without a token only callers of this machine are served");
    assert!(stranger.text().await.unwrap().contains("GATEWAY_TOKEN"));

    let untrusting = TestGateway::with(&[("RATE_LIMIT_RPM", "1")], "").await;
    let call = |address: &'static str| {
        untrusting.messages(&question(MODEL)).header("x-forwarded-for", address).send()
    };
    assert_eq!(call("203.0.113.9").await.unwrap().status(), 200, "who is no proxy is not believed");
    assert_eq!(call("127.0.0.3").await.unwrap().status(), 429);
}

#[tokio::test]
async fn without_a_token_the_log_says_so_and_sixty_calls_a_minute_are_served() {
    let program = Program::start(&[("GATEWAY_TOKEN", "")], "").await;
    let mut statuses = Vec::new();
    for _ in 0..61 {
        statuses.push(program.post("/v1/messages", "any", &question(MODEL)).send().await.unwrap().status());
    }
    assert!(statuses[..60].iter().all(|status| *status == 200), "{statuses:?}");
    assert_eq!(statuses[60], 429);
    program.terminate().await;
    let log = program.ended().await;
    let line = log.lines().find(|line| line.contains("no token is configured")).expect("it says so");
    assert!(line.contains("\"WARN\"") && line.contains("GATEWAY_TOKEN"), "{line}");
}
