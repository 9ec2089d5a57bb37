//! Erasing a visitor: nobody finds the visitor any more, and every count is what it was.

use crate::recount::{Targets, WatchedMetric, kept, recounted};
use crate::rows::{events, exposures};
use dashly_db::{Sql, sql};
use dashly_experiments::{RecountMode, VisitorRecords, erase_visitor, find_visitor, recount};
use dashly_kernel::{Clock, Role};
use dashly_testkit::{SeededIds, Setup, TestApp, Visitor, both_databases, eventually, tests_json};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const TARGETS: Targets<'_> = &[("one", "click", None), ("two", "buy", None)];
const METRICS: &[WatchedMetric] = &[WatchedMetric {
    test_id: "one",
    event: "buy",
    kind: "value",
    cap: 1_000.0,
    window_seconds: 7 * 86_400,
}];

fn setup() -> Setup {
    let metric = json!({ "event": "buy", "kind": "value", "direction": "increase", "cap": 1_000 });
    let tests =
        tests_json(&[("one", json!({ "metrics": [metric] })), ("two", json!({ "target_event": "buy" }))]);
    Setup::new().tests(&tests)
}

/// Every text of every row that can name a visitor.
async fn all_texts(app: &TestApp) -> String {
    const TEXTS: Sql = sql!(
        "select user_or_session_id || ' ' || test_id from experiment_exposures
         union all
         select user_or_session_id || ' ' || coalesce(test_id, '') || ' ' || coalesce(event_id, '') from experiment_events
         union all
         select user_or_session_id || ' ' || test_id from experiment_metric_amounts
         union all
         select visitor_id || ' ' || test_id from experiment_visitor_joins
         union all
         select visitor_id from experiment_account_visitors
         union all
         select changed_by || ' ' || before || ' ' || after || ' ' || coalesce(reason, '') from experiment_changes"
    );
    let rows = app.db.fetch_all(TEXTS.query()).await.unwrap();
    rows.iter().map(|row| row.get::<String>(0).unwrap() + "\n").collect()
}

/// Visits and events of one who does a bit of everything.
async fn live(app: &TestApp, visitor: &Visitor) {
    let _ = visitor.dashboard().await.expect(200);
    let order = format!("order-{}", visitor.id());
    for event in [
        json!({ "event": "click", "testId": "one", "event_id": order }),
        json!({ "event": "click", "testId": "one" }),
        json!({ "event": "buy", "testId": "one", "value": 12.5 }),
        json!({ "event": "buy", "testId": "two" }),
        json!({ "event": "hover", "testId": "two", "variant": "Z" }),
        json!({ "event": "scrolled" }),
        json!({ "event": "scrolled" }),
    ] {
        app.clock.advance_seconds(61);
        let _ = visitor.event(&event).await.expect(200);
    }
    let shown = visitor.cookie("ab_one").unwrap();
    visitor.set_cookie("ab_one", if shown == "A" { "B" } else { "A" });
    app.clock.advance_seconds(61);
    let _ = visitor.dashboard().await.expect(200);
}

async fn erase(app: &TestApp, visitor: &str, seed: u64) -> Option<VisitorRecords> {
    let found = find_visitor(&app.db, visitor).await.unwrap()?;
    erase_visitor(&app.db, &SeededIds::new(seed), found, Clock::now(&*app.clock)).await.unwrap()
}

async fn assert_recount_is_equal(app: &TestApp) {
    let report = recount(&app.db, app.tests_file(), RecountMode::Check, &|_| {}).await.unwrap();
    assert!(report.is_equal(), "{report:?}");
    assert_eq!(kept(app).await.totals, recounted(app, TARGETS, METRICS).await.totals);
}

/// The numbers of the results, without the moment.
async fn numbers(app: &TestApp) -> Value {
    let mut results = app.results().await;
    results["generated_at"] = Value::Null;
    results["health"] = Value::Null;
    results
}

