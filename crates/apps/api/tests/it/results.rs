//! The results: their shape, and numbers that were worked out by hand.

use dashly_db::{Sql, sql};
use dashly_experiments::{RecountMode, ResultsScope, recount};
use dashly_kernel::Clock;
use dashly_testkit::{Replica, Setup, TestApp, Visitor, both_databases, tests_json};
use serde_json::{Value, json};

/// Somebody edits the totals by hand.
const TAMPER: Sql = sql!("update experiment_totals set converters = 7");

fn one() -> Value {
    tests_json(&[("one", json!({ "weights": { "A": 3, "B": 1 } }))])
}

/// Visitors who are served `variant`, exposed.
async fn exposed(app: &TestApp, variant: &str, count: usize) -> Vec<Visitor> {
    let mut visitors = Vec::new();
    for _ in 0..count {
        let visitor = app.visitor();
        visitor.set_cookie("ab_one", variant);
        assert_eq!(visitor.dashboard().await.variant("one"), variant);
        visitors.push(visitor);
    }
    visitors
}

/// The results and the history, as a replica gives them to an administrator.
async fn everything(replica: &Replica) -> [Value; 2] {
    let experiments = replica.app().experiments();
    let results = experiments.results(ResultsScope::All).await.unwrap();
    let history = experiments.history("one").await.unwrap();
    [serde_json::to_value(results).unwrap(), serde_json::to_value(&*history).unwrap()]
}

async fn click(visitor: &Visitor) {
    let reply = visitor.event(&json!({ "event": "click", "testId": "one" })).await.expect(200);
    assert_eq!(reply.at("counted"), true);
}

#[track_caller]
fn assert_near(found: &Value, expected: f64) {
    let found = found.as_f64().unwrap();
    assert!((found - expected).abs() < 1e-12, "{found} is not {expected}");
}

