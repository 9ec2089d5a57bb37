//! Backups of a server at work, restored on either engine, cut, damaged and killed.

use crate::browser::{Cookies, Site};
use crate::installation::{Installation, PASSWORD};
use crate::ledger::SharedLedger;
use crate::load::Load;
use crate::process::{Dashly, PATIENCE, eventually};
use crate::recount;
use crate::stored::Stored;
use dashly_db::{DatabaseUrl, Db, Sql, sql};
use rustix::process::Signal;
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Instant;

const RESULTS: &str = "/api/experiments/results";
const BIG_ROWS: i64 = 100_000;
const FILL: Sql = sql! {
    postgres: "insert into replay_looks (source, experiment_id, variant_id, metric_id, at, control_visitors, treatment_visitors,
                 control_mean, treatment_mean, control_variance, treatment_variance)
               select 's', md5(n::text), 'v', 'm', n, n * 0.1, n * 0.2, n / 3.0, n / 7.0, 1e-5, 1e5
               from generate_series(1, $1) n",
    sqlite: "with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < $1)
             insert into replay_looks (source, experiment_id, variant_id, metric_id, at, control_visitors, treatment_visitors,
               control_mean, treatment_mean, control_variance, treatment_variance)
             select 's', hex(randomblob(16)), 'v', 'm', n, n * 0.1, n * 0.2, n / 3.0, n / 7.0, 1e-5, 1e5
             from numbers",
};
const COUNT_LOOKS: Sql = sql!("select count(*) from replay_looks");
const MARK: Sql = sql!(
    "insert into replay_sources (source, licence, imported_at, left_out, series)
                        select 'mark', 'none', min(created_at), 0, 0 from users"
);
const COUNT_MARKS: Sql = sql!("select count(*) from replay_sources where source = 'mark'");

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A backup of `installation` beside its data.
async fn back_up(installation: &Installation, name: &str) -> PathBuf {
    let file = installation.beside(name);
    let output = installation.command(&["backup", text(&file)]).run().await.succeeded();
    assert!(output.contains("Checked: restored into a fresh database"), "{output}");
    file
}

async fn both_engines() -> [Installation; 2] {
    [Installation::on_sqlite(), Installation::on_postgres().await]
}

async fn number(url: &DatabaseUrl, sql: Sql) -> i64 {
    let db = Db::connect_read_only(url).await.unwrap();
    let number = db.fetch_one(sql.query()).await.unwrap().get(0).unwrap();
    db.close().await;
    number
}

async fn sign_in(site: &Site) -> Cookies {
    let body = json!({ "username": "admin", "password": PASSWORD });
    let reply = site.post("/api/auth/login", &Cookies::new(), &body).await.unwrap();
    assert!(reply.is_ok(), "{:?}", reply.body);
    reply.set_cookies
}

async fn results(site: &Site, session: &Cookies) -> Value {
    let reply = site.get(RESULTS, session).await.unwrap();
    assert!(reply.is_ok(), "{:?}", reply.body);
    assert!(reply.body["experiments"].as_array().unwrap().len() > 2, "{:?}", reply.body);
    // What is beside them is the moment and the health of the process.
    reply.body["experiments"].clone()
}

/// A server that has served some visitors and is stopped again.
async fn used(installation: &Installation) {
    let server = installation.serve().await;
    let load = Load::start(&Site::new(server.url()), &SharedLedger::default(), 7, "used");
    eventually("some visits are stored", PATIENCE, async || {
        (Stored::read(&installation.database()).await.rows() > 100).then_some(())
    })
    .await;
    load.end().await;
    server.stop().await;
}

/// Names in a folder.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

