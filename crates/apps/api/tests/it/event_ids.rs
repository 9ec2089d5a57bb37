//! Retries are harmless: an event with an id is stored once.

use crate::rows;
use dashly_testkit::{TestApp, both_databases};
use futures_util::future::join_all;
use http::Method;
use serde_json::json;

const KPI: &str = "kpi_scorecard_layout";
const EVENTS: &str = "/api/experiments/events";

both_databases! {
    async fn the_same_id_twice_is_one_event(app: TestApp) {
        let visitor = app.visitor();
        let variant = visitor.dashboard().await.variant(KPI);
        let event = json!({ "event": "kpi_click", "testId": KPI, "event_id": "e-1" });
        let first = visitor.event(&event).await.expect(200);
        let second = visitor.event(&event).await.expect(200);
        assert_eq!((first.at("deduplicated"), second.at("deduplicated")), (json!(false), json!(true)));
        assert_eq!(second.at("variant"), variant);
        // The camel-case spelling is the same field.
        let spelled = json!({ "event": "kpi_click", "testId": KPI, "eventId": "e-1" });
        assert_eq!(visitor.event(&spelled).await.expect(200).at("deduplicated"), true);

        assert_eq!(app.stored().await.events, 1);
        let results = app.results_of(KPI).await;
        assert_eq!(results["results"][&variant]["events"], 1);
        assert_eq!(app.results().await["total_events"], 1);
    }

    async fn the_idempotency_key_does_the_same(app: TestApp) {
        let visitor = app.visitor();
        visitor.dashboard().await;
        let send = async |key: &str| {
            let call = visitor.call(Method::POST, EVENTS).header("idempotency-key", key);
            call.json(&json!({ "event": "kpi_click", "testId": KPI })).send().await
        };
        assert_eq!(send("k-1").await.expect(200).at("deduplicated"), false);
        assert_eq!(send("k-1").await.expect(200).at("deduplicated"), true);
        assert_eq!(send("k-2").await.expect(200).at("deduplicated"), false);
        for absurd in ["", &"k".repeat(201), "k\u{e9}"] {
            send(absurd).await.problem(400, "idempotency-key");
        }
        assert_eq!(app.stored().await.events, 2);
    }

    async fn the_id_in_the_body_is_more_exact_than_the_header(app: TestApp) {
        let visitor = app.visitor();
        for id in ["e-1", "e-2", "e-1"] {
            let call = visitor.call(Method::POST, EVENTS).header("idempotency-key", "same");
            call.json(&json!({ "event": "x", "event_id": id })).send().await.expect(200).warnings();
        }
        assert_eq!(app.stored().await.events, 2);
    }

    async fn repeats_inside_one_list_are_one_event(app: TestApp) {
        let visitor = app.visitor();
        visitor.dashboard().await;
        let event = json!({ "event": "kpi_click", "testId": KPI, "event_id": "e-1" });
        let reply =
            visitor.bulk(&[event.clone(), event.clone(), json!({ "event": "x" }), event]).await.expect(200);
        assert_eq!((reply.at("logged"), reply.at("deduplicated")), (json!(2), json!(2)));
        assert_eq!(app.stored().await.events, 2);
    }

    async fn a_list_sent_again_under_its_key_stores_nothing(app: TestApp) {
        let visitor = app.visitor();
        let own = json!({ "event": "b", "event_id": "own" });
        let body = json!({ "events": [{ "event": "a" }, { "event": "" }, { "event": "a" }, own] });
        let send = async || {
            let call = visitor
                .call(Method::POST, "/api/experiments/bulk-events")
                .header("idempotency-key", "batch-7");
            call.json(&body).send().await.expect(200)
        };
        let first = send().await;
        assert_eq!((first.at("logged"), first.at("deduplicated")), (json!(3), json!(0)));
        let second = send().await;
        assert_eq!((second.at("logged"), second.at("deduplicated")), (json!(0), json!(3)));
        assert_eq!(app.stored().await.events, 3);
    }

    async fn retries_at_once_are_one_event(app: TestApp) {
        let visitor = app.visitor();
        let variant = visitor.dashboard().await.variant(KPI);
        let replica = app.replica(2).await;
        let elsewhere = replica.visitor();
        elsewhere.set_cookie("ab_visitor_id", &visitor.id());
        let event = json!({ "event": "kpi_click", "testId": KPI, "event_id": "e-1" });

        let callers = (0..20).map(|number| if number % 2 == 0 { &visitor } else { &elsewhere });
        let replies = join_all(callers.map(|caller| caller.event(&event))).await;

        let new = replies.iter().filter(|reply| reply.at("deduplicated") == false).count();
        assert_eq!(new, 1);
        assert!(replies.iter().all(|reply| reply.status == 200));
        assert_eq!(app.stored().await.events, 1);
        assert_eq!(app.results_of(KPI).await["results"][&variant]["events"], 1);
        replica.end().await;
    }

    async fn two_visitors_may_use_the_same_id(app: TestApp) {
        let event = json!({ "event": "kpi_click", "testId": KPI, "event_id": "1" });
        for _ in 0..2 {
            let visitor = app.visitor();
            visitor.dashboard().await;
            let reply = visitor.event(&event).await.expect(200);
            assert_eq!((reply.at("deduplicated"), reply.at("counted")), (json!(false), json!(true)));
        }
        let ids: Vec<_> = rows::events(app).await.into_iter().map(|row| row.event_id).collect();
        assert_eq!(ids, [Some("1".to_owned()), Some("1".to_owned())]);
    }
}
