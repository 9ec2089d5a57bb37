//! What an operator reads: health, counters and series.

use crate::fixture::{MODEL, TestGateway, header, question, stream_question};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::task::JoinSet;

/// The gateway's own limit of rows.
const MOST_ROWS: usize = 10_000;

async fn series(gateway: &TestGateway, model: &str) -> Vec<String> {
    let text =
        gateway.client.get(format!("{}/metrics", gateway.url)).send().await.unwrap().text().await.unwrap();
    let of_model = format!("\"{model}\"");
    text.lines().filter(|line| line.contains(&of_model)).map(str::to_owned).collect()
}

#[tokio::test]
async fn health_has_the_keys_of_the_original() {
    let gateway = TestGateway::start().await;
    let reply = gateway.client.get(format!("{}/api/health", gateway.url)).send().await.unwrap();
    let health: Value = reply.json().await.unwrap();
    assert_eq!(health["success"], true);
    assert_eq!((&health["service"], &health["status"]), (&json!("genai-gateway"), &json!("healthy")));
    assert!(health["timestamp"].as_str().unwrap().ends_with('Z'));
}

#[tokio::test]
async fn series_have_the_names_of_the_conventions() {
    // Series belong to the process, which other tests share: a model of its own has lines of its own.
    let model = "claude-of-series";
    let file = format!("[models.{model}]\ninput = 1\noutput = 5\ncache_write_5m = 2\ncache_read = 1\n");
    let gateway = TestGateway::with(&[], &file).await;
    gateway.in_scenario(&question(model), "cache=10/90").send().await.unwrap().bytes().await.unwrap();
    gateway.messages(&stream_question(model)).send().await.unwrap().bytes().await.unwrap();
    let lines = series(&gateway, model).await;
    let value = |beginning: &str, parts: &[&str]| -> f64 {
        let found: Vec<_> = lines
            .iter()
            .filter(|line| line.starts_with(beginning) && parts.iter().all(|part| line.contains(part)))
            .collect();
        assert_eq!(found.len(), 1, "{beginning} {parts:?} in {lines:#?}");
        found[0].rsplit(' ').next().unwrap().parse().unwrap()
    };
    let sent = gateway.upstream.calls();
    let sum = |of: fn(&dashly_fake_upstream::Call) -> u64| sent.iter().map(of).sum::<u64>();
    let tokens = |kind: &str| {
        let kind = format!("gen_ai_token_type=\"{kind}\"");
        value("gen_ai_client_inference_usage_tokens_total{", &[&kind, "estimated=\"false\""])
    };
    let exact = |number: u64| f64::from(u32::try_from(number).unwrap());
    assert_eq!(tokens("input").to_bits(), exact(sum(|call| call.usage.input_tokens)).to_bits());
    assert_eq!(tokens("output").to_bits(), exact(sum(|call| call.usage.output_tokens)).to_bits());
    assert_eq!(
        (tokens("cache_read").to_bits(), tokens("cache_write").to_bits()),
        (90_f64.to_bits(), 10_f64.to_bits())
    );
    let answered = ["gen_ai_operation_name=\"/v1/messages\"", "outcome=\"answered\""];
    assert_eq!(
        value("gen_ai_client_operation_duration_seconds_count{", &answered).to_bits(),
        2_f64.to_bits()
    );
    value("gen_ai_client_operation_time_to_first_chunk_duration_seconds_count{", &answered);
    value("gen_ai_client_token_usage_count{", &["gen_ai_token_type=\"input\""]);
    assert!(value("dashly_gateway_cost_micros_total{", &[]) > 0.0);
}

