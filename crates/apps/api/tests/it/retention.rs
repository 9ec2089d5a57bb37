//! What is too old goes when nothing needs it any more, and every result stays what it was.

use crate::rows::{events, exposures};
use dashly_db::{Sql, sql};
use dashly_experiments::{ExpiredRecords, RecountMode, RetentionDays, find_expired, recount, remove_expired};
use dashly_kernel::{Clock, Role};
use dashly_testkit::{Setup, TestApp, Visitor, both_databases, eventually, tests_json};
use http::Method;
use serde_json::{Value, json};
use std::num::NonZeroU16;
use std::time::Duration;

const DAYS: RetentionDays = RetentionDays(NonZeroU16::new(90).unwrap());
const DAY: i64 = 86_400;
/// What every writer takes on PostgreSQL, and a recount.
const INGEST_LOCK_KEY: i64 = 0x6461_7368_6c79_696e;

/// Two experiments, of which `old` has this status.
fn tests(status: &str) -> Value {
    let metric = json!({ "event": "buy", "kind": "value", "direction": "increase", "cap": 1_000 });
    tests_json(&[("old", json!({ "status": status, "metrics": [metric] })), ("current", json!({}))])
}

/// Two exposures, two conversions with an amount, and two events for no experiment.
async fn live(app: &TestApp, visitor: &Visitor) {
    let _ = visitor.dashboard().await.expect(200);
    for event in [
        json!({ "event": "click", "testId": "old" }),
        json!({ "event": "buy", "testId": "old", "value": 12.5 }),
        json!({ "event": "hover", "testId": "old" }),
        json!({ "event": "click", "testId": "current" }),
        json!({ "event": "scrolled" }),
        json!({ "event": "scrolled" }),
    ] {
        app.clock.advance_seconds(61);
        let _ = visitor.event(&event).await.expect(200);
    }
}

/// Three visitors, one of whom signs in, then `old` is archived and a hundred days pass.
async fn grow_old(app: &TestApp) {
    let _ = app.signed_in("Grace", Role::User).await;
    for signs_in in [true, false, false] {
        let visitor = app.visitor();
        live(app, &visitor).await;
        if signs_in {
            app.sign_in(&visitor, "Grace").await;
        }
    }
    app.edit_tests(&tests("archived"));
    assert_eq!(remove(app).await, ExpiredRecords::default(), "from now on it counts as archived");
    app.clock.advance_seconds(100 * DAY);
}

async fn remove(app: &TestApp) -> ExpiredRecords {
    remove_expired(&app.db, app.tests_file(), DAYS, Clock::now(&*app.clock)).await.unwrap()
}

async fn find(app: &TestApp) -> ExpiredRecords {
    find_expired(&app.db, app.tests_file(), DAYS, Clock::now(&*app.clock)).await.unwrap()
}

/// Everything that is shown of both experiments, without the moment.
async fn shown(app: &TestApp) -> Value {
    let mut results = app.results().await;
    results["generated_at"] = Value::Null;
    results["health"] = Value::Null;
    let mut one = app.admin().await.get("/api/experiments/old/results").await.expect(200).json();
    one["generated_at"] = Value::Null;
    json!([results, one])
}

async fn assert_recount_is_equal(app: &TestApp) {
    let report = recount(&app.db, app.tests_file(), RecountMode::Check, &|_| {}).await.unwrap();
    assert!(report.is_equal(), "{report:?}");
}

async fn patch(app: &TestApp, body: &Value) -> dashly_testkit::Reply {
    app.admin().await.call(Method::PATCH, "/api/experiments/old/settings").json(body).send().await
}

