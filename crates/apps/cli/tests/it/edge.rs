//! `dashly edge` as a program; what it does with requests is tested beside it.

use crate::process::{Dashly, PATIENCE, eventually};
use dashly_edge::Weight;
use dashly_experiments::parse_definitions;
use rustix::process::Signal;
use serde_json::json;

/// Two crates, one draw: whoever is on the canary at a weight is in the first variant of an experiment of this salt and weight.
#[test]
fn an_edge_draws_as_an_experiment_does() {
    // The published vectors (docs/experiments.md), and the first weight, in tenths of a percent, that includes each.
    for (salt, visitor, first) in [
        ("kpi_scorecard_layout", "user-1", 510),
        ("kpi_scorecard_layout", "user-2", 570),
        ("guided_onboarding", "user-1", 733),
        ("pricing_cta_upgrade", "00000000-0000-4000-8000-000000000001", 232),
    ] {
        for (tenths, is_included) in [(first - 1, false), (first, true)] {
            let weight: Weight = format!("{}.{}", tenths / 10, tenths % 10).parse().unwrap();
            let file = json!({ "experiments": [{
                "test_id": "release", "salt": salt, "description": "?", "target_event": "click",
                "variants": { "A": "canary", "B": "stable" }, "weights": { "A": tenths, "B": 1_000 - tenths }
            }] });
            let experiment =
                parse_definitions(file.to_string().as_bytes()).unwrap().definitions.all()[0].clone();
            assert_eq!(weight.includes(salt, visitor), is_included, "edge: {salt}.{visitor} at {weight}");
            assert_eq!(
                experiment.draw_variant(visitor) == 0,
                is_included,
                "experiment: {salt}.{visitor} at {weight}"
            );
        }
    }
}

#[tokio::test]
async fn an_edge_that_cannot_start_says_what_to_change() {
    let refused = Dashly::new(&["edge"]).run().await;
    assert!(
        refused.refusal().contains("EDGE_STABLE: found ``; expected at least one address"),
        "{refused:?}"
    );
    let stable = "--stable=http://127.0.0.1:1";
    let refused = Dashly::new(&["edge", stable, "--weight", "0.05"]).run().await;
    assert!(refused.refusal().contains("EDGE_WEIGHT: found `0.05`; expected"), "{refused:?}");
    // The option comes before the variable.
    let refused = Dashly::new(&["edge", stable, "--weight", "2x"]).env("EDGE_WEIGHT", "3").run().await;
    assert!(refused.refusal().contains("found `2x`"), "{refused:?}");
    let refused = Dashly::new(&["edge", stable, "--canary", "https://a"]).run().await;
    assert!(refused.refusal().contains("EDGE_CANARY: found `https://a`"), "{refused:?}");
    let usage = Dashly::new(&["edge", "--weigth", "1"]).run().await;
    assert_eq!(usage.code(), Some(2), "{usage:?}");
}

#[tokio::test]
async fn an_edge_that_is_told_to_stop_serves_while_it_drains() {
    let upstream = Dashly::new(&["fake-upstream", "--port", "0"]).spawn();
    let url = eventually("the upstream says where it is", PATIENCE, async || {
        let text = upstream.stdout();
        let (url, _) = text.split_once(" is up at ").map(|(_, rest)| rest)?.split_once(';')?;
        Some(url.to_owned())
    })
    .await;
    let mut server = Dashly::new(&["edge", "--stable", &url, "--listen", "0", "--admin", "127.0.0.1:0"])
        .envs(
            [("HOST", "127.0.0.1"), ("LOG_FORMAT", "json"), ("DRAIN_SECONDS", "2")]
                .map(|(n, v)| (n, v.to_owned())),
        )
        .serve()
        .await;
    let log = server.running.stderr();
    let admin = log.split_once("\"admin\":\"").unwrap().1.split('"').next().unwrap().to_owned();
    let client = reqwest::Client::builder().timeout(PATIENCE).no_proxy().build().unwrap();
    let ready = async || client.get(format!("http://{admin}/health/ready")).send().await.unwrap().status();
    assert_eq!(ready().await, 200);

    server.running.signal(Signal::TERM);
    eventually("it wants no more", PATIENCE, async || (ready().await == 503).then_some(())).await;
    let reply = client.get(format!("{}/v1/models", server.url())).send().await.unwrap();
    assert_eq!(reply.headers()["x-dashly-version"], "stable");
    let status = server.running.end_within(PATIENCE).await;
    assert_eq!(status.code(), Some(0), "{}", server.running.stderr());
}
