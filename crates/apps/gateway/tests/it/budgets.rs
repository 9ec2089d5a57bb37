//! Money: set aside before a call, settled after it, never overrun.

use crate::fixture::{KEY, MODEL, TestGateway, header, question};
use serde_json::{Value, json};
use tokio::task::JoinSet;

/// What the provider's answers cost, in millionths of a dollar: $2 and $10 per million tokens read and written.
fn spent(gateway: &TestGateway) -> u64 {
    gateway
        .upstream
        .calls()
        .iter()
        .map(|call| 2 * call.usage.input_tokens + 10 * call.usage.output_tokens)
        .sum()
}

async fn budgets(gateway: &TestGateway) -> Value {
    gateway.counters().await["budgets"].clone()
}

fn spending(budgets: &Value, period: &str) -> (u64, u64) {
    let of = |row: &&Value| row["period"] == period;
    let row = budgets.as_array().unwrap().iter().find(of).unwrap();
    (row["spentMicros"].as_u64().unwrap(), row["reservedMicros"].as_u64().unwrap())
}

#[tokio::test]
async fn a_budget_is_spent_and_then_refuses_until_its_period_ends() {
    let gateway =
        TestGateway::with(&[], &format!("{KEY}daily_budget_usd = 0.004\nmonthly_budget_usd = 5\n")).await;
    let call = || gateway.keyed(&question(MODEL)).send();
    let mut served = 0;
    let refused = loop {
        let reply = call().await.unwrap();
        if reply.status() == 429 {
            break reply;
        }
        assert_eq!(reply.status(), 200);
        let _body = reply.bytes().await.unwrap();
        served += 1;
        gateway.wait_for_settlements(async || spending(&budgets(&gateway).await, "day").1 == 0).await;
    };
    assert!(served > 1, "the worst case is reserved, what was used is spent: {served}");
    let seconds: u64 = header(&refused, "retry-after").parse().unwrap();
    assert!(seconds <= 24 * 3_600, "{seconds}");
    // Two minutes before midnight the next day is worth waiting for.
    assert_eq!(header(&refused, "x-should-retry"), (seconds <= 120).to_string());
    let body: Value = refused.json().await.unwrap();
    assert_eq!(body["limit"]["what"], "money");
    assert_eq!(body["limit"]["per"], "day");
    assert_eq!(body["limit"]["limitUsd"], 0.004);
    assert_eq!(spending(&budgets(&gateway).await, "month"), (spent(&gateway), 0));
    let free = format!("{}/v1/messages/count_tokens", gateway.url);
    let counted = gateway
        .client
        .post(free)
        .bearer_auth("test")
        .header("anthropic-version", "2023-06-01")
        .json(&question(MODEL))
        .send()
        .await
        .unwrap();
    assert_eq!(counted.status(), 200, "what costs nothing is not refused");
}

