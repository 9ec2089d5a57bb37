//! Single events: whose variant is true, and what counts.

use crate::rows;
use dashly_testkit::{Setup, TestApp, both_databases, tests_json};
use serde_json::{Value, json};

const KPI: &str = "kpi_scorecard_layout";
const EVENTS: &str = "/api/experiments/events";

fn click() -> Value {
    json!({ "event": "kpi_click", "testId": KPI })
}

both_databases! {
    async fn a_target_event_after_the_exposure_is_a_conversion(app: TestApp) {
        let visitor = app.visitor();
        let variant = visitor.dashboard().await.variant(KPI);
        app.clock.advance_seconds(30);

        let reply = visitor.event(&click()).await.expect(200);

        assert_eq!(
            reply.json(),
            json!({
                "success": true, "message": "The event is stored.", "event": "kpi_click", "testId": KPI,
                "variant": variant, "deduplicated": false, "counted": true, "warnings": []
            })
        );
        let results = app.results_of(KPI).await;
        let counts = &results["results"][&variant];
        assert_eq!(
            (&counts["exposures"], &counts["events"], &counts["converters"]),
            (&json!(1), &json!(1), &json!(1))
        );
        let exposure = rows::exposures(app).await.into_iter().find(|row| row.test_id == KPI).unwrap();
        let event = rows::events(app).await.remove(0);
        assert_eq!((event.visitor.as_str(), event.variant), (visitor.id().as_str(), Some(variant)));
        assert_eq!(exposure.converted_at, Some(event.recorded_at));
        assert_eq!(event.recorded_at.unix_micros() - exposure.recorded_at.unix_micros(), 30_000_000);
    }

    async fn repeats_are_events_and_not_further_converters(app: TestApp) {
        let visitor = app.visitor();
        let variant = visitor.dashboard().await.variant(KPI);
        for _ in 0..4 {
            assert_eq!(visitor.event(&click()).await.expect(200).at("counted"), true);
        }
        let results = app.results_of(KPI).await;
        let counts = &results["results"][&variant];
        assert_eq!(counts["events"], 4);
        assert_eq!(counts["converters"], 1);
        assert_eq!(counts["conversion_rate"], 4.0);
        assert_eq!(counts["unique_conversion_rate"], 1.0);
        let counted: Vec<String> = rows::events(app).await.into_iter().map(|row| row.counted_as).collect();
        assert_eq!(counted, ["conversion", "repeat", "repeat", "repeat"]);
    }

    async fn a_false_variant_is_counted_under_the_true_one(app: TestApp) {
        let visitor = app.visitor();
        let variant = visitor.dashboard().await.variant(KPI);
        let lie = if variant == "A" { "B" } else { "A" };
        for claimed in [lie, "Z", "anything at all"] {
            let event = json!({ "event": "kpi_click", "testId": KPI, "variant": claimed });
            let reply = visitor.event(&event).await.expect(200);
            assert_eq!(reply.at("variant"), variant);
            assert_eq!(reply.warnings(), ["variant-mismatch"]);
        }
        let honest = json!({ "event": "kpi_click", "testId": KPI, "variant": variant });
        assert!(visitor.event(&honest).await.expect(200).warnings().is_empty());

        let results = app.results_of(KPI).await;
        assert_eq!(results["results"][&variant]["events"], 4);
        assert_eq!(results["results"][lie]["events"], 0);
        assert_eq!(results["health"]["false_variants"], 3);
        let events = rows::events(app).await;
        assert!(events.iter().all(|event| event.variant.as_deref() == Some(variant.as_str())));
        let reported: Vec<_> =
            events.iter().map(|event| event.reported_variant.as_deref().unwrap()).collect();
        assert_eq!(reported, [lie, "Z", "anything at all", variant.as_str()]);
    }

    async fn an_event_before_the_exposure_is_stored_and_not_counted(app: TestApp) {
        let visitor = app.visitor();
        let reply = visitor.event(&click()).await.expect(200);
        assert_eq!(reply.at("counted"), false);
        assert_eq!(reply.warnings(), ["not-exposed"]);
        let assigned = reply.at("variant");

        let variant = visitor.dashboard().await.variant(KPI);

        assert_eq!(assigned, variant);
        let results = app.results_of(KPI).await;
        assert_eq!(results["results"][&variant]["events"], 0);
        assert_eq!(results["results"][&variant]["converters"], 0);
        assert_eq!(results["health"]["early_events"], 1);
        // The next one is the first that counts.
        visitor.event(&click()).await.expect(200).warnings();
        let results = app.results_of(KPI).await;
        assert_eq!(results["results"][&variant]["converters"], 1);
        assert_eq!(rows::events(app).await[0].counted_as, "early");
    }

    async fn an_event_of_another_experiment_s_view_does_not_count(app: TestApp) {
        let visitor = app.visitor();
        visitor.dashboard().await;
        // The pricing test is exposed by the pricing page only.
        let upgrade = json!({ "event": "subscription_upgrade", "testId": "pricing_cta_upgrade" });
        assert_eq!(visitor.event(&upgrade).await.expect(200).warnings(), ["not-exposed"]);
        visitor.pricing_view().await;
        assert_eq!(visitor.event(&upgrade).await.expect(200).at("counted"), true);
    }

    async fn events_that_are_not_the_target_are_stored_and_not_counted(app: TestApp) {
        let visitor = app.visitor();
        let variant = visitor.dashboard().await.variant(KPI);
        for name in ["hover", "KPI_CLICK", "kpi_click ", "tooltip_open"] {
            let reply = visitor.event(&json!({ "event": name, "testId": KPI })).await.expect(200);
            assert_eq!((reply.at("counted"), reply.at("variant")), (json!(false), json!(variant)));
            assert!(reply.warnings().is_empty());
        }
        let results = app.results_of(KPI).await;
        assert_eq!(results["results"][&variant]["events"], 0);
        assert!(rows::events(app).await.iter().all(|row| row.counted_as == "other"));
    }

    async fn an_event_may_belong_to_no_experiment(app: TestApp) {
        let visitor = app.visitor();
        for body in
            [json!({ "event": "page_view" }), json!({ "event": "page_view", "testId": null, "variant": "" })]
        {
            let reply = visitor.event(&body).await.expect(200);
            assert_eq!((reply.at("testId"), reply.at("variant")), (Value::Null, Value::Null));
            assert_eq!(reply.at("counted"), false);
        }
        let events = rows::events(app).await;
        assert!(events.iter().all(|row| row.test_id.is_none() && row.variant.is_none()));
        assert_eq!(app.results().await["total_events"], 2);
    }

    async fn unknown_and_draft_experiments_take_no_events(
        app: TestApp = Setup::new().tests(&tests_json(&[
            ("live", json!({})),
            ("draft", json!({ "status": "draft" })),
            ("later", json!({ "start": "2027-01-01T00:00:00Z" })),
        ]))
    ) {
        let visitor = app.visitor();
        visitor.dashboard().await;
        for test_id in ["draft", "later", "no_such_test", "LIVE", "live "] {
            let reply = visitor.event(&json!({ "event": "click", "testId": test_id })).await;
            let document = reply.problem(422, "unknown-test");
            assert_eq!(document["errors"][0]["pointer"], "/testId");
        }
        assert_eq!(app.stored().await.events, 0);
        visitor.event(&json!({ "event": "click", "testId": "live" })).await.expect(200).warnings();
    }

    async fn events_of_a_stopped_experiment_are_stored_and_not_counted(
        app: TestApp = Setup::new().tests(&tests_json(&[("ending", json!({ "end": "2026-11-22T20:00:00Z" }))]))
    ) {
        let visitor = app.visitor();
        let variant = visitor.dashboard().await.variant("ending");
        let event = json!({ "event": "click", "testId": "ending" });
        assert_eq!(visitor.event(&event).await.expect(200).at("counted"), true);

        app.clock.set("2026-11-22T20:00:00Z");

        let late = visitor.event(&event).await.expect(200);
        assert_eq!((late.at("counted"), late.at("variant")), (json!(false), json!(variant)));
        assert_eq!(late.warnings(), ["stopped"]);
        let results = app.results_of("ending").await;
        assert_eq!(results["status"], "stopped");
        assert_eq!(results["results"][&variant]["events"], 1);
        assert_eq!(results["health"]["stopped_events"], 1);
    }

    async fn a_form_is_as_good_as_json(app: TestApp) {
        let visitor = app.visitor();
        visitor.dashboard().await;
        let fields =
            [("event", "kpi_click"), ("testId", KPI), ("value", "12.5"), ("event_id", "f-1"), ("more", "x")];
        let reply = visitor.post_form(EVENTS, &fields).await.expect(200);
        assert_eq!(reply.at("counted"), true);
        let event = rows::events(app).await.remove(0);
        assert_eq!((event.value, event.event_id.as_deref()), (Some(12.5), Some("f-1")));
        visitor.post_form(EVENTS, &[("event", "")]).await.problem(400, "event-required");
        visitor.post_form(EVENTS, &[("event", "x"), ("value", "much")]).await.problem(400, "wrong-type");
        assert_eq!(app.stored().await.events, 1);
    }

    async fn every_name_and_value_survives_the_way_into_the_database(app: TestApp) {
        let visitor = app.visitor();
        let names = [
            "Ä€𝄞👩‍🚀",
            "'; drop table experiment_events; --",
            "\"quoted\" \\back\\",
            "a/b?c=d&e",
            "{[]}",
            "%s%n",
            "NULL",
        ];
        let values = [0.0, -0.5, 1e12, -1e12, 0.1, f64::MIN_POSITIVE, 123_456_789.123_456_79];
        for (name, value) in names.iter().zip(values) {
            let body = json!({ "event": name, "event_id": name, "value": value, "variant": name });
            assert_eq!(visitor.event(&body).await.expect(200).at("event"), *name);
        }
        for (event, (name, value)) in rows::events(app).await.iter().zip(names.iter().zip(values)) {
            assert_eq!((event.name.as_str(), event.event_id.as_deref()), (*name, Some(*name)));
            assert_eq!((event.value, event.reported_variant.as_deref()), (Some(value), Some(*name)));
        }
    }

    async fn the_answer_is_given_after_the_commit(app: TestApp) {
        for number in 1..=20_u64 {
            app.visitor().event(&json!({ "event": "page_view" })).await.expect(200).warnings();
            assert_eq!(app.stored().await.events, number);
        }
    }
}