both_databases! {
    async fn a_backup_under_load_holds_what_was_acknowledged_before_and_adds_up(installation: &mut Installation) {
        let server = installation.serve().await;
        let ledger = SharedLedger::default();
        let load = Load::start(&Site::new(server.url()), &ledger, 3, "load");
        eventually("visits are acknowledged", PATIENCE, async || (ledger.lock().acknowledged() > 300).then_some(())).await;
        let before = ledger.lock().exposures.clone();

        let file = back_up(installation, "under-load.gz").await;

        load.end().await;
        server.stop().await;
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        let mut rows = Vec::new();
        for other in both_engines().await {
            let output = other.command(&["restore", text(&file)]).run().await.succeeded();
            assert!(output.contains("all read back and equal to the backup"), "{output}");
            let stored = Stored::read(&other.database()).await;
            assert_eq!(recount::faults(&stored), Vec::<String>::new());
            let has = |key: &&crate::ledger::ExposureKey| {
                stored.exposures.iter().any(|row| {
                    row.visitor == key.visitor && row.test_id == key.test && row.variant == key.variant
                })
            };
            assert!(!before.is_empty());
            assert_eq!(before.iter().filter(|key| !has(key)).count(), 0, "acknowledged before, and not in it");
            let check = other.command(&["experiments", "recount", "--check"]).run().await.succeeded();
            assert!(check.contains("Everything kept is what the rows say."), "{check}");
            rows.push(stored.rows());
            other.remove().await;
        }
        assert_eq!(rows[0], rows[1]);
        assert!(rows[0] <= Stored::read(&installation.database()).await.rows());
    }

    async fn a_restored_installation_answers_the_same_on_either_engine(installation: &mut Installation) {
        used(installation).await;
        let server = installation.serve().await;
        let site = Site::new(server.url());
        let session = sign_in(&site).await;
        let expected = results(&site, &session).await;
        let plain = installation.beside("plain.gz");
        let output = installation.command(&["backup", text(&plain)]).run().await.succeeded();
        assert!(output.contains("Not in it: jwt-secret (--with-secrets keeps it)"), "{output}");
        let full = installation.beside("full.gz");
        let output = installation.command(&["backup", "--with-secrets", text(&full)]).run().await.succeeded();
        assert!(!output.contains("Not in it: jwt-secret"), "{output}");
        server.stop().await;

        for (file, keeps_sessions) in [(&plain, false), (&full, true)] {
            for other in both_engines().await {
                other.command(&["restore", text(file)]).run().await.succeeded();
                let server = other.serve().await;
                let there = Site::new(server.url());
                assert_eq!(results(&there, &sign_in(&there).await).await, expected);
                let still = there.get("/api/auth/me", &session).await.unwrap().is_ok();
                assert_eq!(still, keeps_sessions);
                server.stop().await;
                other.remove().await;
            }
        }
    }

    async fn a_restore_that_cannot_be_done_changes_nothing(installation: &mut Installation) {
        used(installation).await;
        let file = back_up(installation, "good.gz").await;
        let before = Stored::read(&installation.database()).await.rows();
        let restore = |more: &[&str]| installation.command(&[&["restore"], more].concat());

        let held = restore(&[text(&file)]).run().await;
        assert!(held.refusal().contains("is not empty"), "{held:?}");
        assert!(held.refusal().contains("--replace"), "{held:?}");
        let unconfirmed = restore(&[text(&file), "--replace"]).run().await;
        assert!(unconfirmed.refusal().contains("add --yes"), "{unconfirmed:?}");
        let bytes = fs::read(&file).unwrap();
        let bad = installation.beside("bad.gz");
        let middle = bytes.len() / 2;
        let mut flipped = bytes.clone();
        flipped[middle] ^= 1;
        for (content, expected) in [
            (&flipped[..], "damaged or was cut short"),
            (&bytes[..middle], "damaged or was cut short"),
            (&bytes[..20], "not a Dashly backup"),
            (b"[]", "not a Dashly backup"),
            (b"", "not a Dashly backup"),
        ] {
            fs::write(&bad, content).unwrap();
            let refused = restore(&[text(&bad), "--replace", "--yes"]).run().await;
            assert!(refused.refusal().contains(expected), "{refused:?}");
            let checked = restore(&[text(&bad), "--check"]).run().await;
            assert!(checked.refusal().contains(expected), "{checked:?}");
        }
        let server = installation.serve().await;
        let busy = restore(&[text(&file), "--replace", "--yes"]).run().await;
        let words = ["another Dashly process is using", "stop all servers that use it"];
        assert!(words.iter().any(|words| busy.refusal().contains(words)), "{busy:?}");
        server.stop().await;
        assert_eq!(Stored::read(&installation.database()).await.rows(), before);

        // And one that can be done: what came after the backup is given up.
        used(installation).await;
        let output = restore(&[text(&file), "--replace", "--yes", "--json"]).run().await.succeeded();
        let report: Value = output.parse().unwrap();
        assert_eq!(Stored::read(&installation.database()).await.rows(), before);
        if let Some(old) = report["old_database"].as_str() {
            assert!(Stored::read(&DatabaseUrl::Sqlite(old.into())).await.rows() > before);
        }
        let server = installation.serve().await;
        eventually("the mirror has what was restored and no more", PATIENCE, async || {
            let rows = |name: &str| -> Option<usize> {
                let text = fs::read_to_string(installation.mirror_folder().join(name)).ok()?;
                Some(serde_json::from_str::<Vec<Value>>(&text).ok()?.len())
            };
            (rows("exposures.json")? + rows("events.json")? == before).then_some(())
        })
        .await;
        server.stop().await;
    }

    async fn a_killed_restore_leaves_what_was_there_and_a_killed_backup_no_file(installation: &mut Installation) {
        used(installation).await;
        let db = Db::connect(&installation.database()).await.unwrap();
        db.execute(FILL.query().bind(BIG_ROWS)).await.unwrap();
        db.close().await;
        let started = Instant::now();
        let file = back_up(installation, "big.gz").await;
        let took = started.elapsed();
        let db = Db::connect(&installation.database()).await.unwrap();
        db.execute(MARK.query()).await.unwrap();
        db.close().await;

        let folder = installation.beside("killed");
        fs::create_dir(&folder).unwrap();
        for part in 1..4 {
            let mut running = installation.command(&["backup", "--directory", text(&folder)]).spawn();
            tokio::time::sleep(took * part / 8).await;
            running.signal(Signal::KILL);
            running.end_within(PATIENCE).await;
            let left = names(&folder);
            assert!(left.iter().all(|name| name.starts_with(".dashly-backup-")), "{left:?}");
        }
        let output = installation.command(&["backup", "--directory", text(&folder)]).run().await.succeeded();
        assert!(output.contains("Checked: restored"), "{output}");
        let left = names(&folder);
        assert_eq!(left.len(), 2, "the lock and the backup, nothing unfinished: {left:?}");

        let mut kills = 0;
        for part in 1..6 {
            let mut running = installation.command(&["restore", text(&file), "--replace", "--yes"]).spawn();
            tokio::time::sleep(took * part / 10).await;
            if running.has_ended() {
                break;
            }
            running.signal(Signal::KILL);
            if running.end_within(PATIENCE).await.success() {
                break;
            }
            let marks = number(&installation.database(), COUNT_MARKS).await;
            assert_eq!(number(&installation.database(), COUNT_LOOKS).await, BIG_ROWS, "kill {part}");
            if marks == 0 {
                // The server had heard the commit: all of the backup is there.
                break;
            }
            kills += 1;
        }
        assert!(kills > 1, "too fast to be killed");
        installation.command(&["restore", text(&file), "--replace", "--yes"]).run().await.succeeded();
        assert_eq!(number(&installation.database(), COUNT_MARKS).await, 0);
        assert_eq!(number(&installation.database(), COUNT_LOOKS).await, BIG_ROWS);
        installation.serve().await.stop().await;
    }

    async fn an_empty_database_comes_back_and_a_missing_one_is_named(installation: &mut Installation) {
        let file = installation.beside("empty.gz");
        let missing = installation.command(&["backup", text(&file)]).run().await;
        let words = ["there is no database", "no tables of Dashly"];
        assert!(words.iter().any(|words| missing.refusal().contains(words)), "{missing:?}");
        assert!(!file.exists());
        installation.command(&["migrate"]).run().await.succeeded();
        back_up(installation, "empty.gz").await;
        for other in both_engines().await {
            // A database is empty, too, that has only what the migrations put there.
            other.command(&["migrate"]).run().await.succeeded();
            other.command(&["restore", text(&file)]).run().await.succeeded();
            other.serve().await.stop().await;
            other.remove().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_keeps_as_many_as_asked_for_and_loses_only_its_own() {
    let installation = Installation::on_sqlite();
    installation.command(&["migrate"]).run().await.succeeded();
    let folder = installation.beside("backups");
    fs::create_dir(&folder).unwrap();
    let own = ["dashly-2020-01-01T00-00-00Z.backup.gz", "dashly-2020-01-02T00-00-00Z.backup.gz"];
    let foreign = ["dashly-monday.backup.gz", "other-2020-01-01T00-00-00Z.backup.gz", "notes.txt"];
    for name in own.iter().chain(&foreign).chain(&[".dashly-backup-abc"]) {
        fs::write(folder.join(name), "x").unwrap();
    }
    // A backup that fails deletes nothing.
    let broken = installation
        .command(&["backup", "--directory", text(&folder), "--keep", "1"])
        .env("DATA_DIR", installation.beside("typo"));
    assert!(broken.run().await.refusal().contains("there is no database"));
    assert!(own.iter().all(|name| folder.join(name).exists()));

    let output = installation
        .command(&["backup", "--directory", text(&folder), "--keep", "2", "--json"])
        .run()
        .await
        .succeeded();
    let report: Value = output.parse().unwrap();
    assert_eq!(report["deleted"], json!([folder.join(own[0])]));
    assert_eq!(report["verified"]["recount"], json!({ "equal": { "exposures": 0, "conversions": 0 } }));
    let left = names(&folder);
    assert!(foreign.iter().all(|name| left.contains(&(*name).to_owned())), "{left:?}");
    assert!(!left.contains(&own[0].to_owned()) && left.contains(&own[1].to_owned()), "{left:?}");
    assert!(!left.contains(&".dashly-backup-abc".to_owned()), "{left:?}");
    assert_eq!(left.len(), foreign.len() + 3, "one older, one new, the lock: {left:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_is_not_overwritten_and_a_pipe_works() {
    let from = Installation::on_sqlite();
    used(&from).await;
    let file = back_up(&from, "first.gz").await;
    let bytes = fs::read(&file).unwrap();
    let refused = from.command(&["backup", text(&file)]).run().await;
    assert!(refused.refusal().contains("--force"), "{refused:?}");
    assert_eq!(fs::read(&file).unwrap(), bytes);
    let output = from.command(&["backup", text(&file), "--force", "--no-verify"]).run().await.succeeded();
    assert!(output.contains("Not checked by restoring (--no-verify)"), "{output}");

    let to = Installation::on_postgres().await;
    let piped = from.beside("piped.gz");
    let script = format!("exec \"$@\" backup - > {}", text(&piped));
    let ended = Dashly::through_shell(&[], &script, &[]).envs(from.environment()).run().await;
    assert!(ended.stderr.contains("Not checked by restoring"), "{ended:?}");
    let script = format!("exec \"$@\" restore - < {}", text(&piped));
    Dashly::through_shell(&[], &script, &[]).envs(to.environment()).run().await.succeeded();
    let rows = Stored::read(&from.database()).await.rows();
    assert_eq!(Stored::read(&to.database()).await.rows(), rows);

    let shown = Dashly::new(&["backup", "--inspect", text(&piped), "--json"]).run().await.succeeded();
    let shown: Value = shown.parse().unwrap();
    assert_eq!(shown["header"]["engine"], "sqlite");
    assert_eq!(shown["header"]["attachments"], json!(["tests.json"]));
    to.remove().await;
}

/// A limit on the size of files stands for a full disk: both are refused writes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_space_nothing_is_left_and_nothing_is_lost() {
    const LIMITED: &str = "trap '' XFSZ; ulimit -f 16; exec \"$@\"";
    let installation = Installation::on_sqlite();
    used(&installation).await;
    let file = back_up(&installation, "good.gz").await;
    let rows = Stored::read(&installation.database()).await.rows();
    let folder = installation.beside("full");
    fs::create_dir(&folder).unwrap();
    let limited =
        |arguments: &[&str]| Dashly::through_shell(&[], LIMITED, arguments).envs(installation.environment());

    let failed = limited(&["backup", text(&folder.join("a.gz"))]).run().await;
    assert!(failed.refusal().contains("File too large") || failed.refusal().contains("disk"), "{failed:?}");
    assert_eq!(names(&folder), Vec::<String>::new());

    let before = names(&installation.data_folder());
    let failed = limited(&["restore", text(&file), "--replace", "--yes"]).run().await;
    assert!(failed.refusal().contains("it is as it was"), "{failed:?}");
    assert_eq!(names(&installation.data_folder()), before);
    assert_eq!(Stored::read(&installation.database()).await.rows(), rows);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_database_can_be_replaced_and_is_put_aside() {
    let installation = Installation::on_sqlite();
    used(&installation).await;
    let file = back_up(&installation, "good.gz").await;
    let rows = Stored::read(&installation.database()).await.rows();
    let path = installation.data_folder().join("dashly.db");
    fs::write(&path, vec![7; 50_000]).unwrap();
    fs::write(installation.data_folder().join("dashly.db-wal"), vec![7; 5_000]).unwrap();
    let asked = installation.command(&["restore", text(&file)]).run().await;
    assert!(asked.refusal().contains("cannot be read"), "{asked:?}");
    let output =
        installation.command(&["restore", text(&file), "--replace", "--yes"]).run().await.succeeded();
    assert!(output.contains("the old database is kept as"), "{output}");
    assert_eq!(Stored::read(&installation.database()).await.rows(), rows);
    let server = installation.serve().await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_killed_server_left_in_its_log_is_backed_up_and_put_aside() {
    let installation = Installation::on_sqlite();
    used(&installation).await;
    let file = back_up(&installation, "before.gz").await;
    let before = Stored::read(&installation.database()).await.rows();
    let server = installation.serve().await;
    let load = Load::start(&Site::new(server.url()), &SharedLedger::default(), 11, "killed");
    eventually("more is stored", PATIENCE, async || {
        (Stored::read(&installation.database()).await.rows() > before + 50).then_some(())
    })
    .await;
    server.kill();
    load.end().await;
    assert!(installation.data_folder().join("dashly.db-wal").metadata().unwrap().len() > 0);

    let late = back_up(&installation, "late.gz").await;
    let rows = Stored::read(&installation.database()).await.rows();
    let restore =
        |file: &Path| installation.command(&["restore", text(file), "--replace", "--yes", "--json"]);
    let report: Value = restore(&file).run().await.succeeded().parse().unwrap();
    let old = DatabaseUrl::Sqlite(report["old_database"].as_str().unwrap().into());
    assert_eq!(Stored::read(&old).await.rows(), rows);
    assert_eq!(Stored::read(&installation.database()).await.rows(), before);
    restore(&late).run().await.succeeded();
    assert_eq!(Stored::read(&installation.database()).await.rows(), rows);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_is_told_to_stop_clears_up() {
    let installation = Installation::on_sqlite();
    used(&installation).await;
    let db = Db::connect(&installation.database()).await.unwrap();
    db.execute(FILL.query().bind(BIG_ROWS)).await.unwrap();
    db.close().await;
    let file = back_up(&installation, "good.gz").await;
    let folder = installation.beside("stopped");
    fs::create_dir(&folder).unwrap();
    let other = Installation::on_sqlite();
    let backup = installation.command(&["backup", text(&folder.join("a.gz"))]).spawn();
    let restore = other.command(&["restore", text(&file)]).spawn();
    for (mut running, folder) in [(backup, folder), (restore, other.data_folder())] {
        eventually("it has begun to write", PATIENCE, async || {
            let is_begun =
                |name: &String| name.starts_with(".dashly-backup-") || name.ends_with(".restoring");
            (folder.exists() && names(&folder).iter().any(is_begun)).then_some(())
        })
        .await;
        running.signal(Signal::TERM);
        assert_eq!(running.end_within(PATIENCE).await.code(), Some(1), "{}", running.stderr());
        assert!(running.stderr().contains("told to stop before the end"), "{}", running.stderr());
        let left: Vec<String> = names(&folder).into_iter().filter(|name| name != ".lock").collect();
        assert_eq!(left, Vec::<String>::new());
    }
}
