//! Several gateways on one Redis hold their limits and budgets together.

use crate::fixture::{MODEL, TestGateway, question};
use dashly_process::OperatingSystemIds;
use std::sync::Arc;
use tokio::task::JoinSet;

const CALLS: usize = 1_000;

/// The Redis that `scripts/with-test-services` started.
#[expect(clippy::disallowed_methods, reason = "tests get their services through the environment")]
pub(crate) fn redis_url() -> String {
    std::env::var("DASHLY_TEST_REDIS_URL")
        .expect("no DASHLY_TEST_REDIS_URL: run through scripts/with-test-services")
}

/// A name that no other run on the same Redis has used.
pub(crate) fn fresh_name() -> String {
    format!("k{}", dashly_kernel::Ids::token(&OperatingSystemIds))
}

async fn replicas(key_rules: &str) -> Vec<Arc<TestGateway>> {
    replicas_with(
        &[],
        &format!(
            "[[keys]]\nname = \"{}\"\nhash = \"sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\"\n\
             {key_rules}\n",
            fresh_name()
        ),
    )
    .await
}

async fn replicas_with(variables: &[(&str, &str)], file: &str) -> Vec<Arc<TestGateway>> {
    let url = redis_url();
    let variables = [&[("REDIS_URL", url.as_str())], variables].concat();
    let mut replicas = Vec::new();
    for _ in 0..3 {
        let gateway = TestGateway::with(&variables, file).await;
        assert_eq!(gateway.counters().await["limits"]["areShared"], true);
        replicas.push(Arc::new(gateway));
    }
    replicas
}

/// A thousand calls at once over all replicas: how many were answered and how many refused.
async fn burst(replicas: &[Arc<TestGateway>]) -> (u64, u64) {
    burst_from(replicas, "authorization", "Bearer test").await
}

/// The same, every call with this header more.
async fn burst_from(replicas: &[Arc<TestGateway>], name: &'static str, value: &str) -> (u64, u64) {
    let mut calls = JoinSet::new();
    for number in 0..CALLS {
        let gateway = Arc::clone(&replicas[number % replicas.len()]);
        let value = value.to_owned();
        calls.spawn(async move {
            let reply = gateway.with_header(&question(MODEL), name, &value).send().await.unwrap();
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

fn random_bytes() -> [u8; 3] {
    let mut bytes = [0; 3];
    dashly_kernel::Ids::fill(&OperatingSystemIds, &mut bytes);
    bytes
}

/// What the providers' answers cost, in millionths of a dollar.
fn spent(replicas: &[Arc<TestGateway>]) -> u64 {
    let calls = replicas.iter().flat_map(|gateway| gateway.upstream.calls());
    calls.map(|call| 2 * call.usage.input_tokens + 10 * call.usage.output_tokens).sum()
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
async fn a_limit_of_a_workspace_holds_over_three_replicas() {
    let replicas = replicas_with(&[], "[workspaces]\nrequests_per_minute = 61\n").await;
    assert_eq!(burst_from(&replicas, "x-dashly-workspace", &fresh_name()).await.0, 61);
    assert_eq!(upstream_calls(&replicas), 61);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_limit_of_an_address_holds_over_three_replicas() {
    let variables = [("TRUSTED_PROXIES", "127.0.0.1"), ("RATE_LIMIT_RPM", "43")];
    let replicas = replicas_with(&variables, "").await;
    // An address of this machine that no other run on the same Redis has had.
    let [first, second, third] = random_bytes();
    let address = format!("127.{first}.{second}.{third}");
    assert_eq!(burst_from(&replicas, "x-forwarded-for", &address).await.0, 43);
    assert_eq!(upstream_calls(&replicas), 43);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_budget_of_a_month_and_a_workspace_holds_over_three_replicas() {
    let replicas = replicas_with(&[], "[workspaces]\nmonthly_budget_usd = 0.05\n").await;
    let (answered, refused) = burst_from(&replicas, "x-dashly-workspace", &fresh_name()).await;
    assert!(answered > 0 && refused > 0);
    assert!(spent(&replicas) <= 50_000, "{} millionths of a dollar", spent(&replicas));
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
    let spent = spent(&replicas);
    assert!(spent <= 50_000, "{spent} millionths of a dollar");
    let standing = async || replicas[0].counters().await["budgets"][0].clone();
    replicas[0]
        .wait_for_settlements(async || {
            let budget = standing().await;
            budget["spentMicros"] == spent && budget["reservedMicros"] == 0
        })
        .await;
}
