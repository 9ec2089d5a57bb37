//! The process is killed under load, again and again: nothing it acknowledged may be missing.
//!
//! `DASHLY_CRASH_ROUNDS` sets how often (10), `DASHLY_CRASH_SEED` repeats the moments of an earlier run.

use crate::browser::{EVENTS, Site};
use crate::installation::{Installation, number_from_environment};
use crate::ledger::{Fate, OpenEvent, SharedLedger};
use crate::load::Load;
use crate::mirror::{self, Looks, Reader};
use crate::process::{PATIENCE, Server, eventually};
use crate::reconcile::reconcile;
use crate::stored::Stored;
use fastrand::Rng;
use std::time::{Duration, Instant};

const ROUNDS: u64 = 10;
/// From the first acknowledgement of a round to its kill, in milliseconds.
const KILL_AFTER_MS: std::ops::Range<u64> = 10..300;
/// From the start of a process to its kill, where it shall not get as far as to serve.
const KILL_AT_START_MS: std::ops::Range<u64> = 0..150;
/// How soon after a start the mirror shows everything.
const MIRROR_LIMIT: Duration = Duration::from_secs(5);
/// Then a new installation takes over, since every round looks at every row.
const ROWS_PER_INSTALLATION: usize = 10_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_on_sqlite_has_lost_nothing_it_acknowledged() {
    play(async || Installation::on_sqlite()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_on_postgres_has_lost_nothing_it_acknowledged() {
    play(Installation::on_postgres).await;
}

/// Figures of the whole run.
#[derive(Debug, Default)]
struct Tally {
    rounds: u64,
    kills_in_flight: u64,
    kills_at_start: u64,
    acknowledged: usize,
    unknown: usize,
    refused: usize,
    repeated: usize,
    lost: usize,
    looks: usize,
    looks_failed: usize,
    slowest_read: Duration,
    slowest_start: Duration,
    slowest_mirror: Duration,
}

async fn play(install: impl AsyncFn() -> Installation) {
    let rounds = number_from_environment("DASHLY_CRASH_ROUNDS").unwrap_or(ROUNDS);
    let seed = number_from_environment("DASHLY_CRASH_SEED").unwrap_or_else(|| fastrand::u64(..));
    let mut rng = Rng::with_seed(seed);
    let mut tally = Tally::default();
    let started = Instant::now();
    let mut engine = "";
    while tally.rounds < rounds {
        let mut life = Life::begin(install().await);
        engine = life.installation.engine();
        while tally.rounds < rounds && life.rows < ROWS_PER_INSTALLATION {
            tally.rounds += 1;
            let when = format!("{engine}, seed {seed}, round {}", tally.rounds);
            life.round(&mut rng, &mut tally, &when).await;
        }
        let when = format!("{engine}, seed {seed}, after round {}", tally.rounds);
        life.end(&mut tally, &when).await;
    }
    println!("{engine}, seed {seed}, {:.1} s: {tally:?}", started.elapsed().as_secs_f64());
    assert_eq!((tally.lost, tally.looks_failed), (0, 0));
    assert!(tally.acknowledged > 0, "nothing was acknowledged, so nothing was tested");
    assert!(tally.kills_in_flight > 0, "no kill hit a request, so nothing was tested");
}

/// One installation and everything that was sent to it.
struct Life {
    installation: Installation,
    ledger: SharedLedger,
    reader: Reader,
    site: Site,
    rows: usize,
}

impl Life {
    fn begin(installation: Installation) -> Self {
        let reader = Reader::start(installation.mirror_folder());
        let site = Site::new(String::new());
        Self { installation, ledger: SharedLedger::default(), reader, site, rows: 0 }
    }

    async fn round(&mut self, rng: &mut Rng, tally: &mut Tally, when: &str) {
        if rng.u8(..100) < 25 {
            self.kill_at_start(rng).await;
            tally.kills_at_start += 1;
        }
        let server = self.start_and_check(tally, when).await;
        let site = self.site.at(server.url());
        tally.repeated += send_again(&site, &self.ledger).await;

        let before = self.ledger.lock().acknowledged();
        let load = Load::start(&site, &self.ledger, rng.u64(..), &format!("round-{}", tally.rounds));
        eventually("visitors are answered", PATIENCE, async || {
            (self.ledger.lock().acknowledged() > before).then_some(())
        })
        .await;
        tokio::time::sleep(Duration::from_millis(rng.u64(KILL_AFTER_MS))).await;
        let interrupted = self.ledger.lock().interrupted.len();
        let in_flight = load.begin_stop();
        server.kill();
        load.end().await;
        if in_flight > 0 && self.ledger.lock().interrupted.len() > interrupted {
            tally.kills_in_flight += 1;
        }
    }

    /// A process that is killed before it serves.
    async fn kill_at_start(&self, rng: &mut Rng) {
        let running = self.installation.up().spawn();
        tokio::time::sleep(Duration::from_millis(rng.u64(KILL_AT_START_MS))).await;
        // Killed and reaped.
        drop(running);
    }

    /// Starts on what the last kill left, and holds it against what visitors were told.
    async fn start_and_check(&mut self, tally: &mut Tally, when: &str) -> Server {
        let starting = Instant::now();
        let server = self.installation.serve().await;
        tally.slowest_start = tally.slowest_start.max(starting.elapsed());
        let stored = Stored::read(&self.installation.database()).await;
        self.rows = stored.rows();
        let findings = reconcile(&self.ledger.lock(), &stored);
        tally.lost += findings.lost.len();
        findings.assert_none(when);
        let took = mirror::wait_until_equal(&self.installation.mirror_folder(), &stored, MIRROR_LIMIT).await;
        tally.slowest_mirror = tally.slowest_mirror.max(took);
        server
    }

    async fn end(mut self, tally: &mut Tally, when: &str) {
        let server = self.start_and_check(tally, when).await;
        server.stop().await;
        let looks: Looks = self.reader.stop();
        looks.assert_all_good();
        tally.looks += looks.good;
        tally.looks_failed += looks.failed;
        tally.slowest_read = tally.slowest_read.max(looks.slowest_read);
        {
            let ledger = self.ledger.lock();
            tally.acknowledged += ledger.acknowledged();
            tally.unknown += ledger.count(Fate::Unknown) + ledger.unanswered_views;
            tally.refused += ledger.count(Fate::Refused);
        }
        self.installation.remove().await;
    }
}

/// Sends again what was left without an answer; `event_id` makes that harmless.
async fn send_again(site: &Site, ledger: &SharedLedger) -> usize {
    let open = std::mem::take(&mut ledger.lock().open_events);
    let count = open.len();
    for OpenEvent { cookies, body } in open {
        let reply = site.post(EVENTS, &cookies, &body).await.unwrap();
        assert!(reply.is_ok(), "{reply:?}");
        ledger.lock().note(body["event_id"].as_str().unwrap(), Fate::Acknowledged);
    }
    count
}