both_databases! {
    async fn nothing_counted_yet_is_zero_and_never_an_error(app: TestApp = Setup::new().tests(&one())) {
        let results = app.results().await;
        let none = json!({
            "exposures": 0, "events": 0, "conversion_rate": 0.0, "converters": 0, "unique_conversion_rate": 0.0,
            "unique_conversion_rate_interval": null
        });
        let expected = json!({
            "success": true,
            "generated_at": "2026-11-22T19:00:00.250Z",
            "total_exposures": 0,
            "total_events": 0,
            "experiments": [{
                "test_id": "one", "description": "Does one help?", "target_event": "click", "status": "running",
                "control": "A", "variants": { "A": "old", "B": "new" }, "shares": { "A": 0.75, "B": 0.25 },
                "results": { "A": none, "B": none },
                "timeline": { "grain": "hour", "points": [] },
                "verdict": {
                    "decision": "keep_running", "variant": null, "decided_at": null,
                    "sentence": "Too few conversions to tell the variants apart. Keep running.",
                    "guardrails_harmed": []
                },
                "comparisons": { "B": {
                    "decision": "keep_running", "decided_at": null, "lift": null, "lift_interval": null,
                    "p_value": 1.0, "adjusted_p_value": 1.0, "difference": null, "difference_interval": null,
                    "bayesian": null
                } },
                "sample_ratio": {
                    "status": "ok", "p_value": 1.0, "found_at": null,
                    "observed": { "A": 0, "B": 0 }, "expected": { "A": 0.0, "B": 0.0 }
                },
                "progress": {
                    "visitors_per_day": null, "planned_visitors": null, "needed_visitors": null,
                    "days_to_decision": null
                },
                "compared": {
                    "A": { "exposures": 0, "converters": 0 }, "B": { "exposures": 0, "converters": 0 }
                },
                "practical_margin": 0.01, "conversion_window_seconds": null,
                "metrics": [], "guardrails": [],
                "health": {
                    "false_variants": 0, "early_events": 0, "several_variants": 0, "stopped_events": 0,
                    "late_events": 0, "unknown_events": 0, "bots": 0, "joined_visitors": 0
                }
            }],
            "health": {
                "definitions": {
                    "status": "ok", "file": "tests.json", "loaded_at": "2026-11-22T19:00:00.250Z",
                    "experiments": 1, "problem": null, "warnings": []
                },
                "writer": {
                    "status": "ok", "queued": 0, "queue_capacity": 50_000, "committed_records": 0,
                    "last_commit_at": null, "last_error": null
                },
                "mirror": results["health"]["mirror"]
            }
        });
        assert_eq!(results, expected);
        assert_eq!(results["health"]["mirror"]["status"], "off");
    }

    async fn rates_and_intervals_are_those_of_the_counts(app: TestApp = Setup::new().tests(&one())) {
        let control = exposed(app, "A", 8).await;
        let treatment = exposed(app, "B", 4).await;
        for visitor in &control[..2] {
            click(visitor).await;
        }
        for visitor in treatment.iter().chain(&treatment[..1]) {
            click(visitor).await;
        }

        let results = app.results().await;
        let a = &results["experiments"][0]["results"]["A"];
        assert_eq!((&a["exposures"], &a["events"], &a["converters"]), (&json!(8), &json!(2), &json!(2)));
        assert_near(&a["conversion_rate"], 0.25);
        assert_near(&a["unique_conversion_rate"], 0.25);
        // Wilson's interval at 95 % for 2 of 8, worked out with 40 digits.
        assert_near(&a["unique_conversion_rate_interval"]["low"], 0.071_479_212_752_109_01);
        assert_near(&a["unique_conversion_rate_interval"]["high"], 0.590_724_569_689_831_1);
        let b = &results["experiments"][0]["results"]["B"];
        assert_eq!((&b["exposures"], &b["events"], &b["converters"]), (&json!(4), &json!(5), &json!(4)));
        assert_near(&b["conversion_rate"], 1.25);
        assert_near(&b["unique_conversion_rate"], 1.0);
        assert_eq!((&results["total_exposures"], &results["total_events"]), (&json!(12), &json!(7)));
        let writer = &results["health"]["writer"];
        assert_eq!((&writer["committed_records"], &writer["status"]), (&json!(19), &json!("ok")));
        assert_eq!(writer["last_commit_at"], "2026-11-22T19:00:00.250Z");
    }

    async fn the_timeline_grows_hour_by_hour_and_later_day_by_day(app: TestApp = Setup::new().tests(&one())) {
        let early = exposed(app, "A", 2).await;
        click(&early[0]).await;
        app.clock.set("2026-11-22T19:59:59.999999Z");
        click(&early[0]).await;
        app.clock.set("2026-11-22T20:00:00Z");
        exposed(app, "B", 1).await;
        app.clock.set("2026-11-22T23:30:00Z");
        click(&early[1]).await;

        let counts = |exposures, events, converters| {
            json!({ "exposures": exposures, "events": events, "converters": converters })
        };
        let timeline = app.results_of("one").await["timeline"].clone();
        let points = json!([
            { "at": "2026-11-22T19:00:00.000Z", "variants": { "A": counts(2, 2, 1), "B": counts(0, 0, 0) } },
            { "at": "2026-11-22T20:00:00.000Z", "variants": { "A": counts(2, 2, 1), "B": counts(1, 0, 0) } },
            { "at": "2026-11-22T23:00:00.000Z", "variants": { "A": counts(2, 3, 2), "B": counts(1, 0, 0) } },
        ]);
        assert_eq!(timeline, json!({ "grain": "hour", "points": points }));

        app.clock.set("2026-11-25T19:00:00Z");
        click(&early[1]).await;

        let timeline = app.results_of("one").await["timeline"].clone();
        let points = json!([
            { "at": "2026-11-22T00:00:00.000Z", "variants": { "A": counts(2, 3, 2), "B": counts(1, 0, 0) } },
            { "at": "2026-11-25T00:00:00.000Z", "variants": { "A": counts(2, 4, 2), "B": counts(1, 0, 0) } },
        ]);
        assert_eq!(timeline, json!({ "grain": "day", "points": points }));
    }

    async fn a_server_that_was_restarted_gives_the_same_results(app: TestApp = Setup::new().tests(&one())) {
        for visitor in exposed(app, "B", 3).await {
            click(&visitor).await;
        }
        let before = app.results().await;
        let replica = app.replica(2).await;
        let there = serde_json::to_value(replica.app().experiments().results(ResultsScope::WithoutArchived).await.unwrap()).unwrap();
        assert_eq!(there["experiments"], before["experiments"]);
        assert_eq!(there["total_events"], 3);
        assert_eq!(there["health"]["writer"]["committed_records"], 0);
        replica.end().await;
    }

    async fn a_replica_that_looked_before_sees_what_another_one_stored(app: TestApp = Setup::new().tests(&one())) {
        let (visitor, replica) = (exposed(app, "B", 1).await.remove(0), app.replica(2).await);
        let _ = everything(&replica).await;

        click(&visitor).await;

        let [results, history] = everything(&replica).await;
        let unique = |path: &str| results.pointer(path).unwrap().as_i64();
        assert_eq!(unique("/experiments/0/results/B/converters"), Some(1));
        let [point] = history["points"].as_array().unwrap().as_slice() else { panic!("{history}") };
        // By drawn label, which the cookie did not choose.
        let converters = |label: &str| point["variants"][label]["converters"].as_i64().unwrap();
        assert_eq!(converters("A") + converters("B"), 1);
        replica.end().await;
    }

    async fn a_recount_is_seen_at_the_next_look(app: TestApp = Setup::new().tests(&one())) {
        let visitor = exposed(app, "B", 1).await.remove(0);
        click(&visitor).await;
        app.db.execute(TAMPER.query()).await.unwrap();
        let replica = app.replica(2).await;
        let [tampered, _] = everything(&replica).await;
        assert_eq!(tampered["experiments"][0]["results"]["B"]["converters"], 7);

        let mode = RecountMode::Replace { at: app.clock.now() };
        recount(&app.db, app.tests_file(), mode, &|_| {}).await.unwrap();

        let [recounted, _] = everything(&replica).await;
        assert_eq!(recounted["experiments"][0]["results"]["B"]["converters"], 1);
        replica.end().await;
    }

    async fn a_clock_that_steps_back_loses_nothing(app: TestApp = Setup::new().tests(&one())) {
        let visitors = exposed(app, "A", 2).await;
        app.clock.advance_seconds(-7_200);
        // The order of arrival is the order of truth: this event came after the exposure.
        click(&visitors[0]).await;
        exposed(app, "A", 1).await;
        let results = app.results_of("one").await;
        assert_eq!(results["results"]["A"]["exposures"], 3);
        assert_eq!(results["results"]["A"]["converters"], 1);
        let points = results["timeline"]["points"].as_array().unwrap();
        assert_eq!(
            points.last().unwrap()["variants"]["A"],
            json!({ "exposures": 3, "events": 1, "converters": 1 })
        );
    }
}
