//! Several keys of the provider: a call that one of them cannot make is made with another.

use crate::fixture::{MODEL, TestGateway, question};
use serde_json::json;
use std::time::Instant;

const KEYS: (&str, &str) = ("ANTHROPIC_API_KEY", "key-one,key-two,key-three");

fn keys(gateway: &TestGateway) -> Vec<String> {
    let calls = gateway.upstream.calls();
    calls.iter().map(|call| call.headers["x-api-key"].to_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn keys_take_turns() {
    let gateway = TestGateway::with(&[KEYS], "").await;
    for _ in 0..4 {
        assert_eq!(gateway.messages(&question(MODEL)).send().await.unwrap().status(), 200);
    }
    assert_eq!(keys(&gateway), ["key-one", "key-two", "key-three", "key-one"]);
}

#[tokio::test]
async fn a_call_by_an_alias_or_of_a_task_is_made_with_another_key_and_the_refused_one_rests() {
    for scenario in ["status=401", "status=402", "status=403", "status=429/30"] {
        let gateway = TestGateway::with(&[KEYS], "[retries]\ntries = 1\n").await;
        gateway.queue(&[scenario]);
        assert_eq!(gateway.messages(&question("sonnet")).send().await.unwrap().status(), 200, "{scenario}");
        assert_eq!(keys(&gateway), ["key-one", "key-two"], "{scenario}");
        gateway.queue(&[scenario]);
        let body = json!({ "websiteUrl": "https://a.example", "technicalFindings": {} });
        assert_eq!(gateway.task("website-audit/analyze", &body).await.0, 200, "{scenario}");
        let rests = gateway.counters().await["providerKeys"].clone();
        let resting = rests.as_array().unwrap().iter().filter(|key| !key["rests_because"].is_null()).count();
        assert_eq!(resting, 2, "{scenario}: {rests}");
        assert_eq!(keys(&gateway).len(), 4, "{scenario}");
        // One is left, and does all the work.
        for _ in 0..3 {
            gateway.messages(&question("sonnet")).send().await.unwrap();
        }
        let last = keys(&gateway).split_off(3);
        assert!(last.iter().all(|key| key == &last[0]), "{scenario}: {last:?}");
    }
}

#[tokio::test]
async fn a_key_that_is_not_accepted_does_not_end_a_call_that_another_key_may_soon_make() {
    for scenarios in
        [["status=429/1", "status=401"], ["status=401", "status=429/1"], ["status=429/1", "status=429/30"]]
    {
        let gateway = TestGateway::with(&[("ANTHROPIC_API_KEY", "key-one,key-two")], "").await;
        gateway.queue(&scenarios);
        let started = Instant::now();
        assert_eq!(
            gateway.messages(&question("sonnet")).send().await.unwrap().status(),
            200,
            "{scenarios:?}"
        );
        let passed = started.elapsed();
        assert!((1.0..5.0).contains(&passed.as_secs_f64()), "{scenarios:?}: {passed:?}");
        assert_eq!(keys(&gateway).len(), 3, "{scenarios:?}");
    }
}

#[tokio::test]
async fn when_no_key_is_accepted_the_providers_refusal_is_told() {
    let gateway = TestGateway::with(&[KEYS], "").await;
    gateway.queue(&["status=401"; 10]);
    let reply = gateway.messages(&question("sonnet")).send().await.unwrap();
    assert_eq!(reply.status(), 401);
    assert!(!reply.headers().contains_key("x-dashly-gateway-error"));
    assert_eq!(keys(&gateway), ["key-one", "key-two", "key-three"], "each is tried once");
}

#[tokio::test]
async fn a_call_that_names_a_model_is_passed_once_also_with_several_keys() {
    let gateway = TestGateway::with(&[KEYS], "").await;
    gateway.queue(&["status=401"]);
    assert_eq!(gateway.messages(&question(MODEL)).send().await.unwrap().status(), 401);
    assert_eq!(keys(&gateway), ["key-one"]);
    // The next caller does not meet the same key again.
    assert_eq!(gateway.messages(&question(MODEL)).send().await.unwrap().status(), 200);
    assert_eq!(keys(&gateway), ["key-one", "key-two"]);
}
