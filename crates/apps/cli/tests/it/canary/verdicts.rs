//! What the judge says of good and bad canaries.

use super::pod::{Behaviour, Pod};
use super::{criterion, dashly, judge_arguments, judged, set};
use crate::process::Dashly;
use serde_json::Value;

async fn is_rolled_back(canary: Behaviour, why: &str) -> Value {
    let (ended, decision) = judged(canary, &[]).await;
    assert_eq!((ended.code(), &decision["verdict"]), (Some(10), &Value::from("roll_back")), "{ended:?}");
    let bad = criterion(&decision, why);
    assert_eq!(bad["state"], "bad", "{decision}");
    assert_eq!(bad["reason"], decision["reason"], "the reason is that of the criterion");
    decision
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_good_canary_is_promoted_with_its_numbers() {
    let (ended, decision) = judged(Behaviour::GOOD, &[]).await;
    assert_eq!((ended.code(), &decision["verdict"]), (Some(0), &Value::from("promote")), "{ended:?}");
    for criterion in decision["criteria"].as_array().unwrap() {
        assert_eq!(criterion["state"], "good", "{criterion}");
        assert!(
            !criterion["reason"].as_str().unwrap().is_empty() && criterion["figures"][0]["value"].is_number()
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_canary_that_fails_is_rolled_back() {
    is_rolled_back(Behaviour { error_rate: 0.1, ..Behaviour::GOOD }, "errors").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_canary_is_rolled_back() {
    is_rolled_back(Behaviour { median_seconds: 0.04, ..Behaviour::GOOD }, "durations").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_canary_with_wider_durations_of_the_same_median_is_rolled_back() {
    is_rolled_back(Behaviour { log_deviation: 1.4, ..Behaviour::GOOD }, "durations").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_canary_that_restarts_is_rolled_back() {
    let decision = is_rolled_back(Behaviour { restarts_every: Some(4), ..Behaviour::GOOD }, "restarts").await;
    assert_eq!(criterion(&decision, "restarts")["figures"][0]["value"], 2.0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_canary_whose_memory_grows_is_rolled_back() {
    is_rolled_back(Behaviour { mebibytes_a_look: 8.0, ..Behaviour::GOOD }, "memory").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_canary_that_does_not_answer_is_rolled_back() {
    let decision = is_rolled_back(Behaviour { answers: false, ..Behaviour::GOOD }, "reachable").await;
    assert!(decision["reason"].as_str().unwrap().contains("does not answer"), "{decision}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_canary_without_traffic_is_never_promoted() {
    let (ended, decision) =
        judged(Behaviour { requests: 0, ..Behaviour::GOOD }, &["--timeout", "300ms"]).await;
    assert_eq!(
        (ended.code(), &decision["verdict"]),
        (Some(12), &Value::from("not_enough_data")),
        "{ended:?}"
    );
    assert!(decision["reason"].as_str().unwrap().contains("selector"), "{decision}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_excluded_in_time_is_a_wait() {
    let (ended, decision) = judged(
        Behaviour::GOOD,
        &["--timeout", "500ms", "--error-margin", "0.000001", "--least-requests", "1", "--least-looks", "1"],
    )
    .await;
    assert_eq!((ended.code(), &decision["verdict"]), (Some(11), &Value::from("wait")), "{ended:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sparse_zeros_are_never_bad() {
    let stable = Pod::start(Behaviour { error_rate: 0.0, ..Behaviour::GOOD }, 1);
    let canary = Pod::start(Behaviour { error_rate: 0.0, requests: 20, ..Behaviour::GOOD }, 2);
    let ended = dashly(&judge_arguments(&[&stable], &[&canary])).run().await;
    assert_eq!(ended.code(), Some(0), "{ended:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_report_is_one_page_that_needs_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("canary.html");
    let bad = Behaviour { error_rate: 0.1, ..Behaviour::GOOD };
    let (ended, decision) = judged(bad, &["--report", report.to_str().unwrap()]).await;
    assert_eq!(ended.code(), Some(10));
    let page = std::fs::read_to_string(report).unwrap();
    for part in [
        "<title>Canary: roll back</title>",
        "<desc id=\"errors-desc\">",
        "class=\"band canary\"",
        "<desc id=\"durations-desc\">",
        "canary, 95th percentile",
        decision["reason"].as_str().unwrap(),
        "</html>",
    ] {
        assert!(page.contains(part), "{part} is missing");
    }
    assert!(!page.contains("http://") && !page.contains("https://") && !page.contains("<script"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn for_people_the_verdict_comes_first_and_each_criterion_has_its_numbers() {
    let stable = Pod::start(Behaviour::GOOD, 1);
    let canary = Pod::start(Behaviour { error_rate: 0.1, ..Behaviour::GOOD }, 2);
    let mut arguments = judge_arguments(&[&stable], &[&canary]);
    arguments.retain(|argument| argument != "--json");
    let ended = dashly(&arguments).run().await;
    assert_eq!(ended.code(), Some(10), "{ended:?}");
    let text = &ended.stdout;
    assert!(text.starts_with("Verdict: roll back\n  the canary fails in "), "{text}");
    for part in [
        "\nerrors     bad\n  the canary fails in ",
        "errors of the canary ",
        "\nrestarts   good\n",
        " looks.\n",
    ] {
        assert!(text.contains(part), "{part:?} is missing in {text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guardrail_that_nothing_is_known_of_keeps_from_promoting() {
    let options = ["--guardrail", "checkout", "--guardrail-window", "1m", "--timeout", "2s"];
    let (ended, decision) = judged(Behaviour::GOOD, &options).await;
    assert_eq!((ended.code(), &decision["verdict"]), (Some(11), &Value::from("wait")), "{ended:?}");
    let guardrail = criterion(&decision, "conversions of checkout");
    assert_eq!(guardrail["state"], "open", "{decision}");
    assert!(guardrail["reason"].as_str().unwrap().contains("no visitor whom it first exposed"), "{decision}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_use_is_told_apart_from_a_verdict() {
    let gateway = Pod::start(Behaviour::GOOD, 1);
    let mut arguments = judge_arguments(&[&gateway], &[&gateway]);
    set(&mut arguments, &["--service", "genai-gateway", "--guardrail", "checkout"]);
    let refused = dashly(&arguments).run().await;
    assert!(refused.refusal().contains("exposes no visitors"), "{refused:?}");
    let ended = Dashly::new(&["canary", "judge"]).run().await;
    assert_eq!(ended.code(), Some(2), "{ended:?}");
    let ended = Dashly::new(&["canary", "judge", "--prometheus", "http://127.0.0.1:9"]).run().await;
    assert!(ended.refusal().contains("does not answer"), "{ended:?}");
    let ended =
        Dashly::new(&["canary", "judge", "--kubernetes"]).env("KUBECTL", "/nowhere/kubectl").run().await;
    assert!(ended.refusal().contains("KUBECTL"), "{ended:?}");
}
