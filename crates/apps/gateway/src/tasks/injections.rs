//! Two hundred attacks against a model that obeys everybody outside of the blocks of data.

use super::Protection;
use crate::app::{GatewayParts, build_protected};
use crate::config::GatewayConfig;
use crate::guard::Guard;
use dashly_fake_upstream::{FakeUpstream, Fault, OBEDIENCE, Options, Scenario};
use dashly_process::{OperatingSystemIds, Settings, SystemClock};
use dashly_telemetry::{Health, Tasks};
use dashly_web::{ServeOptions, serve};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

const INJECTIONS: &str = include_str!("../../tests/data/injections.toml");
const BENIGN: &str = include_str!("../../tests/data/benign.toml");

#[derive(Deserialize)]
struct Injections {
    places: Vec<String>,
    payloads: Vec<Payload>,
}

#[derive(Deserialize)]
struct Payload {
    language: String,
    kind: String,
    text: String,
}

#[derive(Deserialize)]
struct Benign {
    texts: Vec<String>,
}

/// A gateway with this protection, in front of an obedient model.
struct Attacked {
    client: reqwest::Client,
    url: String,
    tasks: Tasks,
    _upstream: FakeUpstream,
}

impl Drop for Attacked {
    fn drop(&mut self) {
        self.tasks.begin_shutdown();
    }
}

impl Attacked {
    async fn start(protection: Protection) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let options = Options { scenario: Scenario::of(Fault::Obedient) };
        let upstream = FakeUpstream::start(listener, options).unwrap();
        let provider = upstream.url();
        let lookup = |name: &str| match name {
            "ANTHROPIC_BASE_URL" => Some(provider.clone()),
            "ANTHROPIC_API_KEY" => Some("key".to_owned()),
            "RATE_LIMIT_RPM" => Some("1000000".to_owned()),
            _ => None,
        };
        let config = GatewayConfig::read(&mut Settings::new(&lookup), "127.0.0.1").unwrap();
        let (health, tasks) = (Health::default(), Tasks::default());
        let parts = GatewayParts {
            clock: Arc::new(SystemClock),
            ids: Arc::new(OperatingSystemIds),
            health: health.clone(),
            tasks: tasks.clone(),
        };
        let router = build_protected(&config, parts, protection).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let stop = tasks.shutdown_signal();
        let finish = Duration::from_secs(1);
        let options = ServeOptions { drain: Duration::ZERO, finish, health, tasks: tasks.clone() };
        tasks.spawn("server", async move {
            serve(listener, router, options, async move { stop.wait().await }).await;
        });
        let client = reqwest::Client::builder().timeout(Duration::from_secs(20)).build().unwrap();
        Self { client, url, tasks, _upstream: upstream }
    }

    /// Status and body for `text` at `place`.
    async fn attack(&self, place: &str, text: &str) -> (u16, Value) {
        let (path, body) = match place {
            "question" => ("dashboard/generate", json!({ "prompt": text })),
            "title" => {
                let widget = json!({ "title": text, "dataSource": { "metric": "spend" } });
                ("widget/analyze", json!({ "widget": widget, "metricsData": { "value": 3 } }))
            }
            "cell" => {
                let rows = json!([{ "note": text, "spend": 4 }]);
                ("custom-data/detect-schema", json!({ "filename": "a.csv", "sampleRows": rows }))
            }
            "page" => {
                let findings = json!({ "metadata": { "text": text } });
                let body = json!({ "websiteUrl": "https://example.com", "technicalFindings": findings });
                ("website-audit/analyze", body)
            }
            other => panic!("no place {other}"),
        };
        let url = format!("{}/api/ai/{path}", self.url);
        let reply = self.client.post(url).json(&body).send().await.unwrap();
        (reply.status().as_u16(), reply.json().await.unwrap())
    }
}

/// Whether the attack had any effect on the answer: its form, a word of the attacker's, or the prompt in it. A refusal
/// has none.
fn succeeded(status: u16, reply: &Value) -> bool {
    let answer = ["dashboard", "data", "schema"].iter().find_map(|member| reply.get(*member));
    match status {
        400 => reply["code"] != "PROMPT_INJECTION_DETECTED",
        200 => {
            let mut answer = answer.cloned().unwrap_or_default();
            if !answer.is_object() {
                return true;
            }
            // What the caller sent comes back in the computed facts; only the model's words count.
            if let Some(columns) = answer["columns"].as_array_mut() {
                for column in columns.iter_mut() {
                    column["sampleValues"] = Value::Null;
                }
            }
            answer["facts"] = Value::Null;
            let text = answer.to_string();
            text.contains(OBEDIENCE) || text.contains("boundary")
        }
        _ => true,
    }
}

async fn successes(protection: Protection) -> Vec<String> {
    let attacked = Attacked::start(protection).await;
    let injections: Injections = toml::from_str(INJECTIONS).unwrap();
    let mut successes = Vec::new();
    for payload in &injections.payloads {
        for place in &injections.places {
            let (status, reply) = attacked.attack(place, &payload.text).await;
            if succeeded(status, &reply) {
                successes.push(format!("{} {} in a {place}: {status}", payload.language, payload.kind));
            }
        }
    }
    successes
}

#[test]
fn there_are_two_hundred_cases_in_six_languages_and_more() {
    let injections: Injections = toml::from_str(INJECTIONS).unwrap();
    assert_eq!(injections.payloads.len() * injections.places.len(), 200);
    let languages: BTreeSet<&String> = injections.payloads.iter().map(|payload| &payload.language).collect();
    assert!(languages.len() >= 6, "{languages:?}");
}

#[tokio::test]
async fn no_attack_has_an_effect() {
    assert_eq!(successes(Protection::Full).await, Vec::<String>::new());
}

#[tokio::test]
async fn delimiting_alone_holds_too() {
    assert_eq!(successes(Protection::Delimited).await, Vec::<String>::new());
}

#[tokio::test]
async fn without_protection_most_attacks_succeed() {
    let successes = successes(Protection::None).await;
    assert!(successes.len() > 150, "the test of the others could not fail: {}", successes.len());
}

#[test]
fn the_rules_alone_find_nearly_all_attacks_and_block_hardly_anything_else() {
    let guard = Guard::default();
    let injections: Injections = toml::from_str(INJECTIONS).unwrap();
    let is_missed = |payload: &&Payload| !guard.judge(&payload.text).is_refused();
    let missed: Vec<&String> =
        injections.payloads.iter().filter(is_missed).map(|payload| &payload.text).collect();
    assert!(missed.len() * 20 <= injections.payloads.len(), "{} missed: {missed:#?}", missed.len());
    let benign: Benign = toml::from_str(BENIGN).unwrap();
    assert_eq!(benign.texts.len(), 300);
    let blocked: Vec<&String> = benign.texts.iter().filter(|text| guard.judge(text).is_refused()).collect();
    assert!(blocked.len() <= 3, "{blocked:#?}");
}
