//! Several gateways on one Redis hold their limits and budgets together.

use crate::fixture::{MODEL, TestGateway, question};
use dashly_process::OperatingSystemIds;
use std::sync::Arc;
use tokio::task::JoinSet;

const CALLS: usize = 1_000;

/// The Redis that `scripts/with-test-services` started.
#[expect(clippy::disallowed_methods, reason = "tests get their services through the environment")]
fn redis_url() -> String {
    std::env::var("DASHLY_TEST_REDIS_URL")
        .expect("no DASHLY_TEST_REDIS_URL: run through scripts/with-test-services")
}

/// A name that no other run on the same Redis has used.
fn fresh_name() -> String {
    format!("k{}", dashly_kernel::Ids::token(&OperatingSystemIds))
}

async fn replicas(key_rules: &str) -> Vec<Arc<TestGateway>> {
    let url = redis_url();
    let file = format!(
        "[[keys]]\nname = \"{}\"\nhash = \"sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\"\n\
         {key_rules}\n",
        fresh_name()
    );
    let mut replicas = Vec::new();
    for _ in 0..3 {
        let gateway = TestGateway::with(&[("REDIS_URL", &url)], &file).await;
        assert_eq!(gateway.counters().await["limits"]["areShared"], true);
        replicas.push(Arc::new(gateway));
    }
    replicas
}

/// A thousand calls at once over all replicas: how many were answered and how many refused.
async fn burst(replicas: &[Arc<TestGateway>]) -> (u64, u64) {
    let mut calls = JoinSet::new();
    for number in 0..CALLS {
        let gateway = Arc::clone(&replicas[number % replicas.len()]);
        calls.spawn(async move {
            let reply = gateway.keyed(&question(MODEL)).send().await.unwrap();
            let status = reply.status().as_u16();
            reply.bytes().await.unwrap();
            status
        });
    }
    let statuses = calls.join_all().await;
    let of =
        |wanted: u16| u64::try_from(statuses.iter().filter(|status| **status == wanted).count()).unwrap();
    let (answered, refused) = (of(200), of(429));
    assert_eq!(answered + refused, u64::try_from(CALLS).unwrap(), "{statuses:?}");
    (answered, refused)
}

fn upstream_calls(replicas: &[Arc<TestGateway>]) -> u64 {
    let calls = replicas.iter().map(|gateway| gateway.upstream.calls().len()).sum::<usize>();
    u64::try_from(calls).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_limit_of_requests_holds_over_three_replicas() {
    let replicas = replicas("requests_per_minute = 137").await;
    let (answered, _) = burst(&replicas).await;
    // Not one more, and since a minute has not passed, not one less.
    assert_eq!(answered, 137);
    assert_eq!(upstream_calls(&replicas), 137);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_limit_of_tokens_holds_over_three_replicas() {
    let replicas = replicas("tokens_per_minute = 5000").await;
    let (answered, refused) = burst(&replicas).await;
    let used: u64 = replicas
        .iter()
        .flat_map(|gateway| gateway.upstream.calls())
        .map(|call| call.usage.input_tokens + call.usage.output_tokens)
        .sum();
    assert!(answered > 0 && refused > 0);
    assert!(used <= 5_000, "{used}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_budget_holds_over_three_replicas() {
    let replicas = replicas("daily_budget_usd = 0.05").await;
    let (answered, refused) = burst(&replicas).await;
    assert!(answered > 0 && refused > 0);
    let spent: u64 = replicas
        .iter()
        .flat_map(|gateway| gateway.upstream.calls())
        .map(|call| 2 * call.usage.input_tokens + 10 * call.usage.output_tokens)
        .sum();
    assert!(spent <= 50_000, "{spent} millionths of a dollar");
    let standing = async || replicas[0].counters().await["budgets"][0].clone();
    replicas[0]
        .wait_for_settlements(async || {
            let budget = standing().await;
            budget["spentMicros"] == spent && budget["reservedMicros"] == 0
        })
        .await;
}
