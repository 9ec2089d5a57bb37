//! `dashly erase-visitor` beside a running server, and killed at any moment.

use crate::browser::{Cookies, DASHBOARD, EVENTS, Site};
use crate::installation::Installation;
use crate::ledger::SharedLedger;
use crate::load::Load;
use crate::mirror::{self, Reader};
use crate::process::{PATIENCE, eventually};
use crate::recount::faults;
use crate::stored::Stored;
use fastrand::Rng;
use rustix::process::Signal;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::time::Duration;

/// From the start of the command to its kill, in milliseconds.
const KILL_AFTER_MS: std::ops::Range<u64> = 5..150;
const KILLS: usize = 12;

/// One visitor with an exposure and two events, of whom one says an order number.
async fn visit(site: &Site, id: &str) {
    let cookies = Cookies::from([("ab_visitor_id".to_owned(), id.to_owned())]);
    assert!(site.get(DASHBOARD, &cookies).await.unwrap().is_ok());
    for event_id in [format!("order-{id}"), format!("second-{id}")] {
        let event = json!({ "event": "kpi_click", "testId": "kpi_scorecard_layout", "event_id": event_id });
        assert!(site.post(EVENTS, &cookies, &event).await.unwrap().is_ok());
    }
}

/// Rows that name the visitor.
fn rows_of(stored: &Stored, id: &str) -> (usize, usize) {
    let exposures = stored.exposures.iter().filter(|row| row.visitor == id).count();
    (exposures, stored.events.iter().filter(|row| row.visitor == id).count())
}

/// Files in the folder that have the text in them, whatever they are.
fn files_with(folder: &Path, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else { return found };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_with(&path, text));
        } else if let Ok(bytes) = fs::read(&path)
            && bytes.windows(text.len()).any(|window| window == text.as_bytes())
        {
            found.push(path.display().to_string());
        }
    }
    found
}

