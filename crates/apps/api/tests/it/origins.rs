//! Pages of other origins: refused when they would change something, unless they are listed.

use dashly_testkit::{Setup, TestApp, both_databases};
use http::Method;
use serde_json::json;

const EVENTS: &str = "/api/experiments/events";
const SHOP: &str = "https://shop.example.com";

both_databases! {
    async fn a_foreign_page_cannot_post_with_a_visitor_s_cookies(app: TestApp) {
        let visitor = app.visitor();
        visitor.dashboard().await;
        for headers in [
            vec![("host", "dashly.example"), ("origin", "https://evil.example")],
            vec![("host", "dashly.example"), ("origin", "null")],
            vec![("host", "dashly.example"), ("origin", "https://dashly.example.evil.example")],
            vec![("host", "dashly.example"), ("sec-fetch-site", "cross-site")],
            vec![("host", "dashly.example"), ("sec-fetch-site", "same-site")],
            vec![
                ("host", "dashly.example"),
                ("sec-fetch-site", "cross-site"),
                ("origin", "https://evil.example"),
            ],
        ] {
            for path in [EVENTS, "/api/experiments/bulk-events", "/api/auth/login", "/api/auth/logout"] {
                let mut call = visitor
                    .call(Method::POST, path)
                    .json(&json!({ "event": "x", "events": [{ "event": "x" }] }));
                for (name, value) in &headers {
                    call = call.header(name, value);
                }
                let reply = call.send().await;
                assert_eq!(reply.status, 403, "{path} {headers:?}: {}", reply.text());
                reply.problem(403, "foreign-origin");
                assert_eq!(reply.header("access-control-allow-origin"), None);
            }
        }
        assert_eq!(app.stored().await.events, 0);
    }

    async fn our_own_pages_and_programs_may_post(app: TestApp) {
        let visitor = app.visitor();
        visitor.dashboard().await;
        for headers in [
            vec![],
            vec![
                ("host", "dashly.example"),
                ("sec-fetch-site", "same-origin"),
                ("origin", "https://dashly.example"),
            ],
            vec![("host", "dashly.example"), ("sec-fetch-site", "none")],
            vec![("host", "dashly.example"), ("origin", "https://dashly.example")],
        ] {
            let mut call = visitor.call(Method::POST, EVENTS).json(&json!({ "event": "x" }));
            for (name, value) in &headers {
                call = call.header(name, value);
            }
            let reply = call.send().await;
            assert_eq!(reply.status, 200, "{headers:?}: {}", reply.text());
        }
        assert_eq!(app.stored().await.events, 4);
    }

    async fn a_listed_origin_may_read_and_post_with_cookies(
        app: TestApp = Setup::new().setting("CORS_ORIGIN", SHOP)
    ) {
        let visitor = app.visitor();
        let view = visitor.call(Method::GET, "/api/experiments/dashboard").header("origin", SHOP);
        let view = view.header("sec-fetch-site", "cross-site").send().await.expect(200);
        assert_eq!(view.header("access-control-allow-origin"), Some(SHOP));
        assert_eq!(view.header("access-control-allow-credentials"), Some("true"));
        assert!(view.header("vary").is_some_and(|vary| vary.to_ascii_lowercase().contains("origin")));

        let post =
            visitor.call(Method::POST, EVENTS).header("origin", SHOP).header("sec-fetch-site", "cross-site");
        let post =
            post.header("host", "dashly.example").json(&json!({ "event": "x" })).send().await.expect(200);
        assert_eq!(post.header("access-control-allow-origin"), Some(SHOP));

        let preflight = visitor.call(Method::OPTIONS, EVENTS).header("origin", SHOP);
        let preflight = preflight.header("access-control-request-method", "POST");
        let preflight =
            preflight.header("access-control-request-headers", "content-type,idempotency-key").send().await;
        assert_eq!(preflight.status, 200, "{}", preflight.text());
        assert_eq!(preflight.header("access-control-allow-origin"), Some(SHOP));
        assert_eq!(preflight.header("access-control-allow-credentials"), Some("true"));
        assert!(preflight.header("access-control-allow-methods").unwrap().contains("POST"));
        assert!(preflight.header("access-control-allow-headers").unwrap().contains("idempotency-key"));
    }

    async fn an_origin_that_is_not_listed_may_read_nothing(
        app: TestApp = Setup::new().setting("CORS_ORIGIN", SHOP)
    ) {
        let visitor = app.visitor();
        for origin in [
            "https://evil.example",
            "http://shop.example.com",
            "https://shop.example.com.evil.example",
            "null",
        ] {
            let view =
                visitor.call(Method::GET, "/api/experiments/dashboard").header("origin", origin).send().await;
            assert_eq!(view.header("access-control-allow-origin"), None, "{origin}");
            let post =
                visitor.call(Method::POST, EVENTS).header("origin", origin).header("host", "dashly.example");
            let post =
                post.header("sec-fetch-site", "cross-site").json(&json!({ "event": "x" })).send().await;
            assert_eq!(post.status, 403, "{origin}");
        }
        assert_eq!(app.stored().await.events, 0);
    }
}
