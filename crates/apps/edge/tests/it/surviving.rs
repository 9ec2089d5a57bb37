//! Backends that die, fail, are slow or want no requests.

use crate::backend::{Backend, Process};
use crate::setup::{TestEdge, eventually};
use reqwest::{Body, Method};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

/// An address where nobody listens: the port of a service that nobody has used for decades.
fn nobody() -> String {
    "http://127.0.0.1:1".to_owned()
}

fn join(urls: &[String]) -> String {
    urls.join(",")
}

/// Sends GET and PUT in turn until it is told to stop; gives everything that was no success.
async fn load(edge: &TestEdge, stop: &AtomicBool, done: &AtomicUsize) -> Vec<String> {
    let mut failed = Vec::new();
    while !stop.load(Ordering::SeqCst) {
        let number = done.fetch_add(1, Ordering::SeqCst);
        let method = if number.is_multiple_of(2) { Method::GET } else { Method::PUT };
        let request = edge.client.request(method, edge.url("/")).body("the same each time");
        match request.send().await {
            Ok(reply) if reply.status() == 200 => drop(reply.bytes().await.unwrap()),
            Ok(reply) => failed.push(format!("{}: {}", reply.status(), reply.text().await.unwrap())),
            Err(error) => failed.push(error.to_string()),
        }
    }
    failed
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_backend_costs_no_idempotent_request() {
    let mut backends: Vec<Process> = (0..3).map(|number| Process::start(&format!("s{number}"), 0)).collect();
    let urls: Vec<String> = backends.iter().map(Process::url).collect();
    let edge = TestEdge::before(&join(&urls), "", "0").await;
    let (stop, done) = (AtomicBool::new(false), AtomicUsize::new(0));
    let has_done = async |more: usize| {
        let goal = done.load(Ordering::SeqCst) + more;
        eventually("requests pass", async || done.load(Ordering::SeqCst) >= goal).await;
    };
    let control = async {
        for (round, victim) in backends.iter_mut().enumerate() {
            has_done(500).await;
            victim.kill();
            has_done(500).await;
            // The same address, as a container that was started again in its pod.
            let port = victim.address.port();
            *victim = Process::start(&format!("again-{round}"), port);
            let name = format!("again-{round}");
            eventually("it is sent requests again", async || edge.name_for("").await == name).await;
        }
        stop.store(true, Ordering::SeqCst);
    };
    let workers = futures_util::future::join_all((0..16).map(|_| load(&edge, &stop, &done)));
    let (failed, ()) = futures_util::future::join(workers, control).await;
    let failed: Vec<String> = failed.into_iter().flatten().collect();
    assert!(failed.is_empty(), "{} of {}: {:?}", failed.len(), done.load(Ordering::SeqCst), failed.first());
    assert!(done.load(Ordering::SeqCst) >= 3_000);
    edge.stop().await;
}

/// Kills the backend at which a request hangs; gives status and body of what the caller hears.
async fn kill_under(method: Method, header: Option<&'static str>) -> (u16, Value) {
    let mut backend = Process::start("first", 0);
    let edge = TestEdge::before(&backend.url(), "", "0").await;
    let mut request = edge.client.request(method, edge.url("/hang")).body("x");
    if let Some(header) = header {
        request = request.header(header, "order-1");
    }
    let reply = request.send();
    let kill = async {
        eventually("it hangs", async || edge.status().await["stable"]["backends"][0]["in_flight"] == 1).await;
        backend.kill();
    };
    let (reply, ()) = futures_util::future::join(reply, kill).await;
    let reply = reply.unwrap();
    let status = reply.status().as_u16();
    let problem = reply.json().await.unwrap();
    edge.stop().await;
    (status, problem)
}

#[tokio::test]
async fn what_may_have_been_carried_out_is_not_sent_twice() {
    let (status, problem) = kill_under(Method::POST, None).await;
    assert_eq!((status, &problem["type"]), (502, &"https://dashly.dev/problems/edge-no-reply".into()));
    // A caller who says that twice is once is believed; here nobody else is left to ask.
    let (status, problem) = kill_under(Method::POST, Some("idempotency-key")).await;
    assert_eq!((status, &problem["type"]), (503, &"https://dashly.dev/problems/edge-no-connection".into()));
}

#[tokio::test]
async fn a_caller_who_says_that_twice_is_once_is_answered_by_another_backend() {
    let (mut dies, prompt) = (Process::start("dies", 0), Backend::start("prompt").await);
    prompt.set_ready(false);
    let edge = TestEdge::before(&join(&[dies.url(), prompt.url()]), "", "0").await;
    eventually("only one is usable", async || edge.status().await["stable"]["usable"] == 1).await;
    let request = edge.client.post(edge.url("/hang")).header("idempotency-key", "order-1").body("x");
    let kill = async {
        eventually("it hangs", async || edge.status().await.to_string().contains("\"in_flight\":1")).await;
        prompt.set_ready(true);
        eventually("both are usable", async || edge.status().await["stable"]["usable"] == 2).await;
        dies.kill();
    };
    let (reply, ()) = futures_util::future::join(request.send(), kill).await;
    assert_eq!(reply.unwrap().status(), 200);
    edge.stop().await;
}

#[tokio::test]
async fn what_was_never_sent_is_sent_elsewhere_whatever_it_is() {
    let alive = Backend::start("alive").await;
    for _ in 0..5 {
        let edge = TestEdge::before(&join(&[nobody(), alive.url()]), "", "0").await;
        let large = "x".repeat(300_000);
        for body in ["small", &large] {
            let reply =
                edge.client.post(edge.url("/echo")).body(Body::from(body.to_owned())).send().await.unwrap();
            assert_eq!(reply.status(), 200);
            assert!(reply.text().await.unwrap() == *body);
        }
        edge.stop().await;
    }
}

#[tokio::test]
async fn without_a_canary_its_visitors_are_served_by_stable_and_the_other_way_round() {
    let alive = Backend::start("alive").await;
    for (stable, canary, weight) in [(alive.url(), nobody(), "100"), (nobody(), alive.url(), "0")] {
        let edge = TestEdge::before(&stable, &canary, weight).await;
        for _ in 0..20 {
            assert_eq!(edge.name_for("").await, "alive");
        }
        let text = edge.admin("/metrics").await.text().await.unwrap();
        assert!(text.contains("dashly_edge_fallbacks_total"), "{text}");
        let version = if weight == "100" { "canary" } else { "stable" };
        // What a version loses is not hidden by the other one's answer.
        let lost = format!("route=\"(edge)\",status=\"502\",version=\"{version}\"");
        assert!(text.contains(&lost), "{text}");
        eventually("it shows", async || {
            edge.status().await["health"]["components"][version]["status"] == "degraded"
        })
        .await;
        edge.stop().await;
    }
}

#[tokio::test]
async fn when_nobody_is_there_the_edge_says_so() {
    let edge = TestEdge::before(&nobody(), "", "0").await;
    let reply = edge.get("/").await;
    assert_eq!(reply.status(), 503);
    assert_eq!(reply.headers()["retry-after"], "2");
    assert!(reply.headers().get("x-dashly-version").is_none(), "no version answered");
    let problem: Value = reply.json().await.unwrap();
    assert!(problem["detail"].as_str().unwrap().contains("the edge"), "{problem}");
    edge.stop().await;
}

/// How many of `count` requests each backend answers.
async fn shares(edge: &TestEdge, count: usize) -> BTreeMap<String, usize> {
    let mut shares = BTreeMap::new();
    for _ in 0..count {
        *shares.entry(edge.name_for("").await).or_default() += 1;
    }
    shares
}

#[tokio::test]
async fn a_backend_that_answers_with_errors_is_left_out_and_comes_back() {
    let (good, bad) = (Backend::start("good").await, Backend::start("bad").await);
    let edge = TestEdge::before(&join(&[good.url(), bad.url()]), "", "0").await;
    bad.set_failing(true);
    let mut errors = 0;
    for _ in 0..100 {
        errors += usize::from(edge.get("/").await.status() == 500);
    }
    // Left out after five in a row, for a second at first.
    assert!((5..=20).contains(&errors), "{errors}");
    bad.set_failing(false);
    eventually("it is back", async || shares(&edge, 10).await.contains_key("bad")).await;
    edge.stop().await;
}

#[tokio::test]
async fn a_backend_that_says_no_is_sent_nothing() {
    let (first, second) = (Backend::start("first").await, Backend::start("second").await);
    let edge = TestEdge::before(&join(&[first.url(), second.url()]), "", "0").await;
    second.set_ready(false);
    eventually("the check has seen it", async || edge.status().await["stable"]["usable"] == 1).await;
    assert_eq!(shares(&edge, 50).await, BTreeMap::from([("first".to_owned(), 50)]));
    second.set_ready(true);
    eventually("the check has seen it", async || edge.status().await["stable"]["usable"] == 2).await;
    assert_eq!(shares(&edge, 50).await.len(), 2);
    // If all say no, somebody is asked all the same.
    first.set_ready(false);
    second.set_ready(false);
    eventually("none is left", async || edge.status().await["stable"]["usable"] == 0).await;
    assert_eq!(edge.get("/").await.status(), 200);
    edge.stop().await;
}

#[tokio::test]
async fn a_late_answer_is_not_asked_for_again() {
    let (first, second) = (Backend::start("first").await, Backend::start("second").await);
    let edge = TestEdge::start(&[
        ("EDGE_STABLE", join(&[first.url(), second.url()])),
        ("EDGE_REPLY_TIMEOUT", "1".to_owned()),
    ])
    .await;
    let reply = edge.get("/hang").await;
    assert_eq!(reply.status(), 504);
    let problem: Value = reply.json().await.unwrap();
    assert_eq!(problem["type"], "https://dashly.dev/problems/edge-late-reply");
    assert_eq!(first.requests() + second.requests(), 1);
    eventually("the backend is rid of it", async || first.hanging() + second.hanging() == 0).await;
    // Others are not kept waiting.
    assert_eq!(tokio::time::timeout(Duration::from_secs(30), edge.get("/")).await.unwrap().status(), 200);
    edge.stop().await;
}
