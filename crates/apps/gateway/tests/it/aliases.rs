//! A call that names an alias is tried again, and with the alias's other models.

use crate::fixture::{MODEL, TestGateway, header, question, stream_question};
use dashly_fake_upstream::{FakeUpstream, Options};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const FAST: &str =
    "[retries]\nfirst_wait_ms = 1\nlongest_wait_ms = 1100\n[breaker]\nfailures = 3\npause_ms = 60000\n";

#[tokio::test]
async fn failures_that_may_pass_are_tried_again() {
    for scenario in ["status=529", "status=429", "status=429/1", "status=500", "status=503", "reset"] {
        let gateway = TestGateway::with(&[], FAST).await;
        gateway.queue(&[scenario, scenario]);
        let reply = gateway.messages(&question("sonnet")).send().await.unwrap();
        assert_eq!(reply.status(), 200, "{scenario}");
        assert_eq!(gateway.models_asked(), ["claude-sonnet-5-5"; 3], "{scenario}");
        let counters = gateway.counters().await;
        assert_eq!(counters["totalRequests"], 1, "{scenario}: one call of the caller");
    }
}

#[tokio::test]
async fn what_is_the_callers_own_doing_is_passed_on_at_once() {
    for scenario in ["status=400", "too-long", "status=413", "spend-cap", "refusal"] {
        let gateway = TestGateway::with(&[], FAST).await;
        gateway.queue(&[scenario]);
        let reply = gateway.messages(&question("sonnet")).send().await.unwrap();
        assert_eq!(gateway.upstream.calls().len(), 1, "{scenario}");
        assert!(!reply.headers().contains_key("x-dashly-gateway-error"));
        assert_eq!(reply.status() == 200, scenario == "refusal");
    }
}

#[tokio::test]
async fn a_longer_pause_than_we_wait_is_told_to_the_caller() {
    let gateway = TestGateway::with(&[], FAST).await;
    gateway.queue(&["status=429/30", "status=429/30"]);
    let reply = gateway.messages(&question("sonnet")).send().await.unwrap();
    assert_eq!(reply.status(), 429);
    assert_eq!(header(&reply, "retry-after"), "30");
    assert_eq!(gateway.models_asked(), ["claude-sonnet-5-5", "claude-sonnet-5"]);
}

#[tokio::test]
async fn an_overloaded_stream_is_tried_again_while_nothing_was_sent() {
    let gateway = TestGateway::with(&[], FAST).await;
    gateway.queue(&["error=0", "error=0"]);
    let reply = gateway.messages(&stream_question("sonnet")).send().await.unwrap();
    let text = reply.text().await.unwrap();
    assert!(text.starts_with("event: message_start") && text.contains("message_stop"), "{text}");
    assert_eq!(gateway.upstream.calls().len(), 3);

    gateway.queue(&["error=3"]);
    let reply = gateway.messages(&stream_question("sonnet")).send().await.unwrap();
    assert!(reply.text().await.unwrap().contains("event: error"));
    assert_eq!(gateway.upstream.calls().len(), 4, "something was sent: no further try");
}

#[tokio::test]
async fn a_model_that_keeps_failing_is_left_alone_and_the_fallback_answers() {
    let gateway = TestGateway::with(&[], FAST).await;
    gateway.queue(&["status=500", "status=500", "status=500"]);
    let reply = gateway.messages(&question("sonnet")).send().await.unwrap();
    assert_eq!(reply.status(), 200);
    assert_eq!(
        gateway.models_asked(),
        ["claude-sonnet-5-5", "claude-sonnet-5-5", "claude-sonnet-5-5", "claude-sonnet-5"]
    );
    // The breaker is open: the next call goes to the fallback at once.
    gateway.messages(&question("sonnet")).send().await.unwrap();
    assert_eq!(gateway.models_asked().len(), 5);
    assert_eq!(gateway.models_asked()[4], "claude-sonnet-5");
    let counters = gateway.counters().await;
    assert_eq!(counters["breakers"][0]["is_open"], true);
    let ready = gateway.client.get(format!("{}/health/ready", gateway.url)).send().await.unwrap();
    assert!(ready.text().await.unwrap().contains("left alone after failures: claude-sonnet-5-5"));
}

