//! `tests.json` is edited while the server runs.

use crate::rows;
use dashly_db::{Sql, sql};
use dashly_testkit::{Setup, TestApp, Visitor, both_databases, eventually, tests_json};
use serde_json::{Value, json};

fn one(fields: &Value) -> Value {
    tests_json(&[("one", fields.clone())])
}

/// Which experiments the dashboard shows.
async fn shown(visitor: &Visitor) -> Vec<String> {
    visitor.dashboard().await.at("variants").as_object().unwrap().keys().cloned().collect()
}

both_databases! {
    async fn a_bad_edit_keeps_the_last_good_version_and_shows_in_the_health(
        app: TestApp = Setup::new().tests(&one(&json!({})))
    ) {
        let visitor = app.visitor();
        let variant = visitor.dashboard().await.variant("one");
        for (text, named) in [
            ("{", "not valid JSON"),
            ("", "not valid JSON"),
            ("[]", "expected an object"),
            ("{\"experiments\":{}}", "expected a list"),
            (&one(&json!({ "weights": { "A": -1, "B": 1 } })).to_string(), "weights"),
            (&one(&json!({ "variants": { "A": "only" } })).to_string(), "variants"),
            (&one(&json!({ "target_event": "" })).to_string(), "target_event"),
            (&one(&json!({ "control": "Z" })).to_string(), "control"),
            (&one(&json!({ "test_id": "sp ace" })).to_string(), "test_id"),
            (&tests_json(&[("twin", json!({})), ("twin", json!({}))]).to_string(), "earlier entry"),
        ] {
            app.edit_tests_text(text);

            assert_eq!(visitor.dashboard().await.variant("one"), variant, "{text}");
            let health = visitor.get("/api/health").await.expect(200).json();
            assert_eq!(
                (&health["success"], &health["definitions"]["status"]),
                (&json!(true), &json!("error"))
            );
            let results = app.results().await;
            let definitions = &results["health"]["definitions"];
            assert_eq!(
                (&definitions["experiments"], &definitions["file"]),
                (&json!(1), &json!("tests.json"))
            );
            assert_eq!(health["definitions"]["problem"], definitions["problem"]);
            let detail = definitions["problem"]["errors"][0]["detail"].as_str().unwrap();
            assert!(detail.contains(named), "{text} is refused with: {detail}");
            let ready = visitor.get("/health/ready").await.expect(200).json();
            assert_eq!(ready["components"]["experiment_definitions"]["status"], "degraded");
        }
        app.edit_tests(&one(&json!({})));
        let health = visitor.get("/api/health").await.expect(200).json();
        assert_eq!(health["definitions"]["status"], "ok");
        assert_eq!(health["definitions"]["problem"], Value::Null);
    }

    async fn variants_may_be_values_instead_of_labels(
        app: TestApp = Setup::new().tests(&one(&json!({ "variants": { "A": 1.5, "B": 2 } })))
    ) {
        let config = app.visitor().get("/api/experiments/config").await.expect(200).json();
        assert_eq!(config["experiments"][0]["variants"], json!({ "A": 1.5, "B": 2.0 }));
        assert_eq!(app.results().await["experiments"][0]["variants"], json!({ "A": "1.5", "B": "2" }));
    }

    async fn a_view_that_dashly_does_not_have_is_a_warning(
        app: TestApp = Setup::new().tests(&one(&json!({ "views": ["dashboard", "dashbord"] })))
    ) {
        let results = app.results().await;
        let warnings = results["health"]["definitions"]["warnings"].as_array().unwrap();
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert_eq!(warnings[0]["pointer"], "/experiments/0/views");
        let detail = warnings[0]["detail"].as_str().unwrap();
        assert!(detail.contains("`dashbord`") && detail.contains("pricing-view"), "{detail}");
    }

    async fn a_start_with_a_bad_file_has_no_experiments_and_says_so(
        app: TestApp = Setup::new().tests(&json!({ "experiments": 7 }))
    ) {
        let health = app.visitor().get("/api/health").await.expect(200).json();
        let detail = health["definitions"]["problem"]["detail"].as_str().unwrap();
        assert!(detail.starts_with("there are no experiments until the file is good: "), "{detail}");
        app.edit_tests(&one(&json!({})));
        app.edit_tests_text("{");
        let health = app.visitor().get("/api/health").await.expect(200).json();
        let detail = health["definitions"]["problem"]["detail"].as_str().unwrap();
        assert!(detail.starts_with("the last good version stays in use: "), "{detail}");
    }

    async fn every_mistake_of_a_file_is_named(app: TestApp = Setup::new().tests(&one(&json!({})))) {
        app.edit_tests(&tests_json(&[
            ("one", json!({ "status": "paused", "traffic": 2 })),
            ("two", json!({ "start": "tomorrow", "views": "dashboard" })),
            (
                "three",
                json!({ "practical_margin": 0, "conversion_window": "1 week", "planned_visitors": 0.5, "track": 1 })
            ),
            ("four", json!({ "variants": { "A": true, "B": "on" } })),
        ]));
        let results = app.results().await;
        let errors = results["health"]["definitions"]["problem"]["errors"].as_array().unwrap().clone();
        let pointers: Vec<&str> = errors.iter().map(|error| error["pointer"].as_str().unwrap()).collect();
        assert_eq!(
            pointers,
            [
                "/experiments/0/status",
                "/experiments/0/traffic",
                "/experiments/1/start",
                "/experiments/1/views",
                "/experiments/2/practical_margin",
                "/experiments/2/conversion_window",
                "/experiments/2/planned_visitors",
                "/experiments/2/track",
                "/experiments/3/variants"
            ]
        );
        assert!(
            errors.iter().all(|error| error["detail"].as_str().unwrap().starts_with("experiment `")),
            "{errors:?}"
        );
    }

    async fn a_new_experiment_needs_no_restart(app: TestApp = Setup::new().tests(&one(&json!({})))) {
        let visitor = app.visitor();
        let variant = visitor.dashboard().await.variant("one");

        app.edit_tests(&tests_json(&[("one", json!({})), ("two", json!({}))]));

        let reply = visitor.dashboard().await;
        assert_eq!(reply.exposed(), ["one", "two"]);
        assert_eq!(reply.variant("one"), variant);
        assert_eq!(reply.set_cookies().len(), 1);
        let event = visitor.event(&json!({ "event": "click", "testId": "two" })).await.expect(200);
        assert_eq!(event.at("counted"), true);
    }

    async fn an_edit_is_found_without_being_told(app: TestApp = Setup::new().tests(&one(&json!({})))) {
        let visitor = app.visitor();
        let text = tests_json(&[("two", json!({}))]).to_string();
        // In place, in two halves: a reader in between sees half a file, and keeps the last good version.
        let (first, second) = text.split_at(text.len() / 2);
        std::fs::write(app.tests_file(), first).unwrap();
        assert_eq!(shown(&visitor).await, ["one"]);
        std::fs::write(app.tests_file(), format!("{first}{second}")).unwrap();
        eventually("the edit to be found", async || (shown(&visitor).await == ["two"]).then_some(())).await;
    }

    async fn a_file_that_is_gone_changes_nothing(app: TestApp = Setup::new().tests(&one(&json!({})))) {
        let visitor = app.visitor();
        std::fs::remove_file(app.tests_file()).unwrap();
        app.server().look_at_tests();
        assert_eq!(shown(&visitor).await, ["one"]);
        assert_eq!(app.results().await["health"]["definitions"]["status"], "error");
        app.edit_tests(&one(&json!({})));
        assert_eq!(app.results().await["health"]["definitions"]["status"], "ok");
    }

    async fn new_weights_open_an_epoch_and_move_nobody(app: TestApp = Setup::new().tests(&one(&json!({})))) {
        const EPOCHS: Sql =
            sql!("select shares, epoch from experiment_epochs where test_id = $1 order by opened_at");
        let early: Vec<Visitor> = (0..20).map(|_| app.visitor()).collect();
        let mut variants = Vec::new();
        for visitor in &early {
            variants.push(visitor.dashboard().await.variant("one"));
        }
        app.clock.advance_seconds(60);

        app.edit_tests(&one(&json!({ "weights": { "A": 0, "B": 1 } })));

        for (visitor, variant) in early.iter().zip(&variants) {
            assert_eq!(visitor.dashboard().await.variant("one"), *variant);
        }
        for _ in 0..20 {
            assert_eq!(app.visitor().dashboard().await.variant("one"), "B");
        }
        assert!(variants.contains(&"A".to_owned()) && variants.contains(&"B".to_owned()));
        let epochs = app.db.fetch_all(EPOCHS.query().bind("one")).await.unwrap();
        let shares: Vec<Value> =
            epochs.iter().map(|row| serde_json::from_str(&row.get::<String>(0).unwrap()).unwrap()).collect();
        assert_eq!(shares, [json!({ "A": 0.5, "B": 0.5 }), json!({ "A": 0.0, "B": 1.0 })]);
        let rows = rows::exposures(app).await;
        assert_eq!(rows.len(), 40);
        let first: String = epochs[0].get(1).unwrap();
        let second: String = epochs[1].get(1).unwrap();
        assert!(rows[..20].iter().all(|row| row.epoch == first));
        assert!(rows[20..].iter().all(|row| row.epoch == second && row.drawn_variant == "B"));
        // Back to the first design: the same epoch again, no third row.
        app.edit_tests(&one(&json!({ "weights": { "A": 7, "B": 7 }, "description": "in other words" })));
        app.visitor().dashboard().await;
        let epochs = app.db.fetch_all(EPOCHS.query().bind("one")).await.unwrap();
        // Equal shares in other units are another fingerprint only if the drawing could differ.
        assert!(epochs.len() <= 3);
    }

    async fn another_salt_draws_anew_and_keeps_whoever_has_a_cookie(
        app: TestApp = Setup::new().tests(&one(&json!({})))
    ) {
        let visitors: Vec<Visitor> = (0..20).map(|_| app.visitor()).collect();
        let mut before = Vec::new();
        for visitor in &visitors {
            before.push(visitor.dashboard().await.variant("one"));
        }
        app.edit_tests(&one(&json!({ "salt": "another" })));
        let mut moved = 0;
        for (visitor, variant) in visitors.iter().zip(&before) {
            assert_eq!(visitor.dashboard().await.variant("one"), *variant);
            let without_cookie = app.visitor();
            without_cookie.set_cookie("ab_visitor_id", &visitor.id());
            moved += usize::from(without_cookie.dashboard().await.variant("one") != *variant);
        }
        assert!((1..20).contains(&moved), "{moved} of 20 would be drawn another variant");
    }

    async fn stopped_and_draft_experiments_are_not_shown(app: TestApp = Setup::new().tests(&tests_json(&[
        ("live", json!({})), ("draft", json!({ "status": "draft" })), ("over", json!({ "status": "stopped" })),
    ]))) {
        let visitor = app.visitor();
        let reply = visitor.dashboard().await;
        assert_eq!(reply.at("variants").as_object().unwrap().len(), 1);
        assert_eq!(reply.set_cookies().len(), 2);
        let results = app.results().await;
        let statuses: Vec<&str> = results["experiments"]
            .as_array()
            .unwrap()
            .iter()
            .map(|experiment| experiment["status"].as_str().unwrap())
            .collect();
        assert_eq!(statuses, ["running", "draft", "stopped"]);

        app.edit_tests(&tests_json(&[("live", json!({ "status": "stopped" })), ("draft", json!({}))]));

        assert_eq!(shown(&visitor).await, ["draft"]);
        // Its counts stay, and late events are kept apart.
        let late = visitor.event(&json!({ "event": "click", "testId": "live" })).await.expect(200);
        assert_eq!((late.at("counted"), late.warnings()), (json!(false), vec!["stopped".to_owned()]));
        let results = app.results_of("live").await;
        let exposures = |key: &str| results["results"][key]["exposures"].as_i64().unwrap();
        assert_eq!(exposures("A") + exposures("B"), 1);
    }

    async fn start_and_end_follow_the_clock(app: TestApp = Setup::new().tests(&one(
        &json!({ "start": "2026-12-01T00:00:00+01:00", "end": "2026-12-02T00:00:00Z" })
    ))) {
        let visitor = app.visitor();
        for (moment, is_shown) in [
            ("2026-11-30T22:59:59.999Z", false),
            ("2026-11-30T23:00:00Z", true),
            ("2026-12-01T23:59:59.999Z", true),
            ("2026-12-02T00:00:00Z", false),
        ] {
            app.clock.set(moment);
            assert_eq!(!shown(&visitor).await.is_empty(), is_shown, "{moment}");
        }
        assert_eq!(app.stored().await.exposures, 1);
    }

    async fn an_experiment_that_left_the_file_keeps_its_rows(app: TestApp = Setup::new().tests(&one(&json!({})))) {
        let visitor = app.visitor();
        visitor.dashboard().await;
        app.edit_tests(&tests_json(&[("two", json!({}))]));
        let _ = visitor.event(&json!({ "event": "click", "testId": "one" })).await.expect(422);
        let results = app.results().await;
        assert_eq!(
            (&results["total_exposures"], results["experiments"].as_array().unwrap().len()),
            (&json!(1), 1)
        );
        app.edit_tests(&one(&json!({})));
        let results = app.results_of("one").await;
        let exposures = |key: &str| results["results"][key]["exposures"].as_i64().unwrap();
        assert_eq!(exposures("A") + exposures("B"), 1);
    }
}
