//! What the server needs runs out while it runs: space on its disk, and descriptors.
//!
//! Two ways to run out of space. A limit on the size of files (`RLIMIT_FSIZE`, changed on the living process) needs no
//! rights at all; SQLite then reports I/O errors. A small memory file system, mounted in a name space of the server's
//! own, gives the real "no space left on device"; it needs root or user name spaces, and where neither is allowed the
//! test says loudly that it did not run.

use crate::browser::{Cookies, DASHBOARD, EVENTS, READY, Site};
use crate::installation::{Installation, PASSWORD};
use crate::ledger::SharedLedger;
use crate::load::Load;
use crate::mirror::{self, Reader};
use crate::process::{Dashly, PATIENCE, Server, eventually};
use crate::reconcile::reconcile;
use crate::stored::Stored;
use dashly_db::DatabaseUrl;
use rustix::process::{Resource, Rlimit, prlimit};
use serde_json::{Value, json};
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;

/// How soon everything works again once there is space.
const RECOVERY_LIMIT: Duration = Duration::from_secs(5);
/// A database, its log and the mirror begin to fit in this.
const SMALL_DISK: &str = "16m";
/// Enough for what the server has open at rest, and not for many callers.
const FEW_DESCRIPTORS: u64 = 64;

/// Puts the server on a disk of its own.
struct SmallDisk {
    server: Server,
    /// The data folder as seen from outside the server's name space.
    data: PathBuf,
}

impl SmallDisk {
    /// None where this may not be done.
    async fn serve(installation: &Installation) -> Option<Self> {
        let wrapper: &[&str] = if rustix::process::geteuid().is_root() {
            &["unshare", "--mount", "--propagation", "private"]
        } else {
            &["unshare", "--user", "--map-root-user", "--mount", "--propagation", "private"]
        };
        let mount = format!("mount -t tmpfs -o size={SMALL_DISK} tmpfs \"$DATA_DIR\" && exec \"$@\"");
        let data = installation.data_folder();
        fs::create_dir_all(&data).unwrap();
        let probe = "mount -t tmpfs tmpfs \"$0\"";
        let allowed = Command::new(wrapper[0])
            .args(&wrapper[1..])
            .args(["bash", "-c", probe])
            .arg(&data)
            .output()
            .is_ok_and(|output| output.status.success());
        if !allowed {
            eprintln!(
                "\nNOT RUN: a small disk cannot be mounted here; run as root or allow user name spaces\n"
            );
            return None;
        }
        let command = Dashly::through_shell(wrapper, &mount, &["up"]);
        let server = command.envs(installation.environment()).env("ADMIN_PASSWORD", PASSWORD).serve().await;
        let root = format!("/proc/{}/root", server.running.pid());
        let data = Path::new(&root).join(data.strip_prefix("/").unwrap());
        Some(Self { server, data })
    }

    /// Takes all that is left.
    fn fill(&self) {
        let mut filler = File::create(self.data.join("filler")).unwrap();
        for piece in [vec![0; 65_536], vec![0; 512]] {
            while filler.write_all(&piece).is_ok() {}
        }
    }

    /// The database as of now, while nobody writes: SQLite itself would look for the path in this name space.
    fn copy_of_database(&self, installation: &Installation) -> DatabaseUrl {
        let copies =
            ["dashly.db", "dashly.db-wal"].map(|name| (self.data.join(name), installation.beside(name)));
        for (from, to) in &copies {
            fs::copy(from, to).unwrap();
        }
        let [(_, database), _] = copies;
        DatabaseUrl::Sqlite(database)
    }

    fn free(&self) {
        fs::remove_file(self.data.join("filler")).unwrap();
    }
}

async fn wait_for_acknowledgements(ledger: &SharedLedger, more: usize, patience: Duration) {
    let before = ledger.lock().acknowledged();
    eventually("visitors are acknowledged", patience, async || {
        (ledger.lock().acknowledged() >= before + more).then_some(())
    })
    .await;
}

/// While nothing can be stored: events are refused with a reason, and views go on without exposures.
async fn assert_only_writing_is_off(site: &Site, reason: &str) {
    let event = json!({ "event": "kpi_click", "testId": "kpi_scorecard_layout" });
    let refused = site.post(EVENTS, &Cookies::new(), &event).await.unwrap();
    assert_eq!(refused.status.as_u16(), 503, "{refused:?}");
    assert!(refused.retry_after.is_some(), "{refused:?}");
    assert!(refused.body["detail"].as_str().unwrap().contains(reason), "{refused:?}");
    let view = site.get(DASHBOARD, &Cookies::new()).await.unwrap();
    assert_eq!((view.status.as_u16(), &view.body["exposure_logged"]), (200, &json!(false)));
    assert!(view.body["variants"].as_object().is_some_and(|variants| variants.len() == 3), "{view:?}");
    let ready = site.get(READY, &Cookies::new()).await.unwrap();
    assert_eq!(ready.status.as_u16(), 200);
    assert_eq!(ready.body["components"]["experiment_writer"]["status"], "degraded", "{ready:?}");
}

