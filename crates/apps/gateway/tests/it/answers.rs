//! Identical calls of tasks ask the model once, and answers may be remembered.

use crate::fixture::TestGateway;
use crate::replicas::{fresh_name, redis_url};
use serde_json::{Value, json};
use tokio::task::JoinSet;

const PATH: &str = "website-audit/analyze";

fn body(name: &str) -> Value {
    json!({ "websiteUrl": format!("https://{name}.example"), "technicalFindings": {} })
}

fn call(
    gateway: &TestGateway,
    name: &str,
    workspace: &str,
) -> impl Future<Output = Result<Value, reqwest::Error>> + Send + 'static {
    let url = format!("{}/api/ai/{PATH}", gateway.url);
    let sent = gateway.client.post(url).header("x-dashly-workspace", workspace).json(&body(name)).send();
    async { sent.await?.json().await }
}

#[tokio::test]
async fn identical_calls_in_progress_ask_the_model_once_and_never_across_workspaces() {
    let gateway = TestGateway::start().await;
    gateway.queue(&["delay=1000", "delay=1000", "delay=1000"]);
    let mut calls = JoinSet::new();
    for number in 0..30 {
        let (name, workspace) = if number % 3 == 2 { ("b", "x") } else { ("a", ["x", "y"][number % 3]) };
        calls.spawn(call(&gateway, name, workspace));
    }
    let replies: Vec<Value> = calls.join_all().await.into_iter().map(Result::unwrap).collect();
    assert_eq!(gateway.upstream.calls().len(), 3);
    let asked: Vec<_> = replies.iter().filter(|reply| reply["usage"]["source"] == "model").collect();
    assert_eq!(asked.len(), 3);
    let others: Vec<_> =
        replies.iter().filter(|reply| reply["usage"]["source"] == "identical-call").collect();
    assert_eq!(others.len(), 27);
    assert!(others.iter().all(|reply| reply["usage"]["costMicros"] == 0 && reply["success"] == true));
    let counters = gateway.counters().await;
    assert_eq!(counters["totalRequests"], 30);
    let used: u64 =
        gateway.upstream.calls().iter().map(|call| call.usage.input_tokens + call.usage.output_tokens).sum();
    assert_eq!(counters["totalTokens"], used, "tokens are counted once");
}

#[tokio::test]
async fn when_the_one_who_asks_leaves_another_asks() {
    let gateway = TestGateway::start().await;
    gateway.queue(&["silence"]);
    let mut calls = JoinSet::new();
    let first = calls.spawn(call(&gateway, "a", "x"));
    gateway.upstream.wait_until(|calls| calls.len() == 1).await;
    calls.spawn(call(&gateway, "a", "x"));
    // Whether the second already waits when the first leaves, or comes after, it asks for itself.
    first.abort();
    let ended = [calls.join_next().await.unwrap(), calls.join_next().await.unwrap()];
    let reply = ended.into_iter().find_map(Result::ok).unwrap().unwrap();
    assert_eq!(reply["usage"]["source"], "model");
    assert_eq!(gateway.upstream.calls().len(), 2);
}

#[tokio::test]
async fn an_error_is_heard_by_all() {
    let gateway = TestGateway::start().await;
    gateway.queue(&["delay=1000,status=400"]);
    let mut calls = JoinSet::new();
    for _ in 0..10 {
        calls.spawn(call(&gateway, "a", "x"));
    }
    let replies: Vec<Value> = calls.join_all().await.into_iter().map(Result::unwrap).collect();
    assert!(replies.iter().all(|reply| reply["status"] == 502), "{replies:?}");
    assert_eq!(gateway.upstream.calls().len(), 1);
}

#[tokio::test]
async fn answers_are_remembered_where_that_is_wanted() {
    let gateway = TestGateway::with(&[], "[answers]\nremember_seconds = 600\n").await;
    let first = call(&gateway, "a", "x").await.unwrap();
    let second = call(&gateway, "a", "x").await.unwrap();
    assert!(first["data"]["executiveSummary"].is_string());
    assert_eq!(first["data"]["executiveSummary"], second["data"]["executiveSummary"]);
    assert_eq!(second["usage"]["source"], "memory");
    assert_eq!((&second["data"]["tokensUsed"], &second["usage"]["inputTokens"]), (&json!(0), &json!(0)));
    assert_eq!(second["fakeUpstream"], true, "what the scripted provider wrote stays labelled");
    let _elsewhere = call(&gateway, "a", "y").await.unwrap();
    assert_eq!(gateway.upstream.calls().len(), 2);
}

#[tokio::test]
async fn replicas_share_what_they_remember_through_redis() {
    let url = redis_url();
    let remember = "[answers]\nremember_seconds = 600\n";
    let variables = [("REDIS_URL", url.as_str())];
    let first = TestGateway::with(&variables, remember).await;
    let second = TestGateway::with(&variables, remember).await;
    // A question that no other run on the same Redis has asked.
    let name = fresh_name();
    let asked = call(&first, &name, "a").await.unwrap();
    let remembered = call(&second, &name, "a").await.unwrap();
    assert_eq!(remembered["usage"]["source"], "memory", "{remembered}");
    assert_eq!(asked["data"]["executiveSummary"], remembered["data"]["executiveSummary"]);
    assert!(second.upstream.calls().is_empty());
    let elsewhere = call(&second, &name, "b").await.unwrap();
    assert_eq!(elsewhere["usage"]["source"], "model", "never across workspaces");
}
