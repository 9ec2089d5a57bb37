//! The database is away: what still works, what is refused, and how it comes back by itself.

use crate::rows;
use dashly_db::Engine;
use dashly_testkit::{Setup, TestApp, both_databases, eventually};
use futures_util::future::join_all;
use serde_json::json;
use std::time::{Duration, Instant};

const KPI: &str = "kpi_scorecard_layout";

both_databases! {
    async fn views_answer_without_a_database_and_events_are_refused(app: TestApp) {
        let visitor = app.visitor();
        let before = visitor.dashboard().await;
        let admin = app.admin().await;
        app.db.close().await;

        // Known from memory.
        let again = visitor.dashboard().await;
        assert_eq!((again.variant(KPI), again.at("exposure_logged")), (before.variant(KPI), json!(true)));
        // Somebody new gets his variants all the same.
        let stranger = app.visitor();
        for _ in 0..3 {
            let reply = stranger.dashboard().await;
            assert_eq!(reply.at("exposure_logged"), false);
            assert!(reply.exposed().is_empty());
            assert_eq!(Some(reply.variant(KPI)), stranger.cookie("ab_kpi_scorecard_layout"));
        }
        let events = [
            visitor.event(&json!({ "event": "kpi_click", "testId": KPI })).await,
            visitor.bulk(&[json!({ "event": "x" })]).await,
        ];
        for refused in events {
            refused.problem(503, "database-unavailable");
            assert!(refused.header("retry-after").unwrap().parse::<u32>().unwrap() > 0);
        }
        let results = admin.get("/api/experiments/results").await;
        results.problem(503, "database-unavailable");
        // Input is judged before the database is asked.
        visitor.event(&json!({})).await.problem(400, "event-required");
        assert_eq!(visitor.get("/api/experiments/config").await.status, 200);
    }

    async fn a_lost_database_shows_and_does_not_take_the_process_out(app: TestApp) {
        let visitor = app.visitor();
        let health = visitor.get("/api/health").await.expect(200).json();
        assert_eq!((&health["success"], &health["status"]), (&json!(true), &json!("healthy")));
        assert_eq!(visitor.get("/health/ready").await.expect(200).at("phase"), "ready");
        app.db.close().await;

        let _ = visitor.event(&json!({ "event": "x" })).await.expect(503);

        let health = visitor.get("/api/health").await.expect(503).json();
        assert_eq!((&health["success"], &health["status"]), (&json!(false), &json!("unhealthy")));
        assert_eq!(health["writer"]["status"], "degraded");
        let ready = visitor.get("/health/ready").await.expect(200).json();
        assert_eq!(ready["phase"], "ready");
        assert_eq!(ready["components"]["experiment_writer"]["status"], "degraded");
        assert_eq!(visitor.get("/health/live").await.expect(200).at("status"), "live");
        let text = format!("{ready} {health}");
        assert!(!text.contains("postgres") && !text.contains(".db") && !text.contains("127.0.0.1"), "{text}");
    }
}

/// Only PostgreSQL can be lost on the way and come back.
async fn behind_a_link() -> TestApp {
    TestApp::start(Engine::Postgres, Setup::new().behind_a_link()).await
}

#[tokio::test]
async fn a_database_that_comes_back_is_used_again_without_a_restart() {
    let app = behind_a_link().await;
    let (old, new) = (app.visitor(), app.visitor());
    old.dashboard().await;
    let event = |id: &str| json!({ "event": "kpi_click", "testId": KPI, "event_id": id });
    let _ = old.event(&event("before")).await.expect(200);

    app.link().cut();
    let refused = old.event(&event("during")).await;
    assert_eq!(refused.status, 503, "{}", refused.text());
    let missed = new.dashboard().await;
    assert_eq!(missed.at("exposure_logged"), false);

    app.link().restore();
    let retried = eventually("the event to be stored", async || {
        let reply = old.event(&event("during")).await;
        (reply.status == 200).then_some(reply)
    })
    .await;
    assert_eq!(retried.at("deduplicated"), false);
    // The next view logs the exposure that the first could not.
    let logged = new.dashboard().await;
    assert_eq!(logged.at("exposure_logged"), true);
    assert_eq!(logged.variant(KPI), missed.variant(KPI));
    let events: Vec<_> = rows::events(&app).await.into_iter().filter_map(|row| row.event_id).collect();
    assert_eq!(events, ["before", "during"]);
    assert_eq!(app.stored().await.exposures, 4);
    let ready = new.get("/health/ready").await.expect(200).json();
    assert_eq!(ready["components"]["experiment_writer"]["status"], "ok");
    app.end().await;
}

