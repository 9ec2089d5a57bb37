//! What is metered is what the provider sent on the wire, to the token and to the millionth of a dollar.

use crate::fixture::{TestGateway, question, stream_question};
use dashly_fake_upstream::Call;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::task::JoinSet;

const CALLS: usize = 10_000;
const CALLERS: usize = 16;

/// Whole millionths of a dollar per token, so that no row's sum has to be rounded.
const FILE: &str = "[models.m-1]\ninput = 1\noutput = 5\ncache_write_5m = 2\ncache_read = 1\n\
    [models.m-2]\ninput = 3\noutput = 7\ncache_write_5m = 4\ncache_read = 2\n\
    [aliases.a]\nmodel = \"m-1\"\nfallbacks = [\"m-2\"]\n\
    [aliases.sonnet]\nmodel = \"m-2\"\nfallbacks = [\"m-1\"]\n\
    [timeouts]\nfirst_token_ms = 2000\nnext_token_ms = 60\ncall_ms = 4000\n\
    [retries]\nfirst_wait_ms = 1\n[breaker]\nfailures = 1000000\n";

/// Mostly good, and every kind of trouble.
const SCENARIOS: [&str; 24] = [
    "",
    "",
    "",
    "",
    "",
    "cache=40/0",
    "cache=0/90",
    "cache=7/11",
    "tool-use",
    "split",
    "refusal",
    "max-tokens",
    "malformed",
    "status=400",
    "status=429",
    "status=500",
    "status=529",
    "spend-cap",
    "too-long",
    "reset",
    "cut=1",
    "cut=4",
    "error=3",
    "stall=2",
];

#[derive(Debug, Default, PartialEq, Eq)]
struct Sum {
    input: u64,
    output: u64,
    cache_write: u64,
    cache_read: u64,
    cost: u64,
}

impl Sum {
    fn add(&mut self, model: &str, [input, output, cache_write, cache_read]: [u64; 4]) {
        let prices = if model == "m-1" { [1, 5, 2, 1] } else { [3, 7, 4, 2] };
        self.input += input;
        self.output += output;
        self.cache_write += cache_write;
        self.cache_read += cache_read;
        self.cost +=
            input * prices[0] + output * prices[1] + cache_write * prices[2] + cache_read * prices[3];
    }
}

/// What the provider sent for calls that it answered to the end.
fn on_the_wire(calls: &[Call]) -> Sum {
    let mut sum = Sum::default();
    for call in calls.iter().filter(|call| call.is_usage_final) {
        let body: Value = serde_json::from_slice(&call.body).unwrap();
        let usage = call.usage;
        sum.add(
            body["model"].as_str().unwrap(),
            [
                usage.input_tokens,
                usage.output_tokens,
                usage.cache_creation_input_tokens,
                usage.cache_read_input_tokens,
            ],
        );
    }
    sum
}

fn tokens(usage: &Value) -> [u64; 4] {
    let of = |name: &str| usage[name].as_u64().unwrap();
    [
        of("input_tokens"),
        of("output_tokens"),
        of("cache_write_5m_tokens") + of("cache_write_1h_tokens"),
        of("cache_read_tokens"),
    ]
}

/// A task brings no scenario of its own: it takes the next one that was queued, perhaps by another task.
async fn ask_task(gateway: &TestGateway, number: usize, scenario: &str) {
    gateway.queue(&[scenario]);
    let body = json!({ "websiteUrl": format!("https://{number}.example"), "technicalFindings": {} });
    let (status, reply) = gateway.task("website-audit/analyze", &body).await;
    assert_eq!(reply["success"].as_bool().unwrap(), status == 200, "{reply}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_calls_with_faults_are_metered_exactly() {
    let gateway = Arc::new(TestGateway::with(&[], FILE).await);
    let mut callers = JoinSet::new();
    for caller in 0..CALLERS {
        let gateway = Arc::clone(&gateway);
        callers.spawn(async move {
            for number in (caller..CALLS).step_by(CALLERS) {
                // Spread evenly, and the same at every run.
                let scenario = SCENARIOS[number * 7 % SCENARIOS.len()];
                if number % 10 == 9 {
                    ask_task(&gateway, number, scenario).await;
                    continue;
                }
                let model = ["m-1", "m-2", "a"][number % 3];
                let is_stream = number % 5 < 3 || scenario.starts_with("stall");
                let body = if is_stream { stream_question(model) } else { question(model) };
                let reply = gateway.in_scenario(&body, scenario).send().await.unwrap();
                // Cut answers end with an error here.
                let _ = reply.bytes().await;
            }
        });
    }
    callers.join_all().await;

    let calls = gateway.upstream.calls();
    let counters = gateway.counters().await;
    assert_eq!(counters["totalRequests"], CALLS);
    let (mut reported, mut all_cost, mut estimated, mut told) = (Sum::default(), 0, Sum::default(), 0);
    let mut answered_tasks = 0;
    for row in counters["rows"].as_array().unwrap() {
        let model = row["model"].as_str().unwrap();
        reported.add(model, tokens(&row["usage"]));
        estimated.add(model, tokens(&row["estimated_usage"]));
        all_cost += row["cost_micros"].as_u64().unwrap();
        told += row["calls"].as_u64().unwrap();
        assert_eq!(row["calls_without_price"], 0);
        if row["task"] == "/api/ai/website-audit/analyze" && row["status"] == 200 {
            answered_tasks += row["calls"].as_u64().unwrap();
        }
    }
    assert_eq!(told, u64::try_from(CALLS).unwrap());
    assert_eq!(reported, on_the_wire(&calls));
    assert!(answered_tasks > 500, "{answered_tasks} of {} tasks", CALLS / 10);
    assert!(estimated.input > 0, "cut calls are booked, apart");
    assert_eq!(all_cost, reported.cost + estimated.cost);
    // Aliases are tried again: the provider saw more calls than there were callers' calls.
    assert!(calls.len() > CALLS, "{}", calls.len());
    println!("{CALLS} calls, {} at the provider: {reported:?}; estimated: {estimated:?}", calls.len());
}
