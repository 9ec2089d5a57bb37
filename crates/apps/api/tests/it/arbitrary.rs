//! Arbitrary requests at every route: no answer blames the server, and nothing panics.

use dashly_testkit::{Engine, Setup, TestApp, Visitor};
use http::Method;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use serde_json::Value;

const CASES: u32 = 500;

#[derive(Clone, Debug)]
struct Request {
    method: String,
    path: String,
    headers: Vec<(&'static str, Vec<u8>)>,
    body: Vec<u8>,
}

/// The paths of the description, so that a new route is covered on the day it is added.
async fn described_paths(visitor: &Visitor) -> Vec<String> {
    let document = visitor.get("/api/docs/openapi.json").await.expect(200).json();
    let paths: Vec<String> = document["paths"].as_object().unwrap().keys().cloned().collect();
    assert!(paths.len() >= 12, "{paths:?}");
    paths
}

fn method() -> impl Strategy<Value = String> {
    let known = ["GET", "POST", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT"];
    prop_oneof![
        6 => prop::sample::select(vec!["GET", "POST"]).prop_map(str::to_owned),
        2 => prop::sample::select(known.to_vec()).prop_map(str::to_owned),
        1 => "[A-Za-z!#$%&'*+.^_`|~-]{1,20}",
    ]
}

fn path(paths: Vec<String>) -> impl Strategy<Value = String> {
    let known = prop::sample::select(paths);
    prop_oneof![
        8 => known.clone(),
        2 => (known.clone(), "[?][A-Za-z0-9%&=+/:.-]{0,40}").prop_map(|(path, query)| path + &query),
        1 => (known, "[A-Za-z0-9%/._~-]{1,20}").prop_map(|(path, more)| path + &more),
        1 => "/[A-Za-z0-9%/._~-]{0,40}",
    ]
}

/// Bytes that HTTP lets through in a header.
fn header_bytes() -> impl Strategy<Value = Vec<u8>> {
    let byte = any::<u8>()
        .prop_filter("no byte that ends a header", |byte| *byte == b'\t' || (*byte >= 0x20 && *byte != 0x7f));
    prop::collection::vec(byte, 0..60)
}

fn header_value() -> impl Strategy<Value = Vec<u8>> {
    let known = [
        "application/json",
        "application/x-www-form-urlencoded",
        "text/html",
        "*/*",
        "gzip",
        "same-origin",
        "cross-site",
        "https://evil.example",
        "null",
        "ab_visitor_id=v_1; ab_kpi_scorecard_layout=B",
        "ab_visitor_id=\"",
        "token=a.b.c",
        "Bearer a.b.c",
        "Bearer",
        "bytes=0-1",
        "\"etag\"",
        "0",
        "-1",
        "99999999999999999999",
        "chunked",
        "100-continue",
        "websocket",
        "127.0.0.1, ::1, x",
        "dashly.example",
    ];
    prop_oneof![
        prop::sample::select(known.to_vec()).prop_map(|text| text.as_bytes().to_vec()),
        header_bytes()
    ]
}

fn headers() -> impl Strategy<Value = Vec<(&'static str, Vec<u8>)>> {
    let names = [
        "content-type",
        "cookie",
        "authorization",
        "origin",
        "host",
        "sec-fetch-site",
        "idempotency-key",
        "user-agent",
        "accept",
        "accept-encoding",
        "if-none-match",
        "x-forwarded-for",
        "content-length",
        "transfer-encoding",
        "range",
        "access-control-request-method",
        "access-control-request-headers",
        "expect",
        "upgrade",
        "x-request-id",
        "content-encoding",
    ];
    let json = Just(("content-type", b"application/json".to_vec()));
    let pair = prop_oneof![2 => json, 5 => (prop::sample::select(names.to_vec()), header_value())];
    prop::collection::vec(pair, 0..8)
}

fn json_value() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        any::<i64>().prop_map(|number| number.to_string()),
        any::<f64>().prop_map(|number| format!("{number:e}")),
        any::<String>().prop_map(|text| Value::from(text).to_string()),
        Just("\"\\ud800\"".to_owned()),
        Just("1e999".to_owned()),
        Just("\"kpi_click\"".to_owned()),
        Just("\"kpi_scorecard_layout\"".to_owned()),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        let key = prop::sample::select(vec![
            "event", "testId", "variant", "event_id", "value", "events", "username", "password", "email",
        ]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::vec((key, inner), 0..6).prop_map(|pairs| {
                let members: Vec<String> =
                    pairs.into_iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    })
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        2 => Just(Vec::new()),
        4 => json_value().prop_map(String::into_bytes),
        1 => (json_value(), any::<prop::sample::Index>()).prop_map(|(text, cut)| {
            let end = cut.index(text.len() + 1);
            text.as_bytes()[..end].to_vec()
        }),
        2 => prop::collection::vec(any::<u8>(), 0..300),
        1 => "[A-Za-z0-9%&=+.-]{0,80}".prop_map(String::into_bytes),
    ]
}

fn requests(paths: Vec<String>) -> impl Strategy<Value = Request> {
    (method(), path(paths), headers(), body()).prop_map(|(method, path, headers, body)| Request {
        method,
        path,
        headers,
        body,
    })
}

async fn check(app: &TestApp, request: &Request) -> Result<(), TestCaseError> {
    let visitor = app.visitor();
    let method = Method::from_bytes(request.method.as_bytes()).unwrap();
    if request.path.parse::<http::Uri>().is_err() {
        return Ok(());
    }
    let mut call = visitor.call(method.clone(), &request.path).body(request.body.clone());
    for (name, value) in &request.headers {
        call = call.header(name, value);
    }
    let reply = call.send().await;
    let status = reply.status.as_u16();
    prop_assert!(status < 500 || status == 503, "{status}: {}", reply.text());
    prop_assert!(reply.headers.contains_key("x-request-id"));
    prop_assert!(reply.headers.contains_key("content-security-policy"));
    let answers_json = reply.header("content-type") == Some("application/problem+json");
    let encoded = reply.headers.contains_key("content-encoding");
    if status >= 400 && answers_json && method != Method::HEAD && !encoded {
        let document = reply.json();
        prop_assert_eq!(&document["status"], status);
        prop_assert_eq!(&document["success"], false);
        prop_assert_eq!(document["request_id"].as_str(), reply.header("x-request-id"));
    }
    Ok(())
}

fn every_request_gets_an_answer_on(engine: Engine) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let app = runtime.block_on(TestApp::start(engine, Setup::new().setting("TRUSTED_PROXIES", "127.0.0.1")));
    let paths = runtime.block_on(described_paths(&app.visitor()));
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    let outcome =
        TestRunner::new(config).run(&requests(paths), |request| runtime.block_on(check(&app, &request)));
    outcome.unwrap_or_else(|error| panic!("{error}"));
    // Still well after all that.
    runtime.block_on(async {
        app.visitor().dashboard().await;
        let health = app.visitor().get("/api/health").await.expect(200).json();
        assert_eq!(health["status"], "healthy");
        app.end().await;
    });
}

#[test]
fn every_request_gets_an_answer_on_sqlite() {
    every_request_gets_an_answer_on(Engine::Sqlite);
}

#[test]
fn every_request_gets_an_answer_on_postgres() {
    every_request_gets_an_answer_on(Engine::Postgres);
}
