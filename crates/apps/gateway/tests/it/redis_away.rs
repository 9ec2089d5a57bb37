//! A Redis that goes away: limits fall back to each replica, and money is not spent.

use crate::fixture::{KEY, MODEL, TestGateway, header, question};
use crate::own_redis::{OwnRedis, free_port};
use serde_json::Value;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(20);

fn redis() -> (OwnRedis, String) {
    let port = free_port().to_string();
    let url = format!("redis://127.0.0.1:{port}");
    (OwnRedis::start(|_| vec!["--port".to_owned(), port]), url)
}

/// Waits until the gateway says so of its Redis.
async fn until(gateway: &TestGateway, status: &str) {
    let is_so = async {
        loop {
            let ready = gateway.client.get(format!("{}/health/ready", gateway.url)).send().await.unwrap();
            assert_eq!(ready.status(), 200, "without Redis it still wants calls");
            let report: Value = ready.json().await.unwrap();
            if report["components"]["redis"]["status"] == status {
                return;
            }
        }
    };
    tokio::time::timeout(PATIENCE, is_so).await.unwrap();
}

#[tokio::test]
async fn limits_hold_on_each_replica_while_redis_is_away() {
    let (mut redis, url) = redis();
    let file = format!("{KEY}requests_per_minute = 5\n");
    let gateway = TestGateway::with(&[("REDIS_URL", &url)], &file).await;
    until(&gateway, "ok").await;
    assert_eq!(gateway.keyed(&question(MODEL)).send().await.unwrap().status(), 200);
    redis.kill();
    until(&gateway, "degraded").await;
    let mut statuses = Vec::new();
    for _ in 0..8 {
        statuses.push(gateway.keyed(&question(MODEL)).send().await.unwrap().status().as_u16());
    }
    let answered = statuses.iter().filter(|status| **status == 200).count();
    assert!((4..=5).contains(&answered), "{statuses:?}");
    assert_eq!(statuses.last(), Some(&429), "{statuses:?}");
    assert_eq!(gateway.counters().await["limits"]["areShared"], false);
}

#[tokio::test]
async fn no_money_is_spent_while_budgets_cannot_be_checked() {
    let (mut redis, url) = redis();
    let file = format!("{KEY}daily_budget_usd = 5\n");
    let gateway = TestGateway::with(&[("REDIS_URL", &url)], &file).await;
    until(&gateway, "ok").await;
    assert_eq!(gateway.keyed(&question(MODEL)).send().await.unwrap().status(), 200);
    redis.kill();
    until(&gateway, "degraded").await;
    let refused = gateway.keyed(&question(MODEL)).send().await.unwrap();
    assert_eq!(refused.status(), 503);
    assert_eq!(header(&refused, "x-dashly-gateway-error"), "budgets-away");
    assert_eq!((header(&refused, "retry-after"), header(&refused, "x-should-retry")), ("1", "true"));
    let url = format!("{}/api/ai/website-audit/analyze", gateway.url);
    let body = serde_json::json!({ "websiteUrl": "https://a.example", "technicalFindings": {} });
    let task = gateway.client.post(url).bearer_auth("test").json(&body).send().await.unwrap();
    assert_eq!(task.status(), 503);
    assert!(task.text().await.unwrap().contains("budgets-away"));
    assert_eq!(gateway.upstream.calls().len(), 1, "the provider was not asked");
}
