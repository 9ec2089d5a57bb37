//! Visitors of other sites, who are named in the body instead of a cookie.

use dashly_testkit::{Setup, TestApp, Visitor, both_databases, tests_json};
use serde_json::{Value, json};

const VARIANTS: &str = "/api/experiments/variants";
const EXPOSURES: &str = "/api/experiments/exposures";
const EVENTS: &str = "/api/experiments/events";

fn three() -> Value {
    tests_json(&[
        ("one", json!({})),
        ("two", json!({ "variants": { "off": false, "on": true }, "views": ["elsewhere"] })),
        ("draft", json!({ "status": "draft" })),
    ])
}

async fn ask(visitor: &Visitor, path: &str, fields: &[(&str, &str)]) -> Value {
    visitor.post_form(path, fields).await.expect(200).json()
}

both_databases! {
    async fn variants_are_those_of_the_views_and_asking_stores_nothing(app: TestApp = Setup::new().tests(&three())) {
        let browser = app.visitor();
        let drawn = browser.dashboard().await;
        let id = browser.id();
        let before = app.stored().await.exposures;

        let reply = app.visitor().post(VARIANTS, &json!({ "visitor_id": id })).await.expect(200);

        assert!(reply.set_cookies().is_empty());
        let variants = reply.json()["variants"].clone();
        assert_eq!(variants["one"]["variant"], drawn.variant("one").as_str());
        assert_eq!(variants["one"]["exposure_logged"], true);
        assert!(variants["two"]["value"].is_boolean());
        assert!(variants.get("draft").is_none());
        assert_eq!(app.stored().await.exposures, before);
    }

    async fn an_exposure_is_stored_once_and_the_event_counts_after_it(app: TestApp = Setup::new().tests(&three())) {
        let page = app.visitor();
        let visit = [("visitor_id", "v_site"), ("testId", "one"), ("testId", "two"), ("visitor_kind", "new")];
        let first = ask(&page, EXPOSURES, &visit).await;
        let again = ask(&page, EXPOSURES, &visit).await;
        assert_eq!(first, again);
        assert_eq!(app.stored().await.exposures, 2);

        let event = [("visitor_id", "v_site"), ("event", "click"), ("testId", "one"), ("event_id", "e1"), ("value", "9.5")];
        let stored = ask(&page, EVENTS, &event).await;
        assert_eq!((&stored["counted"], &stored["variant"]), (&json!(true), &first["variants"]["one"]["variant"]));
        assert_eq!(ask(&page, EVENTS, &event).await["deduplicated"], true);
        let results = app.results_of("one").await;
        let converters: i64 = ["A", "B"].iter().map(|key| results["results"][key]["converters"].as_i64().unwrap()).sum();
        assert_eq!(converters, 1);
    }

    async fn a_visitor_keeps_what_was_shown_first_when_the_weights_change(app: TestApp = Setup::new().tests(&three())) {
        let first = ask(&app.visitor(), EXPOSURES, &[("visitor_id", "v_site"), ("testId", "one")]).await;
        let shown = first["variants"]["one"]["variant"].as_str().unwrap().to_owned();
        let other = if shown == "A" { "B" } else { "A" };
        app.edit_tests(&tests_json(&[("one", json!({ "weights": { shown.as_str(): 0, other: 1 } }))]));
        for path in [VARIANTS, EXPOSURES] {
            let later = ask(&app.visitor(), path, &[("visitor_id", "v_site"), ("testId", "one")]).await;
            assert_eq!(later["variants"]["one"]["variant"], shown.as_str(), "{path}");
        }
    }

    async fn what_cannot_be_understood_is_refused_and_nothing_of_it_is_stored(app: TestApp = Setup::new().tests(&three())) {
        let page = app.visitor();
        for (body, status) in [
            (json!({ "visitor_id": "v_site", "testId": ["one", "nope"] }), 422),
            (json!({ "visitor_id": "v_site", "testId": ["one", "draft"] }), 422),
            (json!({ "visitor_id": "no spaces", "testId": ["one"] }), 422),
            (json!({ "visitor_id": "v_site" }), 400),
            (json!({ "testId": ["one"] }), 400),
            (json!({ "visitor_id": "v_site", "testId": ["one"], "more": 1 }), 400),
        ] {
            let _ = page.post(EXPOSURES, &body).await.expect(status);
        }
        let _ = page.post_raw(EXPOSURES, "text/plain", "visitor_id=v_site&testId=one").await.expect(415);
        let _ = page.post_form(EXPOSURES, &[("visitor_id", "v"), ("visitor_kind", "maybe")]).await.expect(400);
        let _ = page.event(&json!({ "event": "click", "testId": "one", "visitor_id": "a;b" })).await.expect(422);
        let stored = app.stored().await;
        assert_eq!((stored.exposures, stored.events), (0, 0));
    }

    async fn only_listed_origins_may_read_and_post(
        app: TestApp = Setup::new().tests(&three()).setting("CORS_ORIGIN", "https://shop.example.com")
    ) {
        for (origin, status) in [("https://shop.example.com", 200), ("https://evil.example", 403)] {
            let call = app.visitor();
            let reply = call
                .call(http::Method::POST, EXPOSURES)
                .header("host", "dashly.example")
                .header("origin", origin)
                .header("sec-fetch-site", "cross-site")
                .json(&json!({ "visitor_id": "v_site", "testId": ["one"] }))
                .send()
                .await
                .expect(status);
            let allowed = reply.header("access-control-allow-origin");
            assert_eq!(allowed.is_some(), status == 200, "{origin}: {allowed:?}");
        }
    }
}