both_databases! {
    async fn nothing_names_an_erased_visitor_and_every_count_stays(app: TestApp = setup()) {
        let _ = app.signed_in("Grace", Role::User).await;
        let (gone, stays) = (app.visitor(), app.visitor());
        for visitor in [&gone, &stays] {
            live(app, visitor).await;
        }
        app.sign_in(&gone, "Grace").await;
        let id = gone.id();
        let before = (kept(app).await, numbers(app).await);
        assert!(all_texts(app).await.contains(&id));

        let records = erase(app, &id, 5).await.unwrap();

        let experiments = BTreeSet::from(["one".to_owned(), "two".to_owned()]);
        assert_eq!(records, VisitorRecords { exposures: 3, events: 7, experiments, account: true });
        let texts = all_texts(app).await;
        assert!(!texts.contains(&id), "{texts}");
        assert!(texts.contains(&stays.id()) && texts.contains(&format!("order-{}", stays.id())), "{texts}");
        assert_eq!((kept(app).await, numbers(app).await), before);
        assert_recount_is_equal(app).await;
        assert_eq!(find_visitor(&app.db, &id).await.unwrap().map(|found| found.records().clone()), None);
        let log = app.admin().await.get("/api/experiments/changes").await.expect(200).json();
        let line = &log["changes"][0];
        assert_eq!((&line["action"], &line["after"]), (&json!("erase_visitor"), &json!({ "exposures": 3, "events": 7 })));
        assert_eq!(line["test_id"], Value::Null);
    }

    async fn rows_of_an_erased_visitor_cannot_be_put_together(app: TestApp = setup()) {
        let gone = app.visitor();
        live(app, &gone).await;

        let _ = erase(app, &gone.id(), 6).await.unwrap();

        // Three of exposures in two experiments, and events: one for each experiment, and each of the two for none.
        let of_exposures: BTreeSet<(String, String)> =
            exposures(app).await.into_iter().map(|row| (row.test_id, row.visitor)).collect();
        assert_eq!(of_exposures.len(), 2, "{of_exposures:?}");
        let rows = events(app).await;
        let of_events: BTreeSet<(String, String)> =
            rows.iter().map(|row| (row.test_id.clone().unwrap_or_default(), row.visitor.clone())).collect();
        assert_eq!(of_events.len(), 4, "{of_events:?}");
        assert!(of_events.is_superset(&of_exposures), "{of_events:?}");
        let distinct: BTreeSet<&str> = rows.iter().map(|row| row.visitor.as_str()).collect();
        assert_eq!(distinct.len(), 4);
        assert!(rows.iter().all(|row| row.event_id.is_none()), "{rows:?}");
    }

    async fn an_erased_visitor_who_comes_back_is_a_new_one(app: TestApp = setup()) {
        let gone = app.visitor();
        let _ = gone.dashboard().await.expect(200);
        let id = gone.id();
        let _ = erase(app, &id, 7).await.unwrap();

        // The server knows the visitor's exposures by heart until it hears of the erasure, within a second.
        eventually("the exposures are stored again", async || {
            let _ = gone.dashboard().await.expect(200);
            let rows = exposures(app).await;
            (rows.iter().filter(|row| row.visitor == id && row.is_first).count() == 2).then_some(())
        })
        .await;
        app.clock.advance_seconds(1);
        let click = gone.event(&json!({ "event": "click", "testId": "one" })).await.expect(200).json();
        assert_eq!(click["counted"], true);
        assert_recount_is_equal(app).await;
    }

    async fn what_comes_between_the_look_and_the_erasure_is_erased_too(app: TestApp = setup()) {
        let gone = app.visitor();
        live(app, &gone).await;
        let id = gone.id();
        let (found, slower) = (find_visitor(&app.db, &id).await.unwrap(), find_visitor(&app.db, &id).await.unwrap());
        app.clock.advance_seconds(1);
        let _ = gone.event(&json!({ "event": "click", "testId": "one" })).await.expect(200);
        let now = Clock::now(&*app.clock);

        let records = erase_visitor(&app.db, &SeededIds::new(8), found.unwrap(), now).await.unwrap();

        assert_eq!(records.map(|records| records.events), Some(8));
        assert!(!all_texts(app).await.contains(&id));
        assert_eq!(erase_visitor(&app.db, &SeededIds::new(9), slower.unwrap(), now).await.unwrap(), None);
        let log = app.admin().await.get("/api/experiments/changes").await.expect(200).json();
        assert_eq!(log["changes"].as_array().unwrap().len(), 1);
        assert_recount_is_equal(app).await;
    }

    async fn the_mirror_forgets_too_and_follows_on(app: TestApp = setup().mirror()) {
        let (gone, stays) = (app.visitor(), app.visitor());
        for visitor in [&gone, &stays] {
            live(app, visitor).await;
        }
        let id = gone.id();
        let read = |name: &str| std::fs::read_to_string(app.mirror_folder().join(name)).unwrap_or_default();
        let rows = |name: &str| read(name).parse::<Value>().ok().and_then(|rows| Some(rows.as_array()?.len()));
        eventually("all is mirrored", async || {
            (rows("exposures.json") == Some(6) && rows("events.json") == Some(14)).then_some(())
        })
        .await;
        assert!(read("events.json").contains(&id));

        let _ = erase(app, &id, 10).await.unwrap();

        eventually("the mirror forgets", async || {
            // Readers never see less than there was.
            assert_eq!((rows("exposures.json"), rows("events.json")), (Some(6), Some(14)));
            let texts = read("exposures.json") + &read("events.json");
            (!texts.contains(&id) && texts.contains(&stays.id())).then_some(())
        })
        .await;
        live(app, &app.visitor()).await;
        eventually("what comes later is mirrored", async || {
            (rows("exposures.json") == Some(9) && rows("events.json") == Some(21)).then_some(())
        })
        .await;
        eventually("no file has the visitor", async || {
            let mut texts = String::new();
            for entry in std::fs::read_dir(app.mirror_folder()).unwrap() {
                texts += &std::fs::read_to_string(entry.unwrap().path()).unwrap_or_default();
            }
            (!texts.contains(&id)).then_some(())
        })
        .await;
    }
}
