//! What visitors notice of a change: ramps, the holdout, winners, archived experiments, and signed links.

use dashly_experiments::{RecountMode, recount};
use dashly_testkit::{Setup, TestApp, Visitor, both_databases, tests_json};
use http::Method;
use serde_json::{Value, json};

const HOUR: i64 = 3_600;

async fn patch(app: &TestApp, test_id: &str, body: &Value) {
    let path = format!("/api/experiments/{test_id}/settings");
    let _ = app.admin().await.call(Method::PATCH, &path).json(body).send().await.expect(200);
}

/// Whether a fresh browser with this id takes part, by experiment.
async fn enrolled(app: &TestApp, id: &str) -> Value {
    let visitor = app.visitor();
    visitor.set_cookie("ab_visitor_id", id);
    visitor.dashboard().await.json()["enrolled"].clone()
}

async fn click(visitor: &Visitor, test_id: &str) -> Value {
    visitor.event(&json!({ "event": "click", "testId": test_id })).await.expect(200).json()
}

async fn qa_link(app: &TestApp, body: &Value) -> String {
    let reply = app.admin().await.post("/api/experiments/one/qa-links", body).await.expect(200).json();
    reply["url"].as_str().unwrap().to_owned()
}

both_databases! {
    async fn a_ramp_keeps_everybody_who_was_in_and_moves_nobody_of_the_layers_other_experiments(
        app: TestApp = Setup::new().tests(&tests_json(&[
            ("one", json!({ "layer": "page", "layer_share": 0.5, "traffic": 0.1 })),
            ("two", json!({ "layer": "page", "traffic": 0.5 })),
            ("free", json!({ "traffic": 0.2 })),
        ]))
    ) {
        let ids: Vec<String> = (0..150).map(|number| format!("v_{number}")).collect();
        let mut before = Vec::new();
        for id in &ids {
            before.push(enrolled(app, id).await);
        }

        patch(app, "one", &json!({ "revision": 0, "traffic": 0.5 })).await;
        patch(app, "free", &json!({ "revision": 0, "traffic": 0.6 })).await;

        let mut joined = [0, 0];
        for (id, before) in ids.iter().zip(&before) {
            let after = enrolled(app, id).await;
            assert_eq!(after["two"], before["two"], "{id}");
            assert!(after["one"] != after["two"], "the two slices are all of the layer: {id} {after}");
            for (count, test_id) in joined.iter_mut().zip(["one", "free"]) {
                assert!(after[test_id] == true || before[test_id] == false, "{id} left {test_id}");
                *count += i32::from(after[test_id] != before[test_id]);
            }
        }
        assert!(joined.iter().all(|count| (30..100).contains(count)), "{joined:?} of 150 joined, expected about 60");
    }

    async fn the_holdout_takes_part_in_nothing(app: TestApp = Setup::new().tests(&tests_json(&[
        ("one", json!({})), ("two", json!({})),
    ]))) {
        let body = json!({ "revision": 0, "share": 0.3 });
        let reply = app.admin().await.call(Method::PATCH, "/api/experiments/holdout").json(&body).send().await;
        assert_eq!(reply.expect(200).json()["holdout"]["share"], 0.3);

        let mut held_out = 0;
        for number in 0..150 {
            let enrolled = enrolled(app, &format!("v_{number}")).await;
            assert_eq!(enrolled["one"], enrolled["two"], "v_{number}");
            held_out += i64::from(enrolled["one"] == false);
        }

        assert!((25..65).contains(&held_out), "{held_out} of 150 were held out, expected about 45");
        assert_eq!(app.results_of("one").await["progress"]["planned_visitors"], Value::Null);
        let results = app.results_of("two").await;
        let exposed: i64 = ["A", "B"].iter().map(|key| results["results"][key]["exposures"].as_i64().unwrap()).sum();
        assert_eq!(exposed, 150 - held_out);
    }

    async fn a_winner_is_shown_to_everybody_and_nothing_more_is_counted(app: TestApp = Setup::new().tests(&tests_json(&[
        ("one", json!({})),
    ]))) {
        let visitors = [app.visitor(), app.visitor(), app.visitor(), app.visitor()];
        for visitor in &visitors {
            let _ = visitor.dashboard().await;
        }

        patch(app, "one", &json!({ "revision": 0, "winner": "B" })).await;

        for visitor in visitors.iter().chain([&app.visitor()]) {
            let view = visitor.dashboard().await;
            assert_eq!(view.variant("one"), "B");
            assert_eq!(view.json()["enrolled"]["one"], false);
            assert_eq!(click(visitor, "one").await["counted"], false);
        }
        let results = app.results_of("one").await;
        assert_eq!(results["status"], "stopped");
        assert_eq!(results["health"]["stopped_events"], 5);
        let exposed: i64 = ["A", "B"].iter().map(|key| results["results"][key]["exposures"].as_i64().unwrap()).sum();
        assert_eq!(exposed, 4);
        let context = json!({ "context": { "targetingKey": "v_flag" } });
        let flag = app.visitor().post("/ofrep/v1/evaluate/flags/one", &context).await.expect(200).json();
        assert_eq!((&flag["variant"], &flag["reason"]), (&json!("B"), &json!("STATIC")));

        patch(app, "one", &json!({ "revision": 1, "winner": null })).await;
        assert_eq!(app.visitor().dashboard().await.json()["enrolled"]["one"], true);
    }

    async fn an_archived_experiment_is_out_of_sight_and_keeps_its_results(app: TestApp = Setup::new().tests(&tests_json(&[
        ("one", json!({})), ("two", json!({})),
    ]))) {
        let visitor = app.visitor();
        let _ = visitor.dashboard().await;
        patch(app, "one", &json!({ "revision": 0, "status": "archived" })).await;

        assert!(visitor.dashboard().await.json()["variants"].get("one").is_none());
        assert_eq!(click(&visitor, "one").await["counted"], false);
        let context = json!({ "context": { "targetingKey": "v_flag" } });
        let _ = visitor.post("/ofrep/v1/evaluate/flags/one", &context).await.expect(404);
        assert_eq!(app.results().await["experiments"].as_array().unwrap().len(), 1);
        let all = app.admin().await.get("/api/experiments/results?archived=true").await.expect(200).json();
        assert_eq!((&all["experiments"][0]["test_id"], &all["experiments"][0]["status"]), (&json!("one"), &json!("archived")));
        let _ = app.admin().await.get("/api/experiments/results?archived=maybe").await.expect(400);
    }

    async fn a_signed_link_shows_a_variant_and_counts_nowhere(app: TestApp = Setup::new().tests(&tests_json(&[
        ("one", json!({ "status": "draft", "metrics": [{ "event": "click", "kind": "count", "direction": "increase" }] })),
    ]))) {
        let url = qa_link(app, &json!({ "variant": "B", "path": "/pricing", "hours": 2 })).await;
        let tester = app.visitor();

        let followed = tester.get(&url).await.expect(303);
        assert_eq!(followed.header("location"), Some("/pricing"));
        let view = tester.dashboard().await;

        assert_eq!(view.variant("one"), "B");
        assert_eq!(view.json()["exposed"], json!([]));
        let event = click(&tester, "one").await;
        assert_eq!((&event["counted"], &event["variant"]), (&json!(false), &json!("B")));
        assert_eq!(event["warnings"][0]["code"], "qa");
        assert!(app.visitor().dashboard().await.json()["variants"].get("one").is_none(), "a draft for others");
        let stored = app.stored().await;
        assert_eq!((stored.exposures, stored.events), (0, 1));
        let results = app.results_of("one").await;
        assert_eq!(results["health"]["unknown_events"], 0);
        let report = recount(&app.db, app.tests_file(), RecountMode::Check, &|_| {}).await.unwrap();
        assert!(report.is_equal(), "{report:?}");

        app.clock.advance_seconds(2 * HOUR);
        assert!(tester.dashboard().await.json()["variants"].get("one").is_none(), "the link has expired");
        let _ = tester.get(&url).await.expect(410);
    }

    async fn a_signed_link_wins_over_the_cookie_until_it_is_switched_off(app: TestApp = Setup::new().tests(&tests_json(&[
        ("one", json!({})),
    ]))) {
        let tester = app.visitor();
        let drawn = tester.dashboard().await.variant("one");
        let other = if drawn == "A" { "B" } else { "A" };
        let _ = tester.get(&qa_link(app, &json!({ "variant": other })).await).await.expect(303);
        assert_eq!(tester.dashboard().await.variant("one"), other);
        assert_eq!(tester.dashboard().await.json()["enrolled"]["one"], false);

        let _ = tester.get("/qa/off").await.expect(303);

        assert_eq!(tester.dashboard().await.variant("one"), drawn);
        assert_eq!(app.results_of("one").await["health"]["several_variants"], 0);
    }

    async fn links_that_were_changed_or_lead_elsewhere_are_refused(app: TestApp = Setup::new().tests(&tests_json(&[
        ("one", json!({})),
    ]))) {
        let url = qa_link(app, &json!({ "variant": "B" })).await;
        let forged = url.replacen("~B~", "~A~", 1);
        let _ = app.visitor().get(&forged).await.expect(400);
        let elsewhere = url.replace("to=%2F", "to=%2F%2Fevil.example");
        assert_eq!(app.visitor().get(&elsewhere).await.expect(303).header("location"), Some("/"));
        for body in [json!({ "variant": "Z" }), json!({ "variant": "B", "hours": 0 }), json!({ "variant": "B", "path": "//x" })] {
            let _ = app.admin().await.post("/api/experiments/one/qa-links", &body).await.expect(422);
        }
        let _ = app.admin().await.post("/api/experiments/no/qa-links", &json!({ "variant": "B" })).await.expect(404);
    }
}
