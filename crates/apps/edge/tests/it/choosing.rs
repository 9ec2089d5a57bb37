//! Which version a visitor meets.

use crate::backend::Backend;
use crate::setup::{TestEdge, eventually};
use futures_util::{StreamExt, stream};
use std::collections::BTreeSet;

const VISITORS: usize = 10_000;

/// Who of ten thousand visitors is on the canary.
async fn canary_visitors(edge: &TestEdge) -> BTreeSet<usize> {
    stream::iter(0..VISITORS)
        .map(|number| async move {
            let cookie = format!("ab_visitor_id=visitor-{number}");
            let reply = edge.client.get(edge.url("/")).header("cookie", cookie).send().await.unwrap();
            assert_eq!(reply.status(), 200);
            assert!(reply.headers().get("set-cookie").is_none(), "who is known needs no other id");
            let version = reply.headers()["x-dashly-version"].to_str().unwrap().to_owned();
            (number, version)
        })
        .buffer_unordered(32)
        .filter_map(async |(number, version)| (version == "canary").then_some(number))
        .collect()
        .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_share_is_the_weight_and_a_larger_one_moves_nobody_back() {
    let (stable, canary) = (Backend::start("stable").await, Backend::start("canary").await);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("weight");
    std::fs::write(&file, "0.1\n").unwrap();
    let edge = TestEdge::start(&[
        ("EDGE_STABLE", stable.url()),
        ("EDGE_CANARY", canary.url()),
        ("EDGE_WEIGHT", "50".to_owned()),
        ("EDGE_WEIGHT_FILE", file.to_str().unwrap().to_owned()),
    ])
    .await;

    let few = canary_visitors(&edge).await;
    // Ten are expected, with a standard deviation of 3.2.
    assert!((1..=22).contains(&few.len()), "{}", few.len());

    std::fs::write(&file, "25 %").unwrap();
    eventually("the weight is read again", async || edge.status().await["canary_weight_percent"] == 25.0)
        .await;
    let more = canary_visitors(&edge).await;
    // 2,500 are expected, with a standard deviation of 43.
    assert!((2_325..=2_675).contains(&more.len()), "{}", more.len());
    assert!(few.is_subset(&more));

    // What is no share changes nothing, and shows.
    std::fs::write(&file, "lots").unwrap();
    eventually("the bad file shows", async || {
        edge.status().await["health"]["components"]["weight"]["status"] == "degraded"
    })
    .await;
    let status = edge.status().await;
    assert_eq!(status["canary_weight_percent"], 25.0);
    assert_eq!(status["canary"]["served"], few.len() + more.len());
    edge.stop().await;
}

#[tokio::test]
async fn who_has_no_id_meets_the_same_version_again() {
    let (stable, canary) = (Backend::start("stable").await, Backend::start("canary").await);
    let edge = TestEdge::before(&stable.url(), &canary.url(), "50").await;
    let mut seen = BTreeSet::new();
    for number in 0..60 {
        let first = edge.get("/").await;
        let cookie = first.headers()["set-cookie"].to_str().unwrap().to_owned();
        assert!(cookie.starts_with("dashly_edge_id=e_") && cookie.contains("HttpOnly"), "{cookie}");
        let version = first.headers()["x-dashly-version"].to_str().unwrap().to_owned();
        let pair = cookie.split(';').next().unwrap();
        // The application names its visitor in its first answer.
        let cookies = format!("ab_visitor_id=v_{number}; {pair}");
        assert_eq!(edge.name_for(&cookies).await, version);
        seen.insert(version);
    }
    assert_eq!(seen.len(), 2);
    // A shared cache would give one visitor's id to all.
    assert!(edge.get("/asset").await.headers().get("set-cookie").is_none());
    edge.stop().await;
}

#[tokio::test]
async fn a_version_is_asked_for_only_where_that_is_allowed() {
    let (stable, canary) = (Backend::start("stable").await, Backend::start("canary").await);
    let closed = TestEdge::before(&stable.url(), &canary.url(), "0").await;
    let asked = closed.client.get(closed.url("/")).header("x-dashly-version", "canary");
    assert_eq!(asked.send().await.unwrap().headers()["x-dashly-version"], "stable");
    assert_eq!(closed.name_for("dashly_version=canary").await, "stable");

    let open = TestEdge::start(&[
        ("EDGE_STABLE", stable.url()),
        ("EDGE_CANARY", canary.url()),
        ("EDGE_ALLOW_OVERRIDE", "true".to_owned()),
    ])
    .await;
    let asked = open.client.get(open.url("/")).header("x-dashly-version", "canary").send().await.unwrap();
    assert_eq!(asked.headers()["x-dashly-version"], "canary");
    let cookie = asked.headers()["set-cookie"].to_str().unwrap();
    assert!(cookie.starts_with("dashly_version=canary; Max-Age=3600"), "{cookie}");
    assert_eq!(open.name_for("dashly_version=canary").await, "canary");
    assert_eq!(open.name_for("dashly_version=other").await, "stable");
    closed.stop().await;
    open.stop().await;
}
