//! Told to stop under load: everybody who was heard is answered, and what was answered is stored.

use crate::browser::{Cookies, DASHBOARD, EVENTS, READY, Site};
use crate::installation::Installation;
use crate::ledger::{Fate, SharedLedger};
use crate::load::Load;
use crate::mirror;
use crate::process::{PATIENCE, eventually};
use crate::reconcile::reconcile;
use crate::stored::Stored;
use rustix::process::Signal;
use serde_json::json;
use std::collections::HashSet;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What was sent less than this before the signal may have met a connection that was just being closed as idle.
const ON_THE_WAY: Duration = Duration::from_millis(20);
/// What an orchestrator waits before it kills.
const STOP_LIMIT: Duration = Duration::from_secs(10);

both_databases! {
    async fn a_stop_under_load_answers_what_it_accepted_and_loses_nothing(installation: &mut Installation) {
        let mut server = installation.serve().await;
        let ledger = SharedLedger::default();
        let load = Load::start(&Site::new(server.url()), &ledger, 1, "stop");
        eventually("there is load", PATIENCE, async || (ledger.lock().acknowledged() > 200).then_some(())).await;

        let started = Instant::now();
        server.running.signal(Signal::TERM);
        let status = server.running.end_within(STOP_LIMIT).await;
        let took = started.elapsed();
        load.end().await;

        assert_eq!(status.code(), Some(0), "{}", server.running.stderr());
        let stored = Stored::read(&installation.database()).await;
        // The mirror is complete when the process has ended.
        mirror::wait_until_equal(&installation.mirror_folder(), &stored, Duration::ZERO).await;
        let ledger = ledger.lock();
        reconcile(&ledger, &stored).assert_none("after a stop");
        // A request that was carried out and not answered would have left rows that nobody knows of.
        let unanswered: Vec<_> = stored.events.iter().filter_map(|row| row.event_id.as_ref())
            .filter(|id| ledger.events.get(*id) != Some(&Fate::Acknowledged)).collect();
        assert!(unanswered.is_empty(), "stored and not answered: {unanswered:?}");
        let known: HashSet<_> = ledger.exposures.iter().map(|exposure| &exposure.visitor).collect();
        assert!(stored.exposures.iter().all(|row| known.contains(&row.visitor)), "a view was stored and not answered");
        let dropped = ledger.interrupted.iter().filter(|sent_at| **sent_at + ON_THE_WAY < started).count();
        assert_eq!(dropped, 0, "requests that were in progress at the signal had no answer");
        println!(
            "{}: stopped in {took:?}, {} acknowledged, {} came too late",
            installation.engine(), ledger.acknowledged(), ledger.interrupted.len()
        );
    }

    async fn while_draining_it_serves_and_says_that_it_wants_no_more(installation: &mut Installation) {
        let mut server = installation.up().env("DRAIN_SECONDS", "2").serve().await;
        let site = Site::new(server.url());
        assert!(site.get(READY, &Cookies::new()).await.unwrap().is_ok());

        let started = Instant::now();
        server.running.signal(Signal::TERM);
        let draining = eventually("it announces the end", Duration::from_secs(1), async || {
            let ready = site.get(READY, &Cookies::new()).await.unwrap();
            (!ready.is_ok()).then_some(ready)
        })
        .await;
        assert_eq!(draining.status.as_u16(), 503);
        assert_eq!(draining.body["phase"], "draining");
        // On new connections too: a load balancer needs a while until everybody is sent elsewhere.
        let newcomer = Site::new(server.url());
        let view = newcomer.get(DASHBOARD, &Cookies::new()).await.unwrap();
        assert_eq!((view.status.as_u16(), &view.body["exposure_logged"]), (200, &json!(true)));
        let event = json!({ "event": "kpi_click", "testId": "kpi_scorecard_layout" });
        assert!(newcomer.post(EVENTS, &view.set_cookies, &event).await.unwrap().is_ok());
        assert!(!server.running.has_ended());

        let status = server.running.end_within(STOP_LIMIT).await;
        assert_eq!(status.code(), Some(0));
        assert!(started.elapsed() >= Duration::from_secs(2), "it left before the drain was over");
        let stored = Stored::read(&installation.database()).await;
        assert_eq!((stored.exposures.len(), stored.events.len()), (2, 1));
    }
}

/// A visitor on a slow line is in the middle of a request when the server is told to stop.
#[tokio::test]
async fn a_request_that_is_half_sent_at_the_stop_is_still_answered() {
    let installation = Installation::on_sqlite();
    let mut server = installation.serve().await;
    let body = r#"{"event":"kpi_click","event_id":"half-sent"}"#;
    let (first, second) = body.split_at(10);
    let head = "POST /api/experiments/events HTTP/1.1\r\nhost: dashly\r\ncontent-type: application/json";
    let mut connection = TcpStream::connect(server.address).await.unwrap();
    let beginning = format!("{head}\r\ncontent-length: {}\r\n\r\n{first}", body.len());
    connection.write_all(beginning.as_bytes()).await.unwrap();
    eventually("the request is in progress", PATIENCE, async || {
        // One that came later has been answered, so this one has been read.
        Site::new(server.url()).get(READY, &Cookies::new()).await.unwrap().is_ok().then_some(())
    })
    .await;

    server.running.signal(Signal::TERM);
    eventually("nobody else is let in", PATIENCE, async || {
        TcpStream::connect(server.address).await.is_err().then_some(())
    })
    .await;
    connection.write_all(second.as_bytes()).await.unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.unwrap();

    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert_eq!(server.running.end_within(STOP_LIMIT).await.code(), Some(0));
    let stored = Stored::read(&installation.database()).await;
    assert_eq!(stored.events[0].event_id.as_deref(), Some("half-sent"));
}
