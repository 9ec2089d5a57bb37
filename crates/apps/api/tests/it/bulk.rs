//! Many events in one request.

use crate::rows;
use dashly_db::{Engine, Sql, sql};
use dashly_testkit::{TestApp, both_databases};
use http::Method;
use serde_json::{Value, json};

const KPI: &str = "kpi_scorecard_layout";
const BULK: &str = "/api/experiments/bulk-events";

both_databases! {
    async fn the_valid_items_are_stored_and_the_others_named(app: TestApp) {
        let visitor = app.visitor();
        visitor.dashboard().await;
        let items = [
            json!({ "event": "kpi_click", "testId": KPI }),
            json!({ "testId": KPI }),
            json!("kpi_click"),
            json!(null),
            json!(7),
            json!([]),
            json!({ "event": "kpi_click", "testId": "no_such_test" }),
            json!({ "event": "kpi_click", "testId": 7 }),
            json!({ "event": "kpi_click\u{0}" }),
            json!({ "event": "kpi_click", "value": "1" }),
            json!({ "event": "kpi_click", "testId": KPI, "unknown": { "deep": [1] } }),
        ];
        let reply = visitor.bulk(&items).await.expect(200);

        assert_eq!((reply.at("success"), reply.at("logged")), (json!(true), json!(2)));
        let rejected = reply.at("rejected");
        let indexes: Vec<u64> =
            rejected.as_array().unwrap().iter().map(|one| one["index"].as_u64().unwrap()).collect();
        assert_eq!(indexes, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
        assert!(rejected.as_array().unwrap().iter().all(|one| !one["error"].as_str().unwrap().is_empty()));
        let counted: Vec<String> = rows::events(app).await.into_iter().map(|row| row.counted_as).collect();
        assert_eq!(counted, ["conversion", "repeat"]);
    }

    async fn a_list_without_a_valid_item_is_answered_with_what_is_wrong(app: TestApp) {
        let visitor = app.visitor();
        let reply = visitor.bulk(&[json!({}), json!({ "event": "" })]).await.expect(200);
        assert_eq!((reply.at("success"), reply.at("logged")), (json!(true), json!(0)));
        assert_eq!(reply.at("rejected").as_array().unwrap().len(), 2);
        assert_eq!(app.stored().await.events, 0);
    }

    async fn without_a_list_there_is_nothing_to_do(app: TestApp) {
        let visitor = app.visitor();
        for body in [
            json!({}),
            json!({ "events": [] }),
            json!({ "events": null }),
            json!({ "events": "x" }),
            json!({ "events": 1 }),
            json!({ "events": true }),
            json!({ "events": { "0": { "event": "x" } } }),
            json!({ "Events": [{ "event": "x" }] }),
        ] {
            let document = visitor.post(BULK, &body).await.problem(400, "events-required");
            assert_eq!(document["errors"][0]["pointer"], "/events", "{body}");
        }
        for body in [
            "",
            "[]",
            "null",
            "7",
            "[{\"event\":\"x\"}]",
            "{\"events\":[{\"event\":\"x\"}",
            "{\"events\":[1,]}",
        ] {
            let reply = visitor.post_raw(BULK, "application/json", body).await;
            assert_eq!(reply.status, 400, "{body}: {}", reply.text());
        }
        visitor.post_raw(BULK, "text/plain", "{}").await.problem(415, "unsupported-media-type");
        assert_eq!(app.stored().await.events, 0);
    }

    async fn ten_thousand_items_are_one_commit(app: TestApp) {
        let visitor = app.visitor();
        let variant = visitor.dashboard().await.variant(KPI);
        let items = vec![json!({ "event": "kpi_click", "testId": KPI }); 10_000];
        let reply = visitor.bulk(&items).await.expect(200);
        assert_eq!(reply.at("logged"), 10_000);
        assert_eq!(app.stored().await.events, 10_000);
        let results = app.results_of(KPI).await;
        assert_eq!(results["results"][&variant]["events"], 10_000);
        assert_eq!(results["results"][&variant]["converters"], 1);
    }

    async fn one_item_too_many_stores_nothing(app: TestApp) {
        let visitor = app.visitor();
        let items = vec![json!({ "event": "x" }); 10_001];
        let document = visitor.bulk(&items).await.problem(413, "too-large");
        assert!(document["detail"].as_str().unwrap().contains("10001"));
        assert_eq!(app.stored().await.events, 0);
    }

    async fn one_body_too_large_stores_nothing(app: TestApp) {
        let visitor = app.visitor();
        let padding = "x".repeat(11 * 1024 * 1024);
        let body = json!({ "events": [{ "event": "x" }], "padding": padding });
        visitor.post(BULK, &body).await.problem(413, "too-large");
        let single = json!({ "event": "x", "padding": "x".repeat(101 * 1024) });
        visitor.event(&single).await.problem(413, "too-large");
        assert_eq!(app.stored().await.events, 0);
        // Just below it is read.
        let body = json!({ "events": [{ "event": "x" }], "padding": "x".repeat(10 * 1024 * 1024 - 100) });
        assert_eq!(visitor.post(BULK, &body).await.expect(200).at("logged"), 1);
    }

    async fn a_refused_row_takes_the_whole_list_with_it(app: TestApp) {
        const REFUSE: Sql = sql! {
            postgres: "alter table experiment_events add constraint refused check (event_name <> 'poison')",
            sqlite: "create trigger refused before insert on experiment_events when new.event_name = 'poison'
                     begin select raise(abort, 'refused'); end",
        };
        app.db.execute(REFUSE.query()).await.unwrap();
        let visitor = app.visitor();
        let variant = visitor.dashboard().await.variant(KPI);
        let mut items = vec![json!({ "event": "kpi_click", "testId": KPI }); 50];
        items.push(json!({ "event": "poison" }));

        visitor.bulk(&items).await.problem(500, "internal");

        assert_eq!(app.stored().await.events, 0);
        let results = app.results_of(KPI).await;
        assert_eq!(results["results"][&variant]["events"], 0);
        assert_eq!(results["results"][&variant]["converters"], 0);
        // The writer goes on.
        items.pop();
        assert_eq!(visitor.bulk(&items).await.expect(200).at("logged"), 50);
        assert_eq!(app.results_of(KPI).await["results"][&variant]["events"], 50);
    }

    async fn a_form_is_not_a_list(app: TestApp) {
        let reply = app.visitor().post_form(BULK, &[("events", "[{\"event\":\"x\"}]")]).await;
        reply.problem(415, "unsupported-media-type");
        let untyped = app.visitor();
        let call = untyped.call(Method::POST, BULK).body(json!({ "events": [{ "event": "x" }] }).to_string());
        call.send().await.problem(415, "unsupported-media-type");
        assert_eq!(app.stored().await.events, 0);
        assert!([Engine::Sqlite, Engine::Postgres].contains(&app.engine()));
    }

    async fn a_rejection_says_what_to_change(app: TestApp) {
        let reply =
            app.visitor().bulk(&[json!({ "event": 7 }), json!({ "event": "x", "testId": ["a"] })]).await;
        let rejected: Value = reply.expect(200).at("rejected");
        assert!(rejected[0]["error"].as_str().unwrap().contains("`event` is required"), "{rejected}");
        assert!(
            rejected[1]["error"].as_str().unwrap().contains("`/testId` must be text, found a list"),
            "{rejected}"
        );
    }
}