async fn assert_nothing_is_lost(ledger: &SharedLedger, database: &DatabaseUrl, mirror: &Path, when: &str) {
    let stored = Stored::read(database).await;
    reconcile(&ledger.lock(), &stored).assert_none(when);
    let took = mirror::wait_until_equal(mirror, &stored, RECOVERY_LIMIT).await;
    let ledger = ledger.lock();
    println!(
        "{when}: {} acknowledged, {} answers with 503, 0 lost, mirror complete after {took:?}",
        ledger.acknowledged(),
        ledger.unavailable,
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_writes_and_heals_when_there_is_space() {
    let installation = Installation::on_sqlite();
    let Some(disk) = SmallDisk::serve(&installation).await else { return };
    let site = Site::new(disk.server.url());
    let reader = Reader::start(disk.data.join("experiment-logs"));
    let ledger = SharedLedger::default();
    let load = Load::start(&site, &ledger, 2, "disk");
    wait_for_acknowledgements(&ledger, 300, PATIENCE).await;

    disk.fill();
    eventually("writes are refused", PATIENCE, async || (ledger.lock().unavailable >= 50).then_some(()))
        .await;
    assert_only_writing_is_off(&site, "full").await;
    disk.free();
    wait_for_acknowledgements(&ledger, 100, RECOVERY_LIMIT).await;
    load.end().await;

    assert_nothing_is_lost(
        &ledger,
        &disk.copy_of_database(&installation),
        &disk.data.join("experiment-logs"),
        "full disk",
    )
    .await;
    reader.stop().assert_all_good();
    disk.server.stop().await;
}

/// With PostgreSQL only the mirror is on the full disk.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_under_the_mirror_alone_stops_no_visitor() {
    let installation = Installation::on_postgres().await;
    let Some(disk) = SmallDisk::serve(&installation).await else { return };
    let site = Site::new(disk.server.url());
    let reader = Reader::start(disk.data.join("experiment-logs"));
    let ledger = SharedLedger::default();
    let load = Load::start(&site, &ledger, 3, "mirror");
    wait_for_acknowledgements(&ledger, 100, PATIENCE).await;

    disk.fill();
    let mirror = async || {
        let ready = site.get(READY, &Cookies::new()).await.unwrap();
        assert_eq!(ready.status.as_u16(), 200);
        ready.body["components"]["experiment_mirror"]["status"].clone()
    };
    eventually("the mirror is degraded", PATIENCE, async || (mirror().await == "degraded").then_some(()))
        .await;
    wait_for_acknowledgements(&ledger, 100, PATIENCE).await;
    disk.free();
    load.end().await;

    assert_eq!(ledger.lock().unavailable, 0, "the database was never full");
    let folder = disk.data.join("experiment-logs");
    assert_nothing_is_lost(&ledger, &installation.database(), &folder, "full disk of the mirror").await;
    assert_eq!(mirror().await, "ok");
    reader.stop().assert_all_good();
    disk.server.stop().await;
    installation.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_that_may_not_grow_refuse_writes_and_heal() {
    let installation = Installation::on_sqlite();
    // Otherwise the kernel ends a process that writes past its limit.
    let server = Dashly::through_shell(&["env"], "trap '' XFSZ && exec \"$@\"", &["up"])
        .envs(installation.environment())
        .env("ADMIN_PASSWORD", PASSWORD)
        .serve()
        .await;
    let site = Site::new(server.url());
    let reader = Reader::start(installation.mirror_folder());
    let ledger = SharedLedger::default();
    let load = Load::start(&site, &ledger, 4, "limit");
    wait_for_acknowledgements(&ledger, 100, PATIENCE).await;

    let log = installation.data_folder().join("dashly.db-wal");
    let limit = |bytes| {
        let new = Rlimit { current: bytes, maximum: None };
        prlimit(Some(server.running.pid()), Resource::Fsize, new).unwrap();
    };
    limit(Some(fs::metadata(log).unwrap().len()));
    eventually("writes are refused", PATIENCE, async || (ledger.lock().unavailable >= 50).then_some(()))
        .await;
    assert_only_writing_is_off(&site, "disk").await;
    limit(None);
    wait_for_acknowledgements(&ledger, 100, RECOVERY_LIMIT).await;
    load.end().await;

    let folder = installation.mirror_folder();
    assert_nothing_is_lost(&ledger, &installation.database(), &folder, "limited files").await;
    reader.stop().assert_all_good();
    server.stop().await;
}

/// Seconds of processor time that a process has used.
fn processor_seconds(server: &Server) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{}/stat", server.running.pid())).unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    // User and system time, in hundredths of a second.
    let ticks: f64 = fields[11..13].iter().map(|ticks| ticks.parse::<f64>().unwrap()).sum();
    ticks / 100.0
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_descriptors_it_waits_quietly_and_goes_on_afterwards() {
    let installation = Installation::on_sqlite();
    let server = installation.serve().await;
    let site = Site::new(server.url());
    let event = json!({ "event": "kpi_click" });
    assert!(site.post(EVENTS, &Cookies::new(), &event).await.unwrap().is_ok());
    let few = Rlimit { current: Some(FEW_DESCRIPTORS), maximum: Some(FEW_DESCRIPTORS) };
    prlimit(Some(server.running.pid()), Resource::Nofile, few).unwrap();

    let mut callers = Vec::new();
    for _ in 0..2 * FEW_DESCRIPTORS {
        callers.push(TcpStream::connect(server.address).await.unwrap());
    }
    eventually("the descriptors are used up", PATIENCE, async || {
        server.running.stderr().contains("could not accept a connection").then_some(())
    })
    .await;
    let (before, started) = (processor_seconds(&server), Instant::now());
    tokio::time::sleep(Duration::from_secs(1)).await;
    let share = (processor_seconds(&server) - before) / started.elapsed().as_secs_f64();
    assert!(share < 0.5, "it spins: {share} of a processor");
    drop(callers);

    let back = Instant::now();
    let reply: Value = eventually("it serves again", RECOVERY_LIMIT, async || {
        let reply = site.post(EVENTS, &Cookies::new(), &event).await.ok()?;
        reply.is_ok().then_some(reply.body)
    })
    .await;
    assert_eq!(reply["success"], true);
    println!("{share:.2} of a processor while it waited, back after {:?}", back.elapsed());
    server.stop().await;
}
