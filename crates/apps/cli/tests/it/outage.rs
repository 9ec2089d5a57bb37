//! The database goes away, hangs or slows down behind a network of our own, and comes back.

use crate::browser::{Cookies, DASHBOARD, EVENTS, READY, Reply, Site};
use crate::installation::Installation;
use crate::ledger::SharedLedger;
use crate::load::Load;
use crate::mirror::{self, Reader};
use crate::process::{PATIENCE, Server, eventually};
use crate::proxy::{Network, Proxy};
use crate::reconcile::reconcile;
use crate::stored::Stored;
use dashly_db::DatabaseUrl;
use serde_json::json;
use std::time::{Duration, Instant};

/// A view waits a second for its exposure.
const VIEW_LIMIT: Duration = Duration::from_secs(2);
/// An event waits five seconds, and a tenth for the way.
const EVENT_LIMIT: Duration = Duration::from_millis(5_500);
/// From the return of the database to the first stored event.
const RECOVERY_LIMIT: Duration = Duration::from_secs(3);
const MIRROR_LIMIT: Duration = Duration::from_secs(5);

/// A server whose way to PostgreSQL can be disturbed.
struct Scene {
    installation: Installation,
    proxy: Proxy,
    server: Server,
    site: Site,
    ledger: SharedLedger,
    reader: Reader,
    load: Load,
}

impl Scene {
    async fn set(seed: u64) -> Self {
        let installation = Installation::on_postgres().await;
        let DatabaseUrl::Postgres(url) = installation.database() else { panic!("not PostgreSQL") };
        let url = url.expose();
        let authority = url.split_once('@').unwrap().1.split('/').next().unwrap();
        let proxy = Proxy::before(authority.parse().unwrap()).await;
        let url = url.replace(authority, &proxy.address.to_string());
        let server = installation.up().env("DATABASE_URL", url).serve().await;
        let site = Site::new(server.url());
        let reader = Reader::start(installation.mirror_folder());
        let ledger = SharedLedger::default();
        let load = Load::start(&site, &ledger, seed, "outage");
        let scene = Self { installation, proxy, server, site, ledger, reader, load };
        scene.wait_for_acknowledgements(100, PATIENCE).await;
        scene
    }

    async fn wait_for_acknowledgements(&self, more: usize, patience: Duration) {
        let before = self.ledger.lock().acknowledged();
        eventually("visitors are acknowledged", patience, async || {
            (self.ledger.lock().acknowledged() >= before + more).then_some(())
        })
        .await;
    }

    async fn view(&self) -> (Reply, Duration) {
        let started = Instant::now();
        let reply = self.site.get(DASHBOARD, &Cookies::new()).await.unwrap();
        (reply, started.elapsed())
    }

    async fn event(&self) -> (Reply, Duration) {
        let started = Instant::now();
        let event = json!({ "event": "kpi_click", "testId": "kpi_scorecard_layout", "event_id": "probe" });
        let cookies = Cookies::from([("ab_visitor_id".to_owned(), "v_probe".to_owned())]);
        self.ledger.lock().note("probe", crate::ledger::Fate::Unknown);
        let reply = self.site.post(EVENTS, &cookies, &event).await.unwrap();
        (reply, started.elapsed())
    }

    /// Views go on without exposures; events are refused in time.
    async fn assert_away(&self) {
        for _ in 0..3 {
            let ((view, view_took), (event, event_took)) = tokio::join!(self.view(), self.event());
            assert_eq!(
                (view.status.as_u16(), &view.body["exposure_logged"]),
                (200, &json!(false)),
                "{view:?}"
            );
            self.ledger.lock().unanswered_views += 1;
            assert!(view_took < VIEW_LIMIT, "a view took {view_took:?}");
            assert_eq!(event.status.as_u16(), 503, "{event:?}");
            assert!(event.retry_after.is_some(), "{event:?}");
            assert!(event_took < EVENT_LIMIT, "an event took {event_took:?}");
        }
        let ready = self.site.get(READY, &Cookies::new()).await.unwrap();
        assert_eq!(ready.status.as_u16(), 200, "a lost database does not take the process out");
        assert_eq!(ready.body["components"]["experiment_writer"]["status"], "degraded", "{ready:?}");
    }