both_databases! {
    async fn records_that_nothing_needs_go_and_results_stay(app: TestApp = Setup::new().tests(&tests("running"))) {
        const COUNT_REST: Sql = sql!(
            "select (select count(*) from experiment_metric_amounts)
                    + (select count(*) from experiment_visitor_joins where test_id = 'old')"
        );
        grow_old(app).await;
        let fresh = app.visitor();
        let _ = fresh.dashboard().await.expect(200);
        let _ = fresh.event(&json!({ "event": "scrolled" })).await.expect(200);
        let before = shown(app).await;
        assert!(app.number(COUNT_REST.query()).await > 0);
        let expected = ExpiredRecords { retired: vec!["old".to_owned()], exposures: 3, events: 15 };
        assert_eq!(find(app).await, expected);
        assert_eq!(shown(app).await, before, "a look changes nothing");

        assert_eq!(remove(app).await, expected);

        assert_eq!(shown(app).await, before);
        let kept: Vec<String> = exposures(app).await.into_iter().map(|row| row.test_id).collect();
        assert_eq!(kept, vec!["current"; 4]);
        let kept: Vec<Option<String>> = events(app).await.into_iter().map(|row| row.test_id).collect();
        let current = Some("current".to_owned());
        assert_eq!(kept, [current.clone(), current.clone(), current, None]);
        assert_eq!(app.number(COUNT_REST.query()).await, 0);
        assert_recount_is_equal(app).await;
        assert_eq!((find(app).await, remove(app).await), Default::default());
        let log = app.admin().await.get("/api/experiments/changes").await.expect(200).json();
        let lines: Vec<_> = log["changes"].as_array().unwrap().iter()
            .map(|line| json!([line["by"], line["test_id"], line["action"], line["after"]])).collect();
        assert_eq!(lines, [
            json!(["retention", null, "remove_records", { "exposures": 3, "events": 15 }]),
            json!(["retention", "old", "retire", {}]),
        ]);
    }

    async fn a_replacing_recount_leaves_a_retired_experiment_alone(app: TestApp = Setup::new().tests(&tests("running"))) {
        grow_old(app).await;
        let before = shown(app).await;
        let _ = remove(app).await;
        // A click of somebody whose exposure is gone, and one of the other experiment.
        let late = app.visitor();
        live(app, &late).await;
        assert_recount_is_equal(app).await;

        let mode = RecountMode::Replace { at: Clock::now(&*app.clock) };
        let report = recount(&app.db, app.tests_file(), mode, &|_| {}).await.unwrap();

        assert!(report.is_equal(), "{report:?}");
        assert_eq!(shown(app).await[1]["experiment"]["results"], before[1]["experiment"]["results"]);
        // What came late for it goes when it is too old as well.
        app.clock.advance_seconds(91 * DAY);
        assert_eq!(remove(app).await, ExpiredRecords { retired: Vec::new(), exposures: 0, events: 5 });
        assert_recount_is_equal(app).await;
    }

    async fn a_retired_experiment_stays_archived(app: TestApp = Setup::new().tests(&tests("running"))) {
        grow_old(app).await;
        let _ = remove(app).await;
        // As within a second by itself.
        app.server().app().experiments().look_at_changes().await.unwrap();
        let lives = app.admin().await.get("/api/experiments/settings").await.expect(200).json();
        let old = &lives["experiments"][0];
        assert_eq!((&old["phase"], &old["revision"]), (&json!("archived"), &json!(1)));
        assert!(old["retired_at"].as_str().unwrap().starts_with("2027-03-02"), "{old}");
        assert_eq!(lives["experiments"][1]["retired_at"], Value::Null);

        let refused = patch(app, &json!({ "revision": 1, "status": "running" })).await.expect(409).json();
        let _ = patch(app, &json!({ "revision": 1, "traffic": 0.5 })).await.expect(409);

        assert!(refused["type"].as_str().unwrap().ends_with("experiment-retired"), "{refused}");
        assert!(refused["detail"].as_str().unwrap().contains("2027-03-02"), "{refused}");
        app.edit_tests(&tests("running"));
        assert!(app.visitor().dashboard().await.json()["variants"].get("old").is_none());
        let health = app.server().app().experiments().health();
        let warnings: Vec<_> = health.definitions.warnings.iter().map(|warning| warning.detail.as_str()).collect();
        assert!(warnings.iter().any(|text| text.contains("stays archived") && text.contains("`old`")), "{warnings:?}");
        assert_eq!(exposures(app).await.iter().filter(|row| row.test_id == "old").count(), 0);
    }

    async fn what_is_not_over_or_not_old_enough_stays(app: TestApp = Setup::new().tests(&tests("running"))) {
        live(app, &app.visitor()).await;
        app.edit_tests(&tests("stopped"));
        app.clock.advance_seconds(89 * DAY);
        assert_eq!(remove(app).await, ExpiredRecords::default());
        app.clock.advance_seconds(2 * DAY);
        // Events for no experiment only: the other one runs, and this one may run again.
        assert_eq!(remove(app).await, ExpiredRecords { retired: Vec::new(), exposures: 0, events: 2 });
        // Archived by an edit a moment ago: somebody may think better of it.
        app.edit_tests(&tests("archived"));
        assert_eq!(remove(app).await, ExpiredRecords::default());
        app.clock.advance_seconds(60 * DAY);
        app.edit_tests(&tests("stopped"));
        assert_eq!(remove(app).await, ExpiredRecords::default());
        app.edit_tests(&tests("archived"));
        app.clock.advance_seconds(60 * DAY);
        assert_eq!(remove(app).await, ExpiredRecords::default());
        app.clock.advance_seconds(89 * DAY);
        assert_eq!(remove(app).await, ExpiredRecords::default());
        app.clock.advance_seconds(2 * DAY);
        assert_eq!(find(app).await.retired, ["old"]);
        assert_eq!(remove(app).await.retired, ["old"]);
        assert_recount_is_equal(app).await;
    }

    async fn two_who_remove_at_once_count_every_row_once(app: TestApp = Setup::new().tests(&tests("running"))) {
        grow_old(app).await;
        let (one, other) = tokio::join!(remove(app), remove(app));
        assert_eq!((one.exposures + other.exposures, one.events + other.events), (3, 15));
        assert_eq!(one.retired.len() + other.retired.len(), 1);
        assert_recount_is_equal(app).await;
    }

    async fn what_is_retired_waits_for_who_counts(app: TestApp = Setup::new().tests(&tests("running"))) {
        const TAKE_LOCK: Sql = sql! {
            postgres: "select 1 from pg_advisory_xact_lock($1)",
            sqlite: "select $1",
        };
        grow_old(app).await;
        let mut counting = app.db.begin().await.unwrap();
        let _ = counting.fetch_all(TAKE_LOCK.query().bind(INGEST_LOCK_KEY)).await.unwrap();
        let mut removing = Box::pin(remove(app));
        let early = tokio::time::timeout(Duration::from_millis(300), &mut removing).await;
        assert!(early.is_err(), "it was retired while somebody counts: {early:?}");
        counting.commit().await.unwrap();
        assert_eq!(removing.await.retired, ["old"]);
    }

    async fn the_server_removes_by_itself_and_the_mirror_follows(
        app: TestApp = Setup::new().tests(&tests("running")).mirror().setting("LOG_RETENTION_DAYS", "30")
            .setting("EVENT_RETENTION_DAYS", "90")
    ) {
        grow_old(app).await;
        let rows = |name: &str| {
            let text = std::fs::read(app.mirror_folder().join(name)).ok()?;
            serde_json::from_slice::<Value>(&text).ok()?.as_array().map(Vec::len)
        };
        // What is kept for longer than it is shown.
        live(app, &app.visitor()).await;
        eventually("the mirror shows the last month", async || {
            (rows("exposures.json") == Some(1) && rows("events.json") == Some(6)).then_some(())
        })
        .await;
        // Another server looks at once when it starts.
        let replica = app.replica(2).await;
        eventually("records are removed", async || {
            (exposures(app).await.len() == 4 && events(app).await.len() == 9).then_some(())
        })
        .await;
        eventually("the mirror shows the same as before", async || {
            (rows("exposures.json") == Some(1) && rows("events.json") == Some(6)).then_some(())
        })
        .await;
        assert_recount_is_equal(app).await;
        replica.end().await;
    }
}
