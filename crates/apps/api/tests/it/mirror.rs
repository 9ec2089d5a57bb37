//! The JSON mirror says what the database says.

use crate::rows;
use dashly_testkit::{Setup, TestApp, both_databases, eventually};
use serde_json::{Value, json};

/// The rows of one file, or none while it does not have as many yet.
fn rows_of(app: &TestApp, name: &str, count: usize) -> Option<Vec<Value>> {
    let text = std::fs::read(app.mirror_folder().join(name)).ok()?;
    // Whenever it is read, it is a whole list.
    let rows: Vec<Value> = serde_json::from_slice(&text).unwrap();
    (rows.len() == count).then_some(rows)
}

both_databases! {
    async fn the_files_follow_the_rows(app: TestApp = Setup::new().mirror()) {
        let visitor = app.visitor();
        visitor.dashboard().await;
        let texts = ["kpi_click", "\"quoted\" \\ and ]", "é𝄞"];
        for text in texts {
            let _ =
                visitor.event(&json!({ "event": text, "testId": "kpi_scorecard_layout" })).await.expect(200);
        }
        let exposures = eventually("two exposures", async || rows_of(app, "exposures.json", 2)).await;
        let events = eventually("three events", async || rows_of(app, "events.json", 3)).await;

        for (line, row) in exposures.iter().zip(rows::exposures(app).await) {
            let expected = json!({
                "id": line["id"], "user_or_session_id": row.visitor, "test_id": row.test_id,
                "variant": row.variant, "timestamp": row.recorded_at
            });
            assert_eq!(*line, expected);
        }
        for (line, row) in events.iter().zip(rows::events(app).await) {
            let expected = json!({
                "id": line["id"], "user_or_session_id": row.visitor, "event_name": row.name,
                "test_id": row.test_id, "variant": row.variant, "timestamp": row.recorded_at
            });
            assert_eq!(*line, expected);
        }
        let mirror = app.results().await["health"]["mirror"].clone();
        assert_eq!((&mirror["status"], &mirror["problem"]), (&json!("ok"), &Value::Null));
        assert_eq!(mirror["last_event_id"], events[2]["id"]);
    }

    async fn a_second_server_leaves_the_files_to_the_first(app: TestApp = Setup::new().mirror()) {
        app.visitor().dashboard().await;
        eventually("two exposures", async || rows_of(app, "exposures.json", 2)).await;
        let replica = app.replica(2).await;
        eventually("the second server to stand back", async || {
            let health = serde_json::to_value(replica.app().experiments().health()).unwrap();
            (health["mirror"]["status"] == "elsewhere").then_some(())
        })
        .await;
        // What the second server stores, the first mirrors.
        replica.visitor().dashboard().await;
        app.visitor().dashboard().await;
        eventually("six exposures", async || rows_of(app, "exposures.json", 6)).await;
        replica.end().await;
    }
}
