//! The version of the server: recorded with each exposure, a segment of the results, and shown by health and metrics.

use crate::recount::{Targets, kept, recounted};
use crate::rows::exposures;
use dashly_db::{Sql, sql};
use dashly_testkit::{Setup, TestApp, Visitor, both_databases, tests_json};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU32, Ordering};

const TARGETS: Targets<'_> = &[("one", "click", None)];

fn setup() -> Setup {
    Setup::new().tests(&tests_json(&[("one", json!({}))])).setting("APP_VERSION", "1.4.2")
}

/// Visitors and converters of each part, both variants together.
async fn by_version(app: &TestApp) -> Vec<(String, u64, u64)> {
    let path = "/api/experiments/one/results?segment=app_version";
    let reply = app.admin().await.get(path).await.expect(200).json();
    assert_eq!((&reply["segment"], &reply["exploratory"]), (&json!("app_version"), &json!(true)));
    let sum = |slice: &Value, of: &str| {
        slice["compared"].as_object().unwrap().values().map(|counts| counts[of].as_u64().unwrap()).sum()
    };
    let parts = reply["slices"].as_array().unwrap().iter();
    parts
        .map(|slice| {
            let name = slice["name"].as_str().unwrap().to_owned();
            (name, sum(slice, "exposures"), sum(slice, "converters"))
        })
        .collect()
}

async fn click(visitor: &Visitor) {
    let _ = visitor.event(&json!({ "event": "click", "testId": "one" })).await.expect(200);
}

async fn run(app: &TestApp, sql: Sql) {
    let mut tx = app.db.begin().await.unwrap();
    tx.execute(sql.query()).await.unwrap();
    tx.commit().await.unwrap();
}

both_databases! {
    async fn a_running_experiment_is_split_by_version(app: TestApp = setup()) {
        let canary = app.replica_of_version("1.5.0-rc.1+b7", 7).await;
        let (mut old, mut new) = (Vec::new(), Vec::new());
        for _ in 0..3 {
            app.clock.advance_seconds(1);
            old.push(app.visitor());
            let _ = old.last().unwrap().dashboard().await.expect(200);
            app.clock.advance_seconds(40_000);
            new.push(canary.visitor());
            let _ = new.last().unwrap().dashboard().await.expect(200);
            app.clock.advance_seconds(1);
            let _ = new.last().unwrap().dashboard().await.expect(200);
        }
        // Whichever version takes the event: a visitor counts where the exposure was.
        app.clock.advance_seconds(1);
        let on_the_canary = canary.visitor();
        on_the_canary.set_cookie("ab_visitor_id", &old[0].cookie("ab_visitor_id").unwrap());
        click(&on_the_canary).await;
        app.clock.advance_seconds(1);
        click(&new[1]).await;
        app.clock.advance_seconds(1);
        click(&new[1]).await;

        let part = |name: &str, visitors, converters| (name.to_owned(), visitors, converters);
        assert_eq!(by_version(app).await, [part("1.4.2", 3, 1), part("1.5.0-rc.1+b7", 3, 1)]);
        let rows = exposures(app).await;
        let versions: Vec<&str> = rows.iter().map(|row| row.app_version.as_str()).collect();
        assert_eq!(versions, ["1.4.2", "1.5.0-rc.1+b7"].repeat(3));
        assert_eq!(kept(app).await, recounted(app, TARGETS, &[]).await);
        canary.end().await;
    }

    async fn rows_from_before_the_version_was_recorded_say_so(app: TestApp = setup()) {
        const FORGET_COLUMN: Sql = sql!("alter table experiment_exposures drop column app_version");
        const FORGET_TOTALS: Sql = sql!("drop table experiment_version_totals");
        const FORGET_MIGRATION: Sql = sql!("delete from schema_migrations where name = '0011_app_versions'");
        for number in 0..4 {
            app.clock.advance_seconds(30_000);
            let visitor = app.visitor();
            let _ = visitor.dashboard().await.expect(200);
            app.clock.advance_seconds(1);
            if number < 3 {
                click(&visitor).await;
            }
        }
        for forget in [FORGET_COLUMN, FORGET_TOTALS, FORGET_MIGRATION] {
            run(app, forget).await;
        }
        assert_eq!(app.db.migrate().await.unwrap(), ["0011_app_versions"]);

        let part = |name: &str, visitors, converters| (name.to_owned(), visitors, converters);
        assert_eq!(by_version(app).await, [part("not recorded", 4, 3)]);
        assert_eq!(kept(app).await, recounted(app, TARGETS, &[]).await);

        app.clock.advance_seconds(1);
        let server = app.replica(9).await;
        let _ = server.visitor().dashboard().await.expect(200);
        assert_eq!(by_version(app).await, [part("1.4.2", 1, 0), part("not recorded", 4, 3)]);
        assert_eq!(kept(app).await, recounted(app, TARGETS, &[]).await);
        server.end().await;
    }

    async fn metrics_count_visitors_and_converters_by_the_version_that_exposed_them(app: TestApp = setup()) {
        // Counters are the process's, and so are all servers of these tests.
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let version = format!("2.0.0-{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let canary = app.replica_of_version(&version, 7).await;
        let (quick, slow) = (canary.visitor(), canary.visitor());
        for visitor in [&quick, &slow, &canary.visitor()] {
            let _ = visitor.dashboard().await.expect(200);
            let _ = visitor.dashboard().await.expect(200);
        }
        app.clock.advance_seconds(30);
        click(&quick).await;
        click(&quick).await;
        app.clock.advance_seconds(300);
        let elsewhere = app.visitor();
        elsewhere.set_cookie("ab_visitor_id", &slow.cookie("ab_visitor_id").unwrap());
        click(&elsewhere).await;

        let metrics = app.visitor().get("/metrics").await.expect(200).text();

        let label = format!("app_version=\"{version}\"");
        let mut counted: Vec<&str> = metrics.lines().filter(|line| line.contains(&label)).collect();
        counted.sort_unstable();
        assert_eq!(counted, [
            format!(r#"dashly_experiment_converters_total{{test_id="one",{label},delay="10m"}} 1"#),
            format!(r#"dashly_experiment_converters_total{{test_id="one",{label},delay="1m"}} 1"#),
            format!(r#"dashly_experiment_visitors_total{{test_id="one",{label}}} 3"#),
        ]);
        canary.end().await;
    }

    async fn health_and_metrics_tell_the_version(app: TestApp = setup()) {
        let health = app.visitor().get("/api/health").await.expect(200).json();
        assert_eq!(health["version"], "1.4.2");
        let metrics = app.visitor().get("/metrics").await.expect(200).text();
        let is_build = |line: &&str| line.starts_with("build_info{") && line.contains(r#"version="1.4.2""#);
        let line = metrics.lines().find(is_build).unwrap_or_else(|| panic!("no build_info in {metrics}"));
        assert!(line.contains(r#"revision=""#) && line.ends_with(" 1"), "{line}");
    }
}
