//! Whatever is sent, the answer has the right status, and the gateway lives.

use crate::fixture::{MODEL, TestGateway};
use proptest::prelude::{Just, Strategy, any, prop, prop_oneof};
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::runtime::Runtime;

const CASES: u32 = 600;
const PATHS: [&str; 8] = [
    "/v1/messages",
    "/v1/messages/count_tokens",
    "/api/ai/dashboard/generate",
    "/api/ai/widget/analyze",
    "/api/ai/widget/trend",
    "/api/ai/custom-data/detect-schema",
    "/api/ai/custom-data/generate-query",
    "/api/ai/website-audit/analyze",
];

/// Any JSON, small and not deep.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        ".{0,12}".prop_map(Value::from),
        Just(Value::from("sonnet")),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        let name = prop_oneof![
            Just("model".to_owned()),
            Just("messages".to_owned()),
            Just("widget".to_owned()),
            Just("timeSeries".to_owned()),
            Just("value".to_owned()),
            ".{0,6}",
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(name, inner, 0..5).prop_map(|members| json!(members)),
        ]
    })
}

/// A body that nearly makes sense: one member of a good one is anything.
fn nearly_good() -> impl Strategy<Value = Value> {
    let members = [
        "model",
        "max_tokens",
        "messages",
        "stream",
        "prompt",
        "widget",
        "metricsData",
        "schema",
        "sampleRows",
        "filename",
        "websiteUrl",
        "technicalFindings",
    ];
    (prop::sample::select(members.to_vec()), any_json()).prop_map(|(member, value)| {
        let points: Vec<Value> =
            (1..20).map(|day| json!({ "date": format!("2026-01-{day:02}"), "value": day })).collect();
        let mut body = json!({
            "model": MODEL,
            "max_tokens": 20,
            "messages": [{ "role": "user", "content": "Hi" }],
            "prompt": "Show July",
            "widget": { "title": "Clicks", "widgetType": "kpi_card" },
            "metricsData": { "value": 1, "timeSeries": points },
            "schema": { "columns": [{ "name": "day" }] },
            "sampleRows": [{ "day": "2026-01-01" }],
            "filename": "a.csv",
            "websiteUrl": "https://a.example",
            "technicalFindings": {}
        });
        body[member] = value;
        body
    })
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        3 => nearly_good().prop_map(|body| body.to_string().into_bytes()),
        1 => any_json().prop_map(|body| body.to_string().into_bytes()),
        1 => prop::collection::vec(any::<u8>(), 0..200),
        1 => (nearly_good(), any::<prop::sample::Index>()).prop_map(|(body, at)| {
            let mut bytes = body.to_string().into_bytes();
            bytes.truncate(at.index(bytes.len()));
            bytes
        }),
    ]
}

fn header() -> impl Strategy<Value = (&'static str, Vec<u8>)> {
    let names = [
        "x-dashly-workspace",
        "x-dashly-deadline-ms",
        "x-request-id",
        "x-api-key",
        "authorization",
        "anthropic-version",
        "anthropic-beta",
        "content-type",
        "accept-encoding",
        "x-forwarded-for",
        "te",
        "expect-ct",
    ];
    let value = prop_oneof![
        "[ -~]{0,40}".prop_map(String::into_bytes),
        prop::collection::vec(prop_oneof![Just(9_u8), 32..=126_u8, 128..=255_u8], 0..40),
        Just(b"0".to_vec()),
        Just(b"99999999999999999999".to_vec()),
    ];
    (prop::sample::select(names.to_vec()), value)
}

#[test]
fn any_path_and_query_of_what_is_read_get_an_answer_of_the_right_kind() {
    let runtime = Runtime::new().unwrap();
    let gateway = runtime.block_on(TestGateway::start());
    let paths = [
        "/v1/models",
        "/v1/messages",
        "/api/ai/dashboard/options",
        "/api/health",
        "/health/ready",
        "/metrics",
        "/api/metrics",
    ];
    let rest = prop_oneof![
        Just(String::new()),
        "/[!-~]{0,30}",
        "[?][!-~]{0,60}",
        "[?]limit=[0-9]{1,20}&after_id=.{0,9}"
    ];
    let method = prop::sample::select(vec!["GET", "HEAD", "DELETE", "OPTIONS", "PURGE"]);
    let cases = (method, prop::sample::select(paths.to_vec()), rest, prop::collection::vec(header(), 0..4));
    let config = Config { cases: CASES / 2, failure_persistence: None, ..Config::default() };
    let outcome = TestRunner::new(config).run(&cases, |(method, path, rest, headers)| {
        // What is no address at all is no request, either.
        let Ok(url) = format!("{}{path}{rest}", gateway.url).parse::<reqwest::Url>() else { return Ok(()) };
        let mut request =
            gateway.client.request(method.parse().unwrap(), url).timeout(Duration::from_secs(10));
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let status = runtime.block_on(async { request.send().await.unwrap().status().as_u16() });
        assert!(matches!(status, 200 | 400 | 401 | 404 | 405 | 414 | 504), "{status} {method} {path}{rest}");
        Ok(())
    });
    outcome.unwrap();
}

#[test]
fn any_body_and_any_headers_get_an_answer_of_the_right_kind() {
    let runtime = Runtime::new().unwrap();
    // A deadline of nothing is a legal wish: its answer is 504.
    let gateway = runtime.block_on(TestGateway::with(&[], "[retries]\ntries = 1\n"));
    let cases = (prop::sample::select(PATHS.to_vec()), body(), prop::collection::vec(header(), 0..4));
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    let outcome = TestRunner::new(config).run(&cases, |(path, body, headers)| {
        let mut request = gateway
            .client
            .post(format!("{}{path}", gateway.url))
            .timeout(Duration::from_secs(10))
            .header("content-type", "application/json")
            .header("anthropic-version", "2023-06-01");
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let (status, bytes) = runtime.block_on(async {
            let reply = request.body(body).send().await.unwrap();
            (reply.status().as_u16(), reply.bytes().await.unwrap())
        });
        assert!(
            matches!(status, 200 | 400 | 401 | 404 | 408 | 413 | 415 | 422 | 502 | 504),
            "{status} {path}"
        );
        let is_stream = bytes.starts_with(b"event:");
        assert!(is_stream || serde_json::from_slice::<Value>(&bytes).is_ok(), "{path}: {bytes:?}");
        Ok(())
    });
    outcome.unwrap();
    let health = format!("{}/health/ready", gateway.url);
    let ready = runtime.block_on(async { gateway.client.get(health).send().await.unwrap().status() });
    assert_eq!(ready, 200);
}
