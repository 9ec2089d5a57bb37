//! The team's key figures.

use dashly_kernel::Role;
use dashly_testkit::{Setup, TestApp, both_databases, tests_json};
use serde_json::{Value, json};

const PATH: &str = "/api/kpis";

/// The setting that names a file with this text, which lives as long as the test.
fn file(text: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("figures.json");
    std::fs::write(&path, text).unwrap();
    (folder, path.to_str().unwrap().to_owned())
}

fn shipped() -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../team-kpis.json");
    path.to_str().unwrap().to_owned()
}

async fn kpis(app: &TestApp) -> Value {
    app.admin().await.get(PATH).await.expect(200).json()
}

both_databases! {
    async fn a_figure_without_data_has_no_value_and_says_what_it_needs(
        app: TestApp = Setup::new()
            .tests(&tests_json(&[("pricing_cta_upgrade", json!({ "views": ["pricing-view"] }))]))
            .setting("TEAM_KPIS_FILE", &shipped())
    ) {
        let reply = kpis(app).await;
        assert_eq!((&reply["file"], &reply["problem"]), (&json!("team-kpis.json"), &Value::Null));
        let figures = reply["kpis"].as_array().unwrap();
        assert_eq!(figures.len(), 8);
        for figure in figures {
            assert_eq!((&figure["value"], &figure["trend"]), (&Value::Null, &Value::Null), "{figure}");
            assert!(figure["needs"].as_str().unwrap().len() > 10, "{figure}");
        }
        let with_experiment: Vec<&Value> =
            figures.iter().filter(|figure| figure["experiment"] != Value::Null).collect();
        assert_eq!(with_experiment.len(), 1);
        assert_eq!(with_experiment[0]["kpi_id"], "upgrade_rate_free_to_paid");
        let experiment = &with_experiment[0]["experiment"];
        assert_eq!(experiment["test_id"], "pricing_cta_upgrade");
        assert_eq!(experiment["verdict"]["decision"], "keep_running");
        assert_eq!(experiment["results"]["A"]["exposures"], 0);
    }

    async fn only_administrators_see_the_figures(app: TestApp) {
        assert_eq!(app.visitor().get(PATH).await.status, 401);
        assert_eq!(app.signed_in("reader", Role::User).await.get(PATH).await.status, 403);
    }
}

#[tokio::test]
async fn a_file_that_cannot_be_used_is_a_problem_and_no_figures() {
    let entry = r#"{"kpi_id": "wau", "name": "n", "definition": "d"}"#;
    for (text, named) in [
        ("{".to_owned(), "not what was expected"),
        (format!(r#"{{"team_kpis": [{entry}, {entry}]}}"#), "earlier entry"),
        (r#"{"team_kpis": [{"kpi_id": "", "name": "n", "definition": "d"}]}"#.to_owned(), "`kpi_id`"),
        (format!(r#"{{"team_kpis": [{}]}}"#, vec![entry; 201].join(",")), "at most 200"),
        (" ".repeat(1_000_001), "larger than"),
    ] {
        let (_folder, path) = file(&text);
        let setup = Setup::new().setting("TEAM_KPIS_FILE", &path);
        let app = TestApp::start(dashly_testkit::Engine::Sqlite, setup).await;
        let reply = kpis(&app).await;
        assert_eq!(reply["kpis"], json!([]));
        let problem = reply["problem"].as_str().unwrap();
        assert!(problem.starts_with("figures.json: ") && problem.contains(named), "{problem}");
        app.end().await;
    }
}
