//! `dashly experiments retention`, killed at any moment.

use crate::browser::{Cookies, DASHBOARD, EVENTS, Site};
use crate::installation::{Installation, tests_file};
use crate::mirror;
use crate::process::{Ended, PATIENCE};
use crate::stored::Stored;
use dashly_db::{Db, Query, Sql, sql};
use fastrand::Rng;
use rustix::process::Signal;
use serde_json::{Value, json};
use std::fs;
use std::time::Duration;

/// From the start of the command to its first kill in milliseconds; each later one comes after as much more.
const KILL_AFTER_MS: std::ops::Range<u64> = 20..60;
const MOST_KILLS: u64 = 8;

/// The visitor of `v_one` many times over, and everything ten days ago.
const MULTIPLY: [Sql; 4] = [
    sql! {
        postgres: "
            insert into experiment_exposures
              (user_or_session_id, test_id, variant, drawn_variant, epoch, device, visitor_kind, is_first, recorded_at)
            select 'v_old_' || n, test_id, variant, drawn_variant, epoch, device, visitor_kind, is_first, recorded_at
            from experiment_exposures, generate_series(1, 6000) as n
            where user_or_session_id = 'v_one' and is_first",
        sqlite: "
            insert into experiment_exposures
              (user_or_session_id, test_id, variant, drawn_variant, epoch, device, visitor_kind, is_first, recorded_at)
            with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < 6000)
            select 'v_old_' || n, test_id, variant, drawn_variant, epoch, device, visitor_kind, is_first, recorded_at
            from experiment_exposures, numbers
            where user_or_session_id = 'v_one' and is_first",
    },
    sql! {
        postgres: "
            insert into experiment_events (user_or_session_id, event_name, counted_as, recorded_at)
            select 'v_old_' || n, 'scrolled', 'other', now() from generate_series(1, 12000) as n",
        sqlite: "
            insert into experiment_events (user_or_session_id, event_name, counted_as)
            with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < 12000)
            select 'v_old_' || n, 'scrolled', 'other' from numbers",
    },
    sql! {
        postgres: "update experiment_exposures set recorded_at = recorded_at - interval '10 days'",
        sqlite: "update experiment_exposures set recorded_at = recorded_at - 864000000000",
    },
    sql! {
        postgres: "update experiment_events set recorded_at = recorded_at - interval '10 days'",
        sqlite: "update experiment_events set recorded_at = recorded_at - 864000000000",
    },
];

const GROW_OLD: Sql = sql! {
    postgres: "
        update experiment_settings
        set archived_at = archived_at - interval '10 days', changed_at = changed_at - interval '10 days'",
    sqlite: "
        update experiment_settings
        set archived_at = archived_at - 864000000000, changed_at = changed_at - 864000000000",
};

/// The tests' experiments, with one archived; gives where they are.
fn archive(installation: &Installation, test_id: &str) -> String {
    let mut tests: Value = fs::read_to_string(tests_file()).unwrap().parse().unwrap();
    for experiment in tests["experiments"].as_array_mut().unwrap() {
        if experiment["test_id"] == test_id {
            experiment["status"] = json!("archived");
        }
    }
    let path = installation.beside("tests.json");
    fs::write(&path, tests.to_string()).unwrap();
    path.display().to_string()
}

async fn recount(installation: &Installation, tests: &str, words: &[&str]) -> Ended {
    installation.command(&[&["experiments", "recount"], words].concat()).env("TESTS_FILE", tests).run().await
}

both_databases! {
    async fn a_killed_removal_is_finished_by_the_next(installation: &mut Installation) {
        let seed = fastrand::u64(..);
        let mut rng = Rng::with_seed(seed);
        let server = installation.serve().await;
        let site = Site::new(server.url());
        let cookies = Cookies::from([("ab_visitor_id".to_owned(), "v_one".to_owned())]);
        assert!(site.get(DASHBOARD, &cookies).await.unwrap().is_ok());
        for event in [json!({ "event": "kpi_click", "testId": "kpi_scorecard_layout" }), json!({ "event": "scroll" })] {
            assert!(site.post(EVENTS, &cookies, &event).await.unwrap().is_ok());
        }
        server.stop().await;
        let db = Db::connect_existing(&installation.database()).await.unwrap();
        for statement in MULTIPLY {
            let query: Query<'_> = statement.query();
            db.execute(query).await.unwrap();
        }
        db.close().await;
        let tests = archive(installation, "kpi_scorecard_layout");
        assert_eq!(recount(installation, &tests, &[]).await.code(), Some(0));
        let retention = |words: &[&str]| {
            installation.command(&[&["experiments", "retention"], words].concat()).env("TESTS_FILE", &tests)
        };
        // From now on it counts as archived; and then a while ago.
        let _ = retention(&["--days", "20", "--remove"]).run().await.succeeded();
        let db = Db::connect_existing(&installation.database()).await.unwrap();
        db.execute(GROW_OLD.query()).await.unwrap();
        db.close().await;
        let before = Stored::read(&installation.database()).await;

        let unset = retention(&[]).run().await;
        assert!(unset.refusal().contains("EVENT_RETENTION_DAYS"), "{}", unset.stderr);
        let nothing = retention(&["--days", "11"]).run().await.succeeded();
        assert_eq!(nothing, "Nothing that is not needed any more is older than 11 days.\n");
        let shown = retention(&[]).env("EVENT_RETENTION_DAYS", "9").run().await.succeeded();
        assert!(shown.contains("6001 exposures and 12002 events"), "{shown}");
        assert!(shown.contains("kpi_scorecard_layout would be retired"), "{shown}");
        let unasked = retention(&["--days", "9", "--remove"]).run().await;
        assert!(unasked.refusal().contains("add --yes"), "{}", unasked.stderr);
        assert_eq!(Stored::read(&installation.database()).await.rows(), before.rows(), "a look removes nothing");

        let mut kills = 0;
        for number in 1..=MOST_KILLS {
            let mut command = retention(&["--days", "9", "--remove", "--yes"]).spawn();
            tokio::time::sleep(Duration::from_millis(number * rng.u64(KILL_AFTER_MS))).await;
            if command.has_ended() {
                break;
            }
            command.signal(Signal::KILL);
            command.end_within(PATIENCE).await;
            kills += 1;
            let checked = recount(installation, &tests, &["--check"]).await;
            assert_eq!(checked.code(), Some(0), "seed {seed}: {}", checked.stdout);
        }
        assert!(kills > 0, "seed {seed}: no kill hit the command, so nothing was tested");
        let _ = retention(&["--days", "9", "--remove", "--yes"]).run().await.succeeded();
        let again = retention(&["--days", "9", "--remove", "--json"]).run().await.succeeded();

        let report: Value = again.parse().unwrap();
        assert_eq!((&report["exposures"], &report["events"], &report["retired"]), (&json!(0), &json!(0), &json!([])));
        assert_eq!(report["mirror"], "current");
        let after = Stored::read(&installation.database()).await;
        // The other experiment of the dashboard runs, and keeps its visitors.
        assert_eq!((after.exposures.len(), after.events.len()), (6001, 0), "seed {seed}");
        assert!(after.exposures.iter().all(|row| row.test_id == "guided_onboarding"), "seed {seed}");
        assert_eq!((&after.totals, &after.timeline, &after.draws), (&before.totals, &before.timeline, &before.draws));
        let checked = recount(installation, &tests, &["--check"]).await;
        assert_eq!(checked.code(), Some(0), "seed {seed}: {}", checked.stdout);
        mirror::wait_until_equal(&installation.mirror_folder(), &after, PATIENCE).await;
    }
}