#[tokio::test]
async fn a_budget_of_a_month_refuses_until_the_month_ends() {
    let gateway =
        TestGateway::with(&[], &format!("{KEY}daily_budget_usd = 5\nmonthly_budget_usd = 0.0001\n")).await;
    let refused = gateway.keyed(&question(MODEL)).send().await.unwrap();
    assert_eq!(refused.status(), 429);
    let seconds: u64 = header(&refused, "retry-after").parse().unwrap();
    assert!(seconds <= 31 * 24 * 3_600, "{seconds}");
    let body: Value = refused.json().await.unwrap();
    assert_eq!((&body["limit"]["what"], &body["limit"]["per"]), (&json!("money"), &json!("month")));
    assert_eq!(body["limit"]["of"], "key");
    assert_eq!(body["retryAfterMs"].as_u64().unwrap().div_ceil(1_000), seconds);
    assert_eq!(spending(&budgets(&gateway).await, "day"), (0, 0), "what one budget refuses, no other holds");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_burst_does_not_overrun_a_budget() {
    let gateway = TestGateway::with(&[], &format!("{KEY}daily_budget_usd = 0.02\n")).await;
    let mut calls = JoinSet::new();
    for _ in 0..100 {
        let call = gateway.keyed(&question(MODEL));
        calls.spawn(async move {
            let reply = call.send().await.unwrap();
            let status = reply.status().as_u16();
            reply.bytes().await.unwrap();
            status
        });
    }
    let statuses = calls.join_all().await;
    assert!(statuses.iter().all(|status| [200, 429].contains(status)), "{statuses:?}");
    assert!(statuses.contains(&200) && statuses.contains(&429), "{statuses:?}");
    gateway
        .wait_for_settlements(async || spending(&budgets(&gateway).await, "day") == (spent(&gateway), 0))
        .await;
    assert!(spent(&gateway) <= 20_000);
}

#[tokio::test]
async fn what_has_no_bound_is_refused_where_money_is_counted() {
    let gateway = TestGateway::with(&[], &format!("{KEY}daily_budget_usd = 5\n")).await;
    let mut endless = question(MODEL);
    endless.as_object_mut().unwrap().remove("max_tokens");
    let mut searching = question(MODEL);
    searching["tools"] = json!([{ "type": "web_search_20250305", "name": "web_search" }]);
    for (body, expected) in [
        (endless, "max_tokens"),
        (searching, "web_search"),
        (question("claude-next"), "no price for claude-next"),
    ] {
        let reply = gateway.keyed(&body).send().await.unwrap();
        assert_eq!(reply.status(), 400);
        assert_eq!(header(&reply, "x-dashly-gateway-error"), "cost-unbounded");
        let body: Value = reply.json().await.unwrap();
        assert!(body["error"]["message"].as_str().unwrap().contains(expected), "{body}");
    }
    assert!(gateway.upstream.calls().is_empty());
}

#[tokio::test]
async fn a_task_is_refused_when_its_workspace_has_spent_its_budget() {
    let gateway = TestGateway::with(&[], "[workspaces]\ndaily_budget_usd = 0.0001\n").await;
    let body = json!({ "websiteUrl": "https://shop.example", "technicalFindings": {} });
    let call = |workspace: &'static str| {
        let url = format!("{}/api/ai/website-audit/analyze", gateway.url);
        gateway.client.post(url).header("x-dashly-workspace", workspace).json(&body).send()
    };
    let refused = call("a").await.unwrap();
    assert_eq!(refused.status(), 429);
    let body: Value = refused.json().await.unwrap();
    assert_eq!(body["limit"]["of"], "workspace");
    assert!(body["retryAfterMs"].as_u64().unwrap() > 1_000);
}

#[tokio::test]
async fn a_cut_call_is_booked_as_an_estimate_and_nothing_stays_reserved() {
    let gateway = TestGateway::with(&[], &format!("{KEY}daily_budget_usd = 5\n")).await;
    let call = gateway.keyed(&question(MODEL)).header("x-fake-scenario", "reset");
    assert_eq!(call.send().await.unwrap().status(), 502);
    gateway.wait_for_settlements(async || spending(&budgets(&gateway).await, "day").1 == 0).await;
    let (spent, _) = spending(&budgets(&gateway).await, "day");
    assert!(spent > 0, "the provider may have read the call");
}

#[tokio::test]
async fn what_was_spent_outlives_the_gateway() {
    let file = format!("{KEY}daily_budget_usd = 5\n");
    let first = TestGateway::with(&[], &file).await;
    let call = first.keyed(&question(MODEL)).send().await.unwrap();
    call.bytes().await.unwrap();
    first.wait_for_settlements(async || spending(&budgets(&first).await, "day") == (spent(&first), 0)).await;
    let before = spent(&first);
    let folder = first.stop().await;
    let budgets_file = folder.path().join("budgets.json").display().to_string();
    let second = TestGateway::with(&[("GATEWAY_BUDGETS", &budgets_file)], &file).await;
    assert_eq!(spending(&budgets(&second).await, "day"), (before, 0));
}
