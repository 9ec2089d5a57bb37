//! Telling administrators that something was found.

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use dashly_kernel::Role;
use dashly_testkit::{Setup, TestApp, both_databases, tests_json};
use http::StatusCode;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

fn one() -> Value {
    tests_json(&[(
        "one",
        json!({ "guardrails": [{ "event": "refund", "kind": "conversion", "direction": "decrease" }] }),
    )])
}

/// Visitors of whom all who were drawn B do `event`, and nobody else.
async fn decide(app: &TestApp, event: &str) {
    for _ in 0..120 {
        let visitor = app.visitor();
        if visitor.dashboard().await.variant("one") == "B" {
            let _ = visitor.event(&json!({ "event": event, "testId": "one" })).await.expect(200);
        }
    }
}

async fn look(app: &TestApp) -> u64 {
    app.server().app().experiments().look_for_notices().await.unwrap()
}

async fn notices(app: &TestApp) -> Value {
    app.admin().await.get("/api/notices").await.expect(200).json()
}

/// A webhook that answers 500 so many times before it takes anything.
struct Webhook {
    url: String,
    taken: Arc<Mutex<Vec<Value>>>,
    task: tokio::task::JoinHandle<()>,
}

async fn webhook(failures: usize) -> Webhook {
    type Shared = (Arc<Mutex<Vec<Value>>>, Arc<Mutex<usize>>);
    async fn take(State((taken, failures)): State<Shared>, body: axum::Json<Value>) -> StatusCode {
        let mut failures = failures.lock().unwrap();
        if *failures > 0 {
            *failures -= 1;
            return StatusCode::INTERNAL_SERVER_ERROR;
        }
        taken.lock().unwrap().push(body.0);
        StatusCode::NO_CONTENT
    }
    let taken = Arc::default();
    let shared: Shared = (Arc::clone(&taken), Arc::new(Mutex::new(failures)));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook?token=secret", listener.local_addr().unwrap());
    let router = Router::new().route("/hook", post(take)).with_state(shared);
    #[expect(clippy::disallowed_methods, reason = "ends with the test's runtime")]
    let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    Webhook { url, taken, task }
}

both_databases! {
    async fn a_decision_is_told_once_and_read_for_all(app: TestApp = Setup::new().tests(&one())) {
        // The task looks by itself; here it is told to, so that nothing has to be waited for.
        assert_eq!(look(app).await, 0);
        decide(app, "click").await;
        let replica = app.replica(2).await;
        let found = [look(app).await, replica.app().experiments().look_for_notices().await.unwrap()];
        // The server's own task may have been faster.
        assert!(found.iter().sum::<u64>() <= 1, "{found:?}");

        let list = notices(app).await;
        assert_eq!((&list["unread"], list["notices"].as_array().unwrap().len()), (&json!(1), 1));
        let notice = &list["notices"][0];
        assert_eq!((&notice["kind"], &notice["subject"], &notice["decision"]), (&json!("decided"), &json!("B"), &json!("better")));
        assert!(notice["sentence"].as_str().unwrap().starts_with("Variant B converts more visitors than A"));

        let read = app.admin().await.post("/api/notices/read", &json!({ "up_to": notice["id"] })).await;
        assert_eq!(read.expect(200).json()["unread"], 0);
        assert!(notices(app).await["notices"][0]["read_at"].is_string());
        assert_eq!(look(app).await, 0);
        replica.end().await;
    }

    async fn a_guardrail_that_gets_worse_is_told_by_its_name(app: TestApp = Setup::new().tests(&one())) {
        decide(app, "refund").await;
        look(app).await;
        let list = notices(app).await;
        let notice = &list["notices"][0];
        assert_eq!((&notice["kind"], &notice["subject"]), (&json!("guardrail_harmed"), &json!("refund")));
    }

    async fn only_administrators_see_them(app: TestApp = Setup::new().tests(&one())) {
        let user = app.signed_in("Joan", Role::User).await;
        let _ = app.visitor().get("/api/notices").await.expect(401);
        let _ = user.get("/api/notices").await.expect(403);
        let _ = user.post("/api/notices/read", &json!({ "up_to": 1 })).await.expect(403);
        let _ = app.admin().await.get("/api/notices?limit=0").await.expect(400);
        assert_eq!(notices(app).await, json!({ "success": true, "unread": 0, "notices": [] }));
    }
}

#[tokio::test]
async fn a_webhook_that_fails_at_first_gets_every_notice_once() {
    for engine in [dashly_testkit::Engine::Sqlite, dashly_testkit::Engine::Postgres] {
        let webhook = webhook(1).await;
        let setup = Setup::new()
            .tests(&one())
            .setting("NOTICE_WEBHOOK_URL", &webhook.url)
            .setting("PUBLIC_URL", "https://dashly.example");
        let app = TestApp::start(engine, setup).await;
        decide(&app, "click").await;

        let experiments = app.server().app().experiments();
        look(&app).await;
        // Twice each: what is not due is not sent, and what is taken is not sent again.
        for seconds in [0, 10, 40, 4_000] {
            app.clock.advance_seconds(seconds);
            experiments.deliver_notices().await.unwrap();
            experiments.deliver_notices().await.unwrap();
        }

        let taken = webhook.taken.lock().unwrap().clone();
        assert_eq!(taken.len(), 1);
        assert_eq!((&taken[0]["test_id"], &taken[0]["decision"]), (&json!("one"), &json!("better")));
        assert_eq!(taken[0]["link"], "https://dashly.example/admin/experiments#experiment-one");
        app.end().await;
        webhook.task.abort();
    }
}