#[tokio::test]
async fn health_finds_by_itself_that_the_database_is_back() {
    let app = behind_a_link().await;
    let visitor = app.visitor();
    app.link().cut();
    let _ = visitor.event(&json!({ "event": "x" })).await.expect(503);
    app.link().restore();
    // Nobody sends anything more.
    eventually("the writer to be well", async || {
        let ready = visitor.get("/health/ready").await.json();
        (ready["components"]["experiment_writer"]["status"] == "ok").then_some(())
    })
    .await;
    let _ = visitor.event(&json!({ "event": "x" })).await.expect(200);
    app.end().await;
}

#[tokio::test]
async fn a_database_that_hangs_does_not_hold_up_the_views() {
    let app = behind_a_link().await;
    let visitor = app.visitor();
    visitor.dashboard().await;
    app.link().stall();

    let started = Instant::now();
    let reply = app.visitor().dashboard().await;

    // One second of patience, and what a loaded machine adds.
    assert!(started.elapsed() < Duration::from_secs(4), "{:?}", started.elapsed());
    assert_eq!(reply.at("exposure_logged"), false);
    assert_eq!(visitor.dashboard().await.at("exposure_logged"), true);

    app.link().restore();
    eventually("an exposure to be stored", async || {
        (app.visitor().dashboard().await.at("exposure_logged") == true).then_some(())
    })
    .await;
    app.end().await;
}

#[tokio::test]
async fn an_acknowledged_event_survives_connections_that_break_all_the_time() {
    let app = behind_a_link().await;
    let mut acknowledged = Vec::new();
    for round in 0..5 {
        let visitor = app.visitor();
        // Cut while requests are under way.
        let sent: Vec<String> = (0..20).map(|number| format!("{round}-{number}")).collect();
        let bodies: Vec<_> = sent.iter().map(|id| json!({ "event": "x", "event_id": id })).collect();
        let requests = join_all(bodies.iter().map(|body| visitor.event(body)));
        let (replies, ()) = tokio::join!(requests, async {
            tokio::task::yield_now().await;
            app.link().cut();
        });
        app.link().restore();
        let kept = replies.iter().zip(&sent).filter(|(reply, _)| reply.status == 200);
        acknowledged.extend(kept.map(|(_, id)| id.clone()));
        assert!(replies.iter().all(|reply| [200, 503].contains(&reply.status.as_u16())));
        let last = json!({ "event": "x", "event_id": format!("{round}-last") });
        eventually("the database to be back", async || {
            (visitor.event(&last).await.status == 200).then_some(())
        })
        .await;
        acknowledged.push(format!("{round}-last"));
    }
    let stored: Vec<String> = rows::events(&app).await.into_iter().filter_map(|row| row.event_id).collect();
    for id in acknowledged {
        assert_eq!(stored.iter().filter(|known| **known == id).count(), 1, "{id}");
    }
    app.end().await;
}

both_databases! {
    async fn a_server_that_stops_answers_what_it_took_in_and_takes_no_more(app: TestApp) {
        let replica = app.replica(2).await;
        let visitor = replica.visitor();
        visitor.dashboard().await;
        let events: Vec<_> =
            (0..50).map(|number| json!({ "event": "x", "event_id": number.to_string() })).collect();
        let sent = join_all(events.iter().map(|event| visitor.event(event)));
        let (replies, ()) = tokio::join!(sent, async {
            tokio::task::yield_now().await;
            replica.end().await;
        });
        let acknowledged = replies.iter().filter(|reply| reply.status == 200).count();
        assert!(replies.iter().all(|reply| [200, 503].contains(&reply.status.as_u16())));
        assert_eq!(app.stored().await.events, u64::try_from(acknowledged).unwrap());

        visitor.event(&json!({ "event": "late" })).await.problem(503, "stopping");
        // Its views still answer, for as long as anybody is connected.
        assert_eq!(visitor.dashboard().await.at("success"), true);
    }
}
