//! Starting, stopping, ramping and giving up an experiment from the page, and the log of all that.

use dashly_experiments::export;
use dashly_kernel::{Clock, Role};
use dashly_testkit::{Reply, Setup, TestApp, both_databases, eventually, tests_json};
use http::Method;
use serde_json::{Value, json};

fn two() -> Value {
    tests_json(&[
        ("one", json!({ "_note": "kept", "variants": { "small": 20, "large": 42.0 }, "traffic": 0.5 })),
        ("two", json!({})),
    ])
}

async fn patch(app: &TestApp, test_id: &str, body: &Value) -> Reply {
    let path = format!("/api/experiments/{test_id}/settings");
    app.admin().await.call(Method::PATCH, &path).json(body).send().await
}

async fn life(app: &TestApp, test_id: &str) -> Value {
    let lives = app.admin().await.get("/api/experiments/settings").await.expect(200).json();
    let found = lives["experiments"].as_array().unwrap().iter().find(|one| one["test_id"] == test_id);
    found.unwrap().clone()
}

async fn changes(app: &TestApp, query: &str) -> Value {
    app.admin().await.get(&format!("/api/experiments/changes{query}")).await.expect(200).json()
}

both_databases! {
    async fn what_is_changed_on_the_page_wins_over_the_file_until_it_is_reset(
        app: TestApp = Setup::new().tests(&two())
    ) {
        let stopped = patch(app, "two", &json!({ "revision": 0, "status": "stopped", "reason": " too slow " })).await;
        let experiment = stopped.expect(200).json()["experiment"].clone();
        assert_eq!((&experiment["phase"], &experiment["revision"]), (&json!("stopped"), &json!(1)));
        assert_eq!(experiment["changed"], json!(["status"]));
        assert_eq!(experiment["declared"]["status"], "running");
        assert_eq!(experiment["changed_by"], "Ada");
        assert!(app.visitor().dashboard().await.json()["variants"].get("two").is_none());
        // An edit of the file elsewhere changes nothing about that.
        app.edit_tests(&tests_json(&[("one", json!({})), ("two", json!({ "description": "New words" }))]));
        assert_eq!(life(app, "two").await["phase"], "stopped");

        let path = "/api/experiments/two/settings";
        let reset = app.admin().await.call(Method::DELETE, path).json(&json!({ "revision": 1 })).send().await;

        assert_eq!(reset.expect(200).json()["experiment"]["changed"], json!([]));
        assert!(app.visitor().dashboard().await.json()["variants"].get("two").is_some());
        let log = changes(app, "?test_id=two").await;
        let actions: Vec<&Value> = log["changes"].as_array().unwrap().iter().map(|line| &line["action"]).collect();
        assert_eq!(actions, ["reset", "stop"]);
        let first = &log["changes"][1];
        assert_eq!((&first["by"], &first["reason"]), (&json!("Ada"), &json!("too slow")));
        assert_eq!((&first["before"], &first["after"]), (&json!({ "status": "running" }), &json!({ "status": "stopped" })));
    }

    async fn a_change_of_something_that_was_changed_meanwhile_is_refused(app: TestApp = Setup::new().tests(&two())) {
        let _ = patch(app, "one", &json!({ "revision": 0, "traffic": 0.7 })).await.expect(200);
        let late = patch(app, "one", &json!({ "revision": 0, "traffic": 0.2 })).await;
        assert!(late.expect(409).json()["type"].as_str().unwrap().ends_with("settings-changed"));
        assert_eq!(life(app, "one").await["effective"]["traffic"], 0.7);
        assert_eq!(changes(app, "").await["changes"].as_array().unwrap().len(), 1);
    }

    async fn values_that_do_not_fit_are_refused_with_their_field(app: TestApp = Setup::new().tests(&tests_json(&[
        ("one", json!({ "layer": "page", "layer_share": 0.4, "traffic": 0.1 })),
    ]))) {
        for (body, pointer) in [
            (json!({ "revision": 0, "status": "paused" }), "/status"),
            (json!({ "revision": 0, "traffic": 1.5 }), "/traffic"),
            (json!({ "revision": 0, "traffic": 0.5 }), "/traffic"),
            (json!({ "revision": 0, "winner": "C" }), "/winner"),
            (json!({ "revision": 0, "traffic": 0.2, "reason": "\u{0}" }), "/reason"),
        ] {
            let refused = patch(app, "one", &body).await.expect(422).json();
            assert_eq!(refused["errors"][0]["pointer"], pointer, "{body}");
        }
        let _ = patch(app, "one", &json!({ "revision": 0, "weights": {} })).await.expect(400);
        let _ = patch(app, "nope", &json!({ "revision": 0, "status": "stopped" })).await.expect(404);
        assert_eq!(life(app, "one").await["most_traffic"], 0.4);
        assert_eq!(changes(app, "").await["changes"], json!([]));
    }

    async fn only_administrators_see_and_change_it(app: TestApp = Setup::new().tests(&two())) {
        let user = app.signed_in("Joan", Role::User).await;
        let body = json!({ "revision": 0, "status": "stopped" });
        for (method, path) in [
            (Method::GET, "/api/experiments/settings"),
            (Method::GET, "/api/experiments/changes"),
            (Method::PATCH, "/api/experiments/one/settings"),
            (Method::DELETE, "/api/experiments/one/settings"),
            (Method::PATCH, "/api/experiments/holdout"),
            (Method::POST, "/api/experiments/one/qa-links"),
        ] {
            let _ = app.visitor().call(method.clone(), path).json(&body).send().await.expect(401);
            let _ = user.call(method, path).json(&body).send().await.expect(403);
        }
    }

    async fn a_replica_follows(app: TestApp = Setup::new().tests(&two())) {
        let replica = app.replica(2).await;
        let _ = patch(app, "two", &json!({ "revision": 0, "status": "stopped" })).await.expect(200);
        eventually("the replica stops it too", async || {
            let view = replica.visitor().dashboard().await.json();
            view["variants"].get("two").is_none().then_some(())
        })
        .await;
        // One that starts later knows it from the beginning.
        let later = app.replica(3).await;
        assert!(later.visitor().dashboard().await.json()["variants"].get("two").is_none());
        later.end().await;
        replica.end().await;
    }

    async fn the_log_comes_in_pages(app: TestApp = Setup::new().tests(&two())) {
        for revision in 0..5 {
            let traffic = 0.1 * f64::from(revision + 1);
            let _ = patch(app, "two", &json!({ "revision": revision, "traffic": traffic })).await.expect(200);
        }
        let newest = changes(app, "?limit=3").await;
        let next = newest["next_before"].as_i64().unwrap();
        let oldest = changes(app, &format!("?limit=3&before={next}")).await;
        assert_eq!(newest["changes"].as_array().unwrap().len(), 3);
        assert_eq!(oldest["changes"].as_array().unwrap().len(), 2);
        assert_eq!(oldest["next_before"], Value::Null);
        assert_eq!(newest["changes"][0]["action"], "ramp");
        let _ = app.admin().await.get("/api/experiments/changes?limit=0").await.expect(400);
    }

    async fn what_no_longer_fits_the_file_is_said_and_the_file_holds(app: TestApp = Setup::new().tests(&two())) {
        let _ = patch(app, "two", &json!({ "revision": 0, "winner": "B" })).await.expect(200);
        app.edit_tests(&tests_json(&[("one", json!({})), ("two", json!({ "variants": { "A": "a", "C": "c" } }))]));
        assert_eq!(life(app, "two").await["effective"]["winner"], Value::Null);
        let health = app.results().await["health"]["definitions"].clone();
        let warning = &health["warnings"][0];
        assert_eq!(warning["pointer"], "/experiments/1/winner");
        assert!(warning["detail"].as_str().unwrap().contains("so the file holds"), "{warning}");
    }

    async fn an_export_writes_what_was_changed_into_the_file_and_nothing_changes_by_that(
        app: TestApp = Setup::new().tests(&two())
    ) {
        let _ = patch(app, "one", &json!({ "revision": 0, "traffic": 0.75, "winner": "large" })).await.expect(200);
        let _ = patch(app, "two", &json!({ "revision": 0, "status": "archived" })).await.expect(200);
        let admin = app.admin().await;
        let holdout = json!({ "revision": 0, "share": 0.05 });
        let _ = admin.call(Method::PATCH, "/api/experiments/holdout").json(&holdout).send().await.expect(200);
        let before = life(app, "one").await["effective"].clone();
        let now = Clock::now(&*app.clock);

        let printed = export(&app.db, app.tests_file(), false, now).await.unwrap();
        assert_eq!(printed.changed, ["holdout", "one", "two"]);
        assert_ne!(std::fs::read_to_string(app.tests_file()).unwrap(), printed.text);
        let written = export(&app.db, app.tests_file(), true, now).await.unwrap();

        assert_eq!(written, printed);
        assert_eq!(std::fs::read_to_string(app.tests_file()).unwrap(), printed.text);
        assert!(printed.text.contains("\"_note\": \"kept\"") && printed.text.contains("42.0"), "{}", printed.text);
        app.server().look_at_tests();
        app.server().app().experiments().look_at_changes().await.unwrap();
        let after = life(app, "one").await;
        assert_eq!((&after["effective"], &after["declared"]), (&before, &before));
        assert_eq!(after["changed"], json!([]));
        assert_eq!(life(app, "two").await["phase"], "archived");
        let lives = admin.get("/api/experiments/settings").await.expect(200).json();
        assert_eq!(lives["holdout"], json!({ "share": 0.05, "declared_share": 0.05, "revision": 2 }));
        let log = changes(app, "?limit=3").await;
        for line in log["changes"].as_array().unwrap() {
            assert_eq!((&line["action"], &line["by"]), (&json!("export"), &json!("command line")));
        }
        assert_eq!(export(&app.db, app.tests_file(), true, now).await.unwrap().changed, Vec::<String>::new());
    }
}
