//! The catalogue of what a provider does wrong, with what callers hear of it: by a model's own name, by an alias, and in
//! a task. docs/gateway.md has the same table.

use crate::fixture::{MODEL, TestGateway, question, stream_question};
use serde_json::{Value, json};
use std::fmt::Write;

const FILE: &str = "[timeouts]\nfirst_token_ms = 250\nnext_token_ms = 250\ncall_ms = 700\n\
    [retries]\nfirst_wait_ms = 1\nlongest_wait_ms = 1100\n[breaker]\nfailures = 1000\n";

/// What a caller hears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Heard {
    /// A whole answer with this status.
    Whole(u16),
    /// A whole stream with the provider's error in it.
    ErrorInStream,
    /// The connection was closed in the middle.
    BrokenOff,
}
use Heard::{BrokenOff, ErrorInStream, Whole};

/// One kind of trouble, once: what the provider does, whether in a stream, and what the three callers hear.
struct Trouble {
    name: &'static str,
    scenario: &'static str,
    is_stream: bool,
    /// A call that names a model of the provider.
    model: Heard,
    /// A call that names an alias: the trouble comes once, and then not again.
    alias: Heard,
    /// A task; none where the trouble exists in streams alone.
    task: Option<u16>,
}

const fn trouble(
    name: &'static str,
    scenario: &'static str,
    model: Heard,
    alias: Heard,
    task: u16,
) -> Trouble {
    Trouble { name, scenario, is_stream: false, model, alias, task: Some(task) }
}

const fn in_stream(name: &'static str, scenario: &'static str, model: Heard, alias: Heard) -> Trouble {
    Trouble { name, scenario, is_stream: true, model, alias, task: None }
}

const CATALOGUE: [Trouble; 25] = [
    trouble("429 with a hint", "status=429/1", Whole(429), Whole(200), 200),
    trouble("429 with a long hint", "status=429/30", Whole(429), Whole(200), 200),
    trouble("429 without a hint", "status=429", Whole(429), Whole(200), 200),
    trouble("spend cap", "spend-cap", Whole(429), Whole(429), 429),
    trouble("529", "status=529", Whole(529), Whole(200), 200),
    trouble("500", "status=500", Whole(500), Whole(200), 200),
    trouble("503", "status=503", Whole(503), Whole(200), 200),
    trouble("key refused (401)", "status=401", Whole(401), Whole(401), 502),
    trouble("account not in good standing (402)", "status=402", Whole(402), Whole(402), 502),
    trouble("not allowed (403)", "status=403", Whole(403), Whole(403), 502),
    trouble("model unknown (404)", "status=404", Whole(404), Whole(404), 502),
    trouble("request refused (400)", "status=400", Whole(400), Whole(400), 502),
    trouble("context too long", "too-long", Whole(400), Whole(400), 413),
    trouble("request too large (413)", "status=413", Whole(413), Whole(413), 413),
    trouble("connection closed", "reset", Whole(502), Whole(200), 200),
    trouble("silence", "silence", Whole(504), Whole(504), 504),
    trouble("model refuses", "refusal", Whole(200), Whole(200), 422),
    trouble("answer cut by max_tokens", "max-tokens", Whole(200), Whole(200), 502),
    in_stream("slow first token", "delay=400", Whole(504), Whole(200)),
    in_stream("silence in a stream", "silence", Whole(504), Whole(200)),
    in_stream("overloaded at once in a stream", "error=0", ErrorInStream, Whole(200)),
    in_stream("overloaded in a stream", "error=3", ErrorInStream, ErrorInStream),
    in_stream("cut stream", "cut=3", BrokenOff, BrokenOff),
    in_stream("stalled stream", "stall=3", BrokenOff, BrokenOff),
    in_stream("malformed frame", "malformed", Whole(200), Whole(200)),
];

async fn hear(gateway: &TestGateway, model: &str, is_stream: bool) -> Heard {
    let body = if is_stream { stream_question(model) } else { question(model) };
    let reply = gateway.messages(&body).send().await.unwrap();
    let status = reply.status().as_u16();
    match reply.text().await {
        Err(_) => BrokenOff,
        Ok(text) if text.contains("event: error") => ErrorInStream,
        Ok(text) => {
            assert!(status != 200 || !is_stream || text.contains("message_stop"), "{text}");
            Whole(status)
        }
    }
}

async fn ask_task(gateway: &TestGateway) -> u16 {
    let body = json!({ "websiteUrl": "https://a.example", "technicalFindings": {} });
    let (status, reply) = gateway.task("website-audit/analyze", &body).await;
    assert_eq!(reply["success"].as_bool().unwrap_or(false), status == 200, "{reply}");
    status
}

#[tokio::test]
async fn every_trouble_has_its_outcome() {
    let mut faults = String::new();
    for Trouble { name, scenario, is_stream, model, alias, task } in CATALOGUE {
        let gateway = TestGateway::with(&[], FILE).await;
        let mut check = |caller: &str, heard: String, expected: String| {
            if heard != expected {
                writeln!(faults, "{name}, by {caller}: {heard}, expected {expected}").unwrap();
            }
        };
        gateway.queue(&[scenario]);
        check("model", format!("{:?}", hear(&gateway, MODEL, is_stream).await), format!("{model:?}"));
        assert_eq!(gateway.upstream.calls().len(), 1, "{name}: a model's own name is passed once");
        gateway.queue(&[scenario]);
        check("alias", format!("{:?}", hear(&gateway, "sonnet", is_stream).await), format!("{alias:?}"));
        if let Some(task) = task {
            gateway.queue(&[scenario]);
            check("task", ask_task(&gateway).await.to_string(), task.to_string());
        }
        // Recovery: the next call of each is as if nothing had been.
        while gateway.upstream.take_queued() {}
        assert_eq!(hear(&gateway, MODEL, is_stream).await, Whole(200), "after {name}");
        assert_eq!(hear(&gateway, "sonnet", is_stream).await, Whole(200), "after {name}");
        // Accounting after failure: nobody has a place any more, and every call is in one row.
        let counters = gateway.counters().await;
        assert_eq!(counters["limits"]["callsInProgress"], 0, "after {name}");
        let rows = counters["rows"].as_array().unwrap();
        let counted: u64 = rows.iter().map(|row| row["calls"].as_u64().unwrap()).sum();
        assert_eq!(Value::from(counted), counters["totalRequests"], "after {name}");
    }
    assert!(faults.is_empty(), "{faults}");
}

#[tokio::test]
async fn a_provider_that_flaps_costs_tries_and_no_answer() {
    let gateway = TestGateway::with(&[], FILE).await;
    for _ in 0..20 {
        gateway.queue(&["status=529"]);
        assert_eq!(hear(&gateway, "sonnet", false).await, Whole(200));
    }
    assert_eq!(gateway.upstream.calls().len(), 40);
}
