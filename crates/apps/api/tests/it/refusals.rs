//! Paths and methods that do not exist, and what every answer carries.

use dashly_db::{Sql, sql};
use dashly_testkit::{Reply, Setup, TestApp, both_databases};
use http::Method;
use serde_json::json;
use std::collections::BTreeSet;

const SECURITY_HEADERS: &[&str] = &[
    "content-security-policy",
    "x-content-type-options",
    "referrer-policy",
    "x-frame-options",
    "cache-control",
    "x-request-id",
];

#[track_caller]
fn assert_security_headers(reply: &Reply, name: &str) {
    for header in SECURITY_HEADERS {
        assert!(reply.header(header).is_some_and(|value| !value.is_empty()), "{name} lacks {header}");
    }
    assert_eq!(reply.header("x-content-type-options"), Some("nosniff"), "{name}");
    assert!(!reply.header("content-security-policy").unwrap().contains("unsafe-inline' 'self"), "{name}");
}

both_databases! {
    async fn another_method_gets_the_list_of_allowed_ones(app: TestApp) {
        let visitor = app.visitor();
        for (path, wrong, allowed) in [
            (
                "/api/experiments/dashboard",
                vec![Method::POST, Method::PUT, Method::DELETE, Method::PATCH],
                "GET,HEAD",
            ),
            ("/api/experiments/events", vec![Method::GET, Method::HEAD, Method::PUT], "POST"),
            ("/api/experiments/bulk-events", vec![Method::GET, Method::DELETE], "POST"),
            ("/api/experiments/results", vec![Method::POST], "GET,HEAD"),
            ("/api/auth/login", vec![Method::GET], "POST"),
            ("/api/health", vec![Method::POST], "GET,HEAD"),
        ] {
            for method in wrong {
                let reply = visitor.call(method.clone(), path).send().await;
                assert_eq!(reply.header("allow"), Some(allowed), "{method} {path}");
                assert_eq!(reply.status, 405, "{method} {path}");
                if method != Method::HEAD {
                    reply.problem(405, "method-not-allowed");
                }
            }
        }
        assert_eq!(app.stored().await.exposures, 0);
    }

    async fn a_path_that_does_not_exist_is_a_problem_document(app: TestApp) {
        let visitor = app.visitor();
        for path in [
            "/api",
            "/api/",
            "/api/experiments",
            "/api/experiments/dashboard/",
            "/api/experiments/DASHBOARD",
            "/api/experiments/events/1",
            "/no/such/page",
            "/../etc/passwd",
            "/api/experiments/%00",
            "//api/health",
        ] {
            let document = visitor.get(path).await.problem(404, "not-found");
            assert_eq!(document["instance"], path);
        }
        let posted = visitor.post("/api/nowhere", &json!({})).await;
        posted.problem(404, "not-found");
    }

    async fn trace_is_refused_everywhere(app: TestApp) {
        let visitor = app.visitor();
        for path in ["/", "/api/experiments/dashboard", "/api/experiments/events", "/api/health", "/nowhere"]
        {
            let call = visitor.call(Method::TRACE, path).header("x-secret", "not to be echoed");
            let reply = call.send().await;
            assert!([404, 405].contains(&reply.status.as_u16()), "{path}: {}", reply.status);
            assert!(!reply.text().contains("not to be echoed"));
        }
    }

    async fn every_answer_carries_the_security_headers(app: TestApp) {
        const BREAK: Sql = sql!("drop table experiment_timeline");
        let visitor = app.visitor();
        let admin = app.admin().await;
        let mut seen = BTreeSet::new();
        let mut check = |name: &str, status: u16, reply: &Reply| {
            assert_eq!(reply.status.as_u16(), status, "{name}: {}", reply.text());
            assert_security_headers(reply, name);
            assert!(
                seen.insert(reply.header("x-request-id").unwrap().to_owned()),
                "{name} has a used request id"
            );
        };
        check("view", 200, &visitor.get("/api/experiments/dashboard").await);
        check("health", 200, &visitor.get("/api/health").await);
        check("metrics", 200, &visitor.get("/metrics").await);
        check("live", 200, &visitor.get("/health/live").await);
        check("not found", 404, &visitor.get("/api/nowhere").await);
        check("method", 405, &visitor.get("/api/experiments/events").await);
        check("malformed", 400, &visitor.event(&json!({})).await);
        check("unauthorized", 401, &visitor.get("/api/experiments/results").await);
        check("unprocessable", 422, &visitor.event(&json!({ "event": "x", "testId": "?" })).await);
        check("too large", 413, &visitor.event(&json!({ "event": "x".repeat(200_000) })).await);
        check("type", 415, &visitor.post_raw("/api/experiments/events", "text/plain", "x").await);
        let foreign =
            visitor.call(Method::POST, "/api/experiments/events").header("origin", "https://evil.example");
        check(
            "foreign",
            403,
            &foreign.header("host", "dashly.example").json(&json!({ "event": "x" })).send().await,
        );
        app.db.execute(BREAK.query()).await.unwrap();
        let failed = admin.get("/api/experiments/results").await;
        check("failed", 500, &failed);
        failed.problem(500, "internal");
        assert!(!failed.text().contains("experiment_timeline"), "{}", failed.text());
    }

    async fn browsers_are_told_to_insist_on_tls_only_where_there_is_tls(
        app: TestApp = Setup::new().setting("PUBLIC_URL", "https://dashly.example.org")
    ) {
        for path in ["/api/experiments/dashboard", "/api/nowhere"] {
            let reply = app.visitor().get(path).await;
            assert_eq!(reply.header("strict-transport-security"), Some("max-age=31536000"));
        }
    }

    async fn without_tls_nothing_is_said_about_it(app: TestApp) {
        let reply = app.visitor().get("/api/experiments/dashboard").await;
        assert_eq!(reply.header("strict-transport-security"), None);
    }
}