#[tokio::test]
async fn latency_is_told_by_percentiles_per_task_model_and_status() {
    let gateway = TestGateway::start().await;
    for scenario in ["", "", "", "delay=300", "status=500"] {
        gateway.in_scenario(&question(MODEL), scenario).send().await.unwrap().bytes().await.unwrap();
    }
    let counters = gateway.counters().await;
    let rows = counters["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 2, "{rows:?}");
    let row = rows.iter().find(|row| row["status"] == 200).unwrap();
    assert_eq!(
        (&row["task"], &row["model"], &row["calls"]),
        (&json!("/v1/messages"), &json!(MODEL), &json!(4))
    );
    let at = |name: &str| row[name].as_f64().unwrap();
    assert!(at("p50_ms") > 0.0 && at("p50_ms") < 300.0, "{row}");
    assert!(at("p99_ms") >= 300.0 && at("p95_ms") >= 300.0, "the slowest of four: {row}");
    assert!(at("total_duration_ms") >= 300.0);
    let endpoint = &counters["requestsByEndpoint"]["POST /v1/messages"];
    assert_eq!(endpoint["count"], 5);
    assert!(endpoint["totalLatencyMs"].as_f64().unwrap() >= 300.0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_cannot_make_up_any_number_of_rows() {
    let gateway = Arc::new(TestGateway::start().await);
    let mut callers = JoinSet::new();
    for caller in 0..16 {
        let gateway = Arc::clone(&gateway);
        callers.spawn(async move {
            for number in (caller..MOST_ROWS + 50).step_by(16) {
                // No body: refused, and booked to its workspace.
                let call = gateway.client.post(format!("{}/v1/messages", gateway.url));
                let reply = call.header("x-dashly-workspace", format!("w-{number}")).send().await.unwrap();
                assert_eq!(reply.status(), 400);
            }
        });
    }
    callers.join_all().await;
    let counters = gateway.counters().await;
    let rows = counters["rows"].as_array().unwrap();
    assert_eq!(rows.len(), MOST_ROWS + 1);
    let others = rows.iter().find(|row| row["workspace"] == "(others)").unwrap();
    assert_eq!((&others["calls"], &others["task"]), (&json!(50), &json!("/v1/messages")));
    assert_eq!(counters["totalRequests"], MOST_ROWS + 50);
}

#[tokio::test]
async fn a_model_that_retires_soon_is_told_by_tasks_and_counted() {
    let file = "[models.claude-leaving]\ninput = 1\noutput = 5\nretires = \"2020-01-01\"\n\
        [aliases.sonnet]\nmodel = \"claude-leaving\"\n";
    let gateway = TestGateway::with(&[], file).await;
    let body = json!({ "websiteUrl": "https://a.example", "technicalFindings": {} });
    let url = format!("{}/api/ai/website-audit/analyze", gateway.url);
    let reply = gateway.client.post(url).json(&body).send().await.unwrap();
    assert_eq!(reply.status(), 200);
    assert_eq!(header(&reply, "x-dashly-model-retires"), "2020-01-01");
    let reply = gateway.messages(&question("claude-leaving")).send().await.unwrap();
    assert_eq!(header(&reply, "x-dashly-model-retires"), "2020-01-01");
    let lines = series(&gateway, "claude-leaving").await;
    let counted = lines.iter().find(|line| line.starts_with("dashly_gateway_retiring_model_calls_total{"));
    assert_eq!(counted.unwrap().rsplit(' ').next(), Some("2"), "{lines:#?}");
}

#[tokio::test]
async fn whatever_the_scripted_provider_causes_is_labelled() {
    let gateway = TestGateway::with(&[], "[retries]\ntries = 1\n[timeouts]\ncall_ms = 500\n").await;
    let url = format!("{}/api/ai/website-audit/analyze", gateway.url);
    let body = json!({ "websiteUrl": "https://a.example", "technicalFindings": {} });
    let task = async || gateway.client.post(&url).json(&body).send().await.unwrap();
    assert_eq!(header(&task().await, "x-dashly-fake-upstream"), "true");
    for (scenario, status) in
        [("status=400", 502), ("status=429/30", 429), ("refusal", 422), ("reset", 502), ("silence", 504)]
    {
        // Both models of the alias.
        gateway.queue(&[scenario; 2]);
        let reply = task().await;
        assert_eq!(reply.status(), status, "{scenario}");
        assert_eq!(header(&reply, "x-dashly-fake-upstream"), "true", "{scenario}");
        while gateway.upstream.take_queued() {}
        let reply = gateway.in_scenario(&question(MODEL), scenario).send().await.unwrap();
        assert_eq!(header(&reply, "x-dashly-fake-upstream"), "true", "{scenario}");
    }
    let refused = gateway.client.post(&url).json(&json!({})).send().await.unwrap();
    assert_eq!(refused.status(), 400);
    assert!(!refused.headers().contains_key("x-dashly-fake-upstream"), "the caller's own doing");
}