    /// Back without a restart, and nothing missing.
    async fn recover(mut self, what: &str) {
        let back = Instant::now();
        self.proxy.set(Network::Works);
        eventually("an event is stored again", RECOVERY_LIMIT, async || {
            self.event().await.0.is_ok().then_some(())
        })
        .await;
        let took = back.elapsed();
        self.wait_for_acknowledgements(50, PATIENCE).await;
        self.load.end().await;
        assert!(!self.server.running.has_ended());
        let stored = Stored::read(&self.installation.database()).await;
        reconcile(&self.ledger.lock(), &stored).assert_none(what);
        mirror::wait_until_equal(&self.installation.mirror_folder(), &stored, MIRROR_LIMIT).await;
        self.reader.stop().assert_all_good();
        {
            let ledger = self.ledger.lock();
            let (acknowledged, refused) = (ledger.acknowledged(), ledger.unavailable);
            println!(
                "{what}: {acknowledged} acknowledged, {refused} answers with 503, 0 lost, back after {took:?}"
            );
        }
        self.server.stop().await;
        self.installation.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_cut_off_stops_no_view_and_loses_nothing() {
    let scene = Scene::set(5).await;
    scene.proxy.set(Network::Cut);
    eventually("the server notices", PATIENCE, async || (scene.event().await.0.status == 503).then_some(()))
        .await;
    scene.assert_away().await;
    scene.recover("cut off").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_falls_silent_stops_no_view_and_loses_nothing() {
    let scene = Scene::set(6).await;
    scene.proxy.set(Network::Silent);
    let (view, took) = scene.view().await;
    scene.ledger.lock().unanswered_views += 1;
    assert_eq!((view.status.as_u16(), &view.body["exposure_logged"]), (200, &json!(false)), "{view:?}");
    assert!(took < VIEW_LIMIT, "the first view took {took:?}");
    let (event, took) = scene.event().await;
    assert_eq!(event.status.as_u16(), 503, "{event:?}");
    assert!(took < EVENT_LIMIT, "the first event took {took:?}");
    eventually("the server counts it as away", PATIENCE, async || {
        let ready = scene.site.get(READY, &Cookies::new()).await.unwrap();
        (ready.body["components"]["experiment_writer"]["status"] == "degraded").then_some(())
    })
    .await;
    scene.assert_away().await;
    scene.recover("silent").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_database_keeps_nobody_waiting_past_the_limits() {
    let scene = Scene::set(7).await;
    // As to another continent.
    scene.proxy.set(Network::Slow(Duration::from_millis(40)));
    let mut times = Vec::new();
    for _ in 0..3 {
        let (event, took) = scene.event().await;
        assert!(event.is_ok() && took < EVENT_LIMIT, "an event took {took:?}: {event:?}");
        times.push(took);
    }
    println!("far: events took {times:?}");
    // Too slow to be of use.
    scene.proxy.set(Network::Slow(Duration::from_millis(300)));
    let mut answers = Vec::new();
    for _ in 0..5 {
        let ((view, view_took), (event, event_took)) = tokio::join!(scene.view(), scene.event());
        assert!(view.is_ok() && view_took < VIEW_LIMIT, "a view took {view_took:?}: {view:?}");
        scene.ledger.lock().unanswered_views += 1;
        assert!(event.is_ok() || event.retry_after.is_some(), "{event:?}");
        assert!(event_took < EVENT_LIMIT, "an event took {event_took:?}");
        answers.push(event.status.as_u16());
    }
    println!("slow: events were answered {answers:?}");
    scene.recover("slow").await;
}
