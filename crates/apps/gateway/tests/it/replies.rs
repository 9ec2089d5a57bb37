//! Damaged replies of the model end as a valid answer or as a named error, never as something made up.

use crate::fixture::TestGateway;
use dashly_fake_upstream::{Fault, Scenario};
use serde_json::{Value, json};

const GOOD: &str = "{\"recommendations\": [{\"type\": \"alert\", \"priority\": \"high\", \"title\": \"Look\", \
    \"description\": \"Spend rose\", \"metric\": \"spend\", \"suggestedAction\": \"Wait\"}], \"summary\": \"One alert.\"}";

async fn ask(gateway: &TestGateway) -> (u16, Value) {
    gateway.task("dashboard/recommendations", &json!({ "metrics": { "spend": 5 } })).await
}

#[tokio::test]
async fn a_reply_that_can_be_put_right_is_put_right_without_asking_again() {
    let gateway = TestGateway::start().await;
    for text in [
        GOOD.to_owned(),
        format!("```json\n{GOOD}\n```"),
        format!("Here you are:\n\n{GOOD}\n\nAnything else?"),
        GOOD.replace("\"Wait\"}", "\"Wait\",},"),
        GOOD.replace("\"alert\"", "\"Alert\"").replace("\"high\"", "\" HIGH \""),
        GOOD.replace("\"summary\"", "\"extra\": 1, \"summary\""),
        GOOD.replace("\"metric\": \"spend\", ", ""),
    ] {
        gateway.upstream.queue([Scenario::saying(text.clone())]);
        let (status, reply) = ask(&gateway).await;
        assert_eq!(status, 200, "{text}: {reply}");
        assert_eq!(reply["data"]["recommendations"][0]["priority"], "high", "{text}");
    }
    assert_eq!(gateway.upstream.calls().len(), 7);
}

#[tokio::test]
async fn one_that_cannot_is_asked_for_once_more_and_both_are_paid() {
    let gateway = TestGateway::start().await;
    gateway.upstream.queue([Scenario::saying("I would rather chat."), Scenario::saying(GOOD)]);
    let (status, reply) = ask(&gateway).await;
    assert_eq!(status, 200, "{reply}");
    let calls = gateway.upstream.calls();
    let sent: u64 = calls.iter().map(|call| call.usage.input_tokens + call.usage.output_tokens).sum();
    assert_eq!(reply["data"]["tokensUsed"].as_u64(), Some(sent));
    let second: Value = serde_json::from_slice(&calls[1].body).unwrap();
    assert_eq!(second["messages"][1]["content"], "I would rather chat.");
    assert!(second["messages"][2]["content"].as_str().unwrap().contains("it is not JSON"));
}

#[tokio::test]
async fn twice_unusable_is_an_error_and_never_a_made_up_good() {
    let gateway = TestGateway::start().await;
    gateway.upstream.queue([Scenario::saying("All is good!"), Scenario::saying("{\"summary\": \"good\"}")]);
    let (status, reply) = ask(&gateway).await;
    assert_eq!(status, 502);
    assert!(reply["type"].as_str().unwrap().ends_with("invalid-model-reply"), "{reply}");
    assert!(gateway.counters().await["totalTokens"].as_u64().unwrap() > 0, "it was paid all the same");
}

#[tokio::test]
async fn refusals_and_cut_replies_have_names_of_their_own() {
    let gateway = TestGateway::start().await;
    for (fault, status, code) in [
        (Fault::Refusal, 422, "model-refused"),
        (Fault::MaxTokens, 502, "model-reply-cut"),
        (Fault::TooLong, 413, "too-large"),
    ] {
        gateway.upstream.queue([Scenario::of(fault)]);
        let (found, reply) = ask(&gateway).await;
        assert_eq!(found, status, "{reply}");
        assert!(reply["type"].as_str().unwrap().ends_with(code), "{reply}");
    }
    assert_eq!(gateway.upstream.calls().len(), 3, "none of them is asked again");
}

#[tokio::test]
async fn trouble_of_the_provider_is_mapped_and_its_request_id_told() {
    let gateway = TestGateway::with(
        &[],
        "[retries]\ntries = 1\n[aliases.sonnet]\nmodel = \"m\"\n[breaker]\nfailures = 1000\n",
    )
    .await;
    for (scenario, status, code) in [
        ("status=401", 502, "provider-refused-key"),
        ("status=429/9", 429, "provider-limit"),
        ("spend-cap", 429, "provider-limit"),
        ("status=500", 502, "provider-failed"),
        ("status=529", 503, "provider-overloaded"),
        ("status=404", 502, "model-gone"),
    ] {
        gateway.queue(&[scenario]);
        let url = format!("{}/api/ai/dashboard/recommendations", gateway.url);
        let reply = gateway.client.post(url).json(&json!({ "metrics": 1 })).send().await.unwrap();
        assert_eq!(reply.status(), status, "{scenario}");
        assert!(reply.headers()["x-upstream-request-id"].to_str().unwrap().starts_with("req_fake_"));
        if scenario == "status=429/9" {
            assert_eq!(reply.headers()["retry-after"], "9");
        }
        let body: Value = reply.json().await.unwrap();
        assert!(body["type"].as_str().unwrap().ends_with(code), "{scenario}: {body}");
    }
}

/// A simple generator (Knuth's multiplier), so that every run damages alike.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound
    }
}

/// Cuts, doubles, drops and swaps characters, wraps and truncates.
fn damaged(chance: &mut Chance) -> String {
    let mut text: Vec<char> = GOOD.chars().collect();
    for _ in 0..=chance.below(3) {
        let place = chance.below(text.len());
        match chance.below(6) {
            0 => drop(text.remove(place)),
            1 => text.insert(place, ['"', '{', '}', ',', '\\', '\u{0}', 'ź'][chance.below(7)]),
            2 => text.truncate(place.max(1)),
            3 => text = ["Well, ".chars().collect(), text].concat(),
            4 => text.extend("\n```\ntrailing {".chars()),
            _ => {
                let other = chance.below(text.len());
                text.swap(place, other);
            }
        }
    }
    text.into_iter().collect()
}

#[tokio::test]
async fn five_hundred_damaged_replies_end_valid_or_as_a_named_error() {
    let gateway = TestGateway::start().await;
    let mut chance = Chance(20_261_125);
    let mut valid = 0;
    for _ in 0..500 {
        gateway
            .upstream
            .queue([Scenario::saying(damaged(&mut chance)), Scenario::saying(damaged(&mut chance))]);
        let (status, reply) = ask(&gateway).await;
        match status {
            200 => {
                valid += 1;
                let list = reply["data"]["recommendations"].as_array().unwrap();
                for entry in list {
                    assert!(
                        ["optimization", "alert", "insight"].contains(&entry["type"].as_str().unwrap()),
                        "{reply}"
                    );
                    assert!(entry["title"].is_string() && entry["suggestedAction"].is_string(), "{reply}");
                }
                assert!(reply["data"]["summary"].is_string());
            }
            502 => assert!(reply["type"].as_str().unwrap().ends_with("invalid-model-reply"), "{reply}"),
            other => panic!("{other}: {reply}"),
        }
        // What was not asked for stays in the queue.
        while gateway.upstream.take_queued() {}
    }
    assert!((100..500).contains(&valid), "{valid}");
}