#[tokio::test]
async fn the_file_is_read_again_and_a_bad_one_changes_nothing() {
    let gateway = TestGateway::with(&[], FAST).await;
    let path = gateway.folder.path().join("gateway.toml");
    std::fs::write(&path, "[aliases.mine]\nmodel = \"claude-mine\"\n").unwrap();
    let answered = async {
        loop {
            let reply = gateway.messages(&question("mine")).send().await.unwrap();
            reply.bytes().await.unwrap();
            if gateway.models_asked().last().is_some_and(|model| model == "claude-mine") {
                return;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(10), answered).await.unwrap();

    std::fs::write(&path, "[aliases.mine]\nmodel = 5\n").unwrap();
    let degraded = async {
        loop {
            let ready = gateway.client.get(format!("{}/health/ready", gateway.url)).send().await.unwrap();
            if ready.text().await.unwrap().contains("the last good one holds") {
                return;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(10), degraded).await.unwrap();
    gateway.messages(&question("mine")).send().await.unwrap();
    assert_eq!(gateway.models_asked().last().unwrap(), "claude-mine");
}

#[tokio::test]
async fn a_model_that_retires_soon_is_told() {
    let gateway = TestGateway::with(
        &[],
        "[models.old]\ninput = 1\noutput = 5\nretires = \"2020-01-01\"\n[aliases.o]\nmodel = \"old\"\n",
    )
    .await;
    let reply = gateway.messages(&question("o")).send().await.unwrap();
    assert_eq!(header(&reply, "x-dashly-model-retires"), "2020-01-01");
    let reply = gateway.messages(&question("sonnet")).send().await.unwrap();
    assert!(!reply.headers().contains_key("x-dashly-model-retires"));
}

#[tokio::test]
async fn the_pause_that_the_provider_wants_is_kept_and_other_waits_are_random() {
    let gateway = TestGateway::with(&[], FAST).await;
    gateway.queue(&["status=429/1"]);
    let started = Instant::now();
    assert_eq!(gateway.messages(&question("sonnet")).send().await.unwrap().status(), 200);
    let passed = started.elapsed();
    assert!((Duration::from_secs(1)..Duration::from_secs(5)).contains(&passed), "{passed:?}");

    let gateway =
        TestGateway::with(&[], "[retries]\nfirst_wait_ms = 200\n[breaker]\nfailures = 1000\n").await;
    let mut waits = Vec::new();
    for _ in 0..8 {
        gateway.queue(&["status=500"]);
        let started = Instant::now();
        assert_eq!(gateway.messages(&question("sonnet")).send().await.unwrap().status(), 200);
        waits.push(started.elapsed());
    }
    waits.sort();
    // From nothing to 200 ms, evenly: that all eight are in one tenth of it happens once in a million.
    assert!(waits[7].saturating_sub(waits[0]) > Duration::from_millis(20), "{waits:?}");
}

#[tokio::test]
async fn a_provider_that_cannot_be_reached_is_tried_three_times() {
    // Who takes connections and speaks no TLS cannot be connected with, and can count who wants to.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let away = format!("https://{}", listener.local_addr().unwrap());
    let (heard, mut connections) = tokio::sync::mpsc::unbounded_channel();
    #[expect(clippy::disallowed_methods, reason = "ends with the test's runtime")]
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            drop(stream);
            heard.send(()).unwrap();
        }
    });
    let gateway = TestGateway::with(&[("ANTHROPIC_BASE_URL", &away)], FAST).await;
    let reply = gateway.messages(&question(MODEL)).send().await.unwrap();
    assert_eq!(reply.status(), 502);
    assert_eq!(header(&reply, "x-dashly-gateway-error"), "provider-unreachable");
    assert_eq!((header(&reply, "retry-after"), header(&reply, "x-should-retry")), ("1", "true"));
    for _ in 0..3 {
        connections.try_recv().expect("three tries");
    }
    assert!(connections.try_recv().is_err(), "and no fourth");
}

#[tokio::test]
async fn a_provider_that_comes_back_between_two_tries_answers() {
    // A socket that has its port and does not listen: nobody else takes it, and whoever connects is refused.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = socket.local_addr().unwrap();
    let file =
        "[retries]\nfirst_wait_ms = 400\nlongest_wait_ms = 400\ntries = 20\n[breaker]\nfailures = 1000\n";
    let gateway = TestGateway::with(&[("ANTHROPIC_BASE_URL", &format!("http://{address}"))], file).await;
    let asked = question("sonnet");
    let call = gateway.messages(&asked).send();
    let late = async {
        let failed = async {
            // The first try has failed once the breaker knows the model.
            while gateway.counters().await["breakers"].as_array().unwrap().is_empty() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), failed).await.unwrap();
        FakeUpstream::start(socket.listen(16).unwrap(), Options::default()).unwrap()
    };
    let (reply, late) = tokio::join!(call, late);
    assert_eq!(reply.unwrap().status(), 200);
    assert_eq!(late.calls().len(), 1);
}

#[tokio::test]
async fn prompts_of_ones_own_are_used_and_read_again_when_they_change() {
    let gateway = TestGateway::start().await;
    let prompts = gateway.folder.path().join("prompts");
    std::fs::create_dir(&prompts).unwrap();
    let write = |system: &str| {
        let prompt = format!("version = 7\nmodel = \"haiku\"\nmax_tokens = 500\nsystem = {system:?}\n");
        std::fs::write(prompts.join("website_audit_analyze.toml"), prompt).unwrap();
    };
    let until_asked_with = async |system: &str| {
        let asked = async {
            loop {
                let body = json!({ "websiteUrl": "https://a.example", "technicalFindings": {} });
                assert_eq!(gateway.task("website-audit/analyze", &body).await.0, 200);
                let sent: Value =
                    serde_json::from_slice(&gateway.upstream.calls().last().unwrap().body).unwrap();
                if sent["system"].as_str().unwrap().starts_with(system) {
                    return sent;
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(10), asked).await.unwrap()
    };
    write("Speak like a pirate.");
    std::fs::write(gateway.folder.path().join("gateway.toml"), "prompts = \"prompts\"\n").unwrap();
    let sent = until_asked_with("Speak like a pirate.").await;
    assert_eq!((&sent["model"], &sent["max_tokens"]), (&json!("claude-haiku-5-5"), &json!(500)));
    write("Speak like a judge, and briefly.");
    until_asked_with("Speak like a judge, and briefly.").await;
}
