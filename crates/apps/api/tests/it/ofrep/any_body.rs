//! Any body at either route gets an answer in the protocol's shape.

use super::{FLAGS, flag_path, tracked};
use dashly_testkit::{Engine, Setup, TestApp};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use serde_json::{Value, json};

/// Bodies near the protocol's, and any bytes.
fn bodies() -> impl Strategy<Value = Vec<u8>> {
    let value = prop_oneof![
        Just("null".to_owned()),
        Just("{}".to_owned()),
        Just("[[{}]]".to_owned()),
        any::<f64>().prop_map(|number| number.to_string()),
        any::<String>().prop_map(|text| json!(text).to_string()),
        "[A-Za-z0-9_.-]{1,70}".prop_map(|text| json!(text).to_string()),
    ];
    let near = (value.clone(), value).prop_flat_map(|(key, other)| {
        prop_oneof![
            Just(format!("{{\"context\":{{\"targetingKey\":{key},\"x\":{other}}}}}")),
            Just(format!("{{\"context\":{other},\"x\":{key}}}")),
            Just(other),
        ]
    });
    prop_oneof![
        3 => near.prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 0..200),
    ]
}

async fn check_any_body(app: &TestApp, key: &str, body: &[u8]) -> Result<(), TestCaseError> {
    let caller = app.visitor();
    for (path, key) in [(FLAGS.to_owned(), None), (flag_path(key), Some(key))] {
        let reply = caller.post_raw(&path, "application/json", body.to_vec()).await;
        prop_assert_eq!(reply.header("content-type"), Some("application/json"));
        let answer = reply.json();
        match (reply.status.as_u16(), key) {
            (200, None) => prop_assert!(answer["flags"].is_array()),
            (200, Some(key)) => {
                prop_assert_eq!(&answer["key"], key);
                prop_assert!(answer["value"].is_string() && answer["variant"].is_string());
            }
            (400 | 404, key) => {
                prop_assert_eq!(answer.get("key").and_then(Value::as_str), key);
                prop_assert!(answer["errorDetails"].is_string());
                let codes = ["PARSE_ERROR", "TARGETING_KEY_MISSING", "INVALID_CONTEXT", "FLAG_NOT_FOUND"];
                prop_assert!(codes.contains(&answer["errorCode"].as_str().unwrap_or_default()), "{}", answer);
            }
            (status, _) => prop_assert!(false, "{status}: {answer}"),
        }
    }
    Ok(())
}

fn any_body_is_answered_in_the_protocol_s_shape_on(engine: Engine) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let app = runtime.block_on(TestApp::start(engine, Setup::new().tests(&tracked())));
    let config = Config { cases: 300, failure_persistence: None, ..Config::default() };
    let key = prop::sample::select(vec!["one", "two", "none"]);
    let outcome = TestRunner::new(config)
        .run(&(key, bodies()), |(key, body)| runtime.block_on(check_any_body(&app, key, &body)));
    outcome.unwrap_or_else(|error| panic!("{error}"));
    runtime.block_on(app.end());
}

#[test]
fn any_body_is_answered_in_the_protocol_s_shape_on_sqlite() {
    any_body_is_answered_in_the_protocol_s_shape_on(Engine::Sqlite);
}

#[test]
fn any_body_is_answered_in_the_protocol_s_shape_on_postgres() {
    any_body_is_answered_in_the_protocol_s_shape_on(Engine::Postgres);
}