both_databases! {
    async fn a_visitor_is_erased_while_the_server_runs(installation: &mut Installation) {
        let server = installation.serve().await;
        let site = Site::new(server.url());
        for id in ["v_gone", "v_stays"] {
            visit(&site, id).await;
        }
        let before = Stored::read(&installation.database()).await;
        mirror::wait_until_equal(&installation.mirror_folder(), &before, PATIENCE).await;
        let reader = Reader::start(installation.mirror_folder());
        let erase = |words: &[&str]| installation.command(&[&["erase-visitor"], words].concat());

        let shown = erase(&["v_gone", "--dry-run"]).run().await.succeeded();
        assert!(shown.contains("2 exposures and 2 events in 2 experiments"), "{shown}");
        let unasked = erase(&["v_gone"]).run().await;
        assert!(unasked.refusal().contains("add --yes"), "{}", unasked.stderr);
        let unknown = erase(&["v_nobody", "--yes"]).run().await;
        assert_eq!(unknown.code(), Some(1));
        assert_eq!(unknown.stdout, "Nothing is stored of this visitor.\n");
        assert_eq!(rows_of(&Stored::read(&installation.database()).await, "v_gone"), (2, 2));

        let erased = erase(&["-", "--yes", "--json"]).stdin("v_gone\n").run().await.succeeded();
        let report: Value = erased.parse().unwrap();
        assert_eq!((&report["exposures"], &report["events"], &report["account"]), (&json!(2), &json!(2), &json!(false)));
        assert_eq!((&report["erased"], &report["mirror"]), (&json!(true), &json!("rewritten")));

        let after = Stored::read(&installation.database()).await;
        assert_eq!((rows_of(&after, "v_gone"), rows_of(&after, "v_stays")), ((0, 0), (2, 2)));
        assert_eq!((&after.totals, &after.timeline, &after.draws, &after.signals), (&before.totals, &before.timeline, &before.draws, &before.signals));
        assert_eq!(faults(&after), Vec::<String>::new());
        mirror::wait_until_equal(&installation.mirror_folder(), &after, PATIENCE).await;
        reader.stop().assert_all_good();
        assert_eq!(erase(&["v_gone", "--yes"]).run().await.code(), Some(1));
        server.stop().await;
        // SQLite: what was overwritten is not in free space either, nor in a log that the end has cleared.
        assert_eq!(files_with(&installation.data_folder(), "v_gone"), Vec::<String>::new());
        assert_ne!(files_with(&installation.data_folder(), "v_stays"), Vec::<String>::new());
    }

    async fn a_killed_erasure_did_everything_or_nothing_and_can_be_done_again(installation: &mut Installation) {
        let seed = fastrand::u64(..);
        let mut rng = Rng::with_seed(seed);
        let server = installation.serve().await;
        let site = Site::new(server.url());
        let ids: Vec<String> = (0..KILLS).map(|number| format!("v_gone_{number}")).collect();
        for id in &ids {
            visit(&site, id).await;
        }
        let ledger = SharedLedger::default();
        let reader = Reader::start(installation.mirror_folder());
        let mut kills = 0;
        for id in &ids {
            // Only around the kill: what else is stored is read again after each.
            let load = Load::start(&site, &ledger, seed, id);
            let mut command = installation.command(&["erase-visitor", id, "--yes"]).spawn();
            tokio::time::sleep(Duration::from_millis(rng.u64(KILL_AFTER_MS))).await;
            if !command.has_ended() {
                command.signal(Signal::KILL);
                kills += 1;
            }
            command.end_within(PATIENCE).await;
            load.end().await;
            let rows = rows_of(&Stored::read(&installation.database()).await, id);
            assert!(rows == (2, 2) || rows == (0, 0), "seed {seed}, {id}: {rows:?}");
        }
        assert!(kills > 0, "seed {seed}: no kill hit the command, so nothing was tested");
        for id in &ids {
            let again = installation.command(&["erase-visitor", id, "--yes"]).run().await;
            let said = if again.code() == Some(0) { "The visitor is erased" } else { "Nothing is stored of this visitor." };
            assert!(again.stdout.starts_with(said), "seed {seed}, {id}: {again:?}");
        }

        let stored = Stored::read(&installation.database()).await;
        for id in &ids {
            assert_eq!(rows_of(&stored, id), (0, 0), "seed {seed}, {id}");
        }
        assert_eq!(faults(&stored), Vec::<String>::new(), "seed {seed}");
        mirror::wait_until_equal(&installation.mirror_folder(), &stored, PATIENCE).await;
        reader.stop().assert_all_good();
        server.stop().await;
        let recount = installation.command(&["experiments", "recount", "--check"]).run().await;
        assert_eq!(recount.code(), Some(0), "seed {seed}: {}", recount.stdout);
    }

    async fn what_the_killed_command_left_of_the_mirror_is_finished_by_the_next(installation: &mut Installation) {
        let server = installation.serve().await;
        visit(&Site::new(server.url()), "v_gone").await;
        visit(&Site::new(server.url()), "v_stays").await;
        server.stop().await;
        let folder = installation.mirror_folder();
        assert_ne!(files_with(&folder, "v_gone"), Vec::<String>::new());
        // As when it is killed after its commit: the files do not know of the erasure.
        let erased = installation.command(&["erase-visitor", "v_gone", "--yes"]).env("EXPERIMENT_LOG_DIR", "off");
        let _ = erased.run().await.succeeded();
        assert_ne!(files_with(&folder, "v_gone"), Vec::<String>::new());

        let again = installation.command(&["erase-visitor", "v_gone", "--yes"]).run().await;

        assert_eq!((again.code(), again.stdout.as_str()), (Some(1), "Nothing is stored of this visitor.\nThe files of the mirror were written anew.\n"));
        assert_eq!(files_with(&folder, "v_gone"), Vec::<String>::new());
        let stored = Stored::read(&installation.database()).await;
        mirror::wait_until_equal(&folder, &stored, PATIENCE).await;

        let other = installation.command(&["erase-visitor", "v_stays", "--yes"]).env("EXPERIMENT_LOG_DIR", "off");
        let _ = other.run().await.succeeded();
        let server = installation.serve().await;
        eventually("the server finishes it", PATIENCE, async || {
            files_with(&folder, "v_stays").is_empty().then_some(())
        })
        .await;
        mirror::wait_until_equal(&folder, &Stored::read(&installation.database()).await, PATIENCE).await;
        server.stop().await;
    }
}
