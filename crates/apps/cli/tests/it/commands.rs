//! The commands that are not the server.

use crate::browser::{Cookies, DASHBOARD, EVENTS, Site};
use crate::installation::{Installation, JWT_SECRET, PASSWORD};
use crate::process::{Dashly, Ended};
use crate::stored::Stored;
use serde_json::{Value, json};

fn parsed(text: &str) -> Value {
    text.parse().unwrap_or_else(|error| panic!("{error}: {text}"))
}

both_databases! {
    async fn migrations_run_once_however_often_and_by_how_many(installation: &mut Installation) {
        let migrate = || installation.command(&["migrate"]);
        // Three replicas that start together.
        let (first, second, third) = tokio::join!(migrate().run(), migrate().run(), migrate().run());
        let applied: usize = [first, second, third]
            .into_iter()
            .map(|ended| ended.succeeded().lines().filter(|line| line.starts_with("applied ")).count())
            .sum();
        assert_eq!(applied, dashly_db::migrations().len(), "each migration was applied by exactly one");

        let again = migrate().run().await.succeeded();
        assert!(again.starts_with("nothing to do: "), "{again}");
        let fresh = Installation::on_sqlite();
        let output = fresh.command(&["migrate"]).run().await.succeeded();
        assert_eq!(output.lines().count(), dashly_db::migrations().len(), "{output}");
    }

    async fn the_doctor_shows_settings_without_secrets_and_fails_when_something_is_wrong(installation: &mut Installation) {
        let doctor = || {
            let secrets = [("JWT_SECRET", JWT_SECRET.to_owned()), ("ADMIN_PASSWORD", PASSWORD.to_owned())];
            installation.command(&["doctor", "--json"]).envs(secrets)
        };
        installation.command(&["migrate"]).run().await.succeeded();

        let well = doctor().run().await;
        let text = well.succeeded();
        assert!(!text.contains(JWT_SECRET) && !text.contains(PASSWORD), "{text}");
        if let dashly_db::DatabaseUrl::Postgres(url) = installation.database() {
            let password = url.expose().split(['@', ':']).nth(2).unwrap().to_owned();
            assert!(password.len() > 10 && !text.contains(&password), "{text}");
        }
        let report = parsed(&text);
        let setting = |name: &str| {
            let settings = report["settings"].as_array().unwrap();
            settings.iter().find(|setting| setting["name"] == name).unwrap()["value"].clone()
        };
        assert_eq!((setting("JWT_SECRET"), setting("REDIS_URL")), (json!("(set)"), json!("(not set)")));
        assert_eq!((setting("PUBLIC_URL"), setting("TRUSTED_PROXIES")), (json!("(not set)"), json!("(not set)")));
        let mirror = installation.mirror_folder().display().to_string();
        assert_eq!(setting("EXPERIMENT_LOG_DIR"), json!(mirror), "the folder in force");
        assert!(report["checks"].as_array().unwrap().iter().all(|check| check["passed"] == true));

        let ill = doctor().env("TESTS_FILE", installation.beside("missing.json")).run().await;
        assert_eq!(ill.code(), Some(1), "{ill:?}");
        let report = parsed(&ill.stdout);
        let failed: Vec<&Value> =
            report["checks"].as_array().unwrap().iter().filter(|check| check["passed"] == false).collect();
        assert_eq!(failed.len(), 1, "{report}");
        assert_eq!(failed[0]["name"], "experiments");

        let for_people = installation.command(&["doctor"]).env("PORT", "abc").run().await;
        assert_eq!(for_people.code(), Some(1));
        assert!(for_people.stdout.contains("PORT: found `abc`"), "{for_people:?}");
    }

    async fn results_are_read_without_a_server(installation: &mut Installation) {
        let server = installation.serve().await;
        let site = Site::new(server.url());
        let view = site.get(DASHBOARD, &Cookies::new()).await.unwrap();
        let event = json!({ "event": "kpi_click", "testId": "kpi_scorecard_layout" });
        for _ in 0..2 {
            assert!(site.post(EVENTS, &view.set_cookies, &event).await.unwrap().is_ok());
        }
        server.stop().await;

        let report = parsed(&installation.command(&["results", "--json"]).run().await.succeeded());

        let test = report.as_array().unwrap().iter().find(|test| test["test_id"] == "kpi_scorecard_layout").unwrap();
        let variant = view.body["variants"]["kpi_scorecard_layout"].as_str().unwrap();
        let counts = &test["results"][variant];
        assert_eq!(
            (&counts["exposures"], &counts["events"], &counts["converters"]),
            (&json!(1), &json!(2), &json!(1)),
            "{test}"
        );
        let for_people = installation.command(&["results"]).run().await.succeeded();
        assert!(for_people.contains("kpi_scorecard_layout") && for_people.contains("200.00 %"), "{for_people}");
    }

    async fn a_simulation_finds_the_better_variant_and_the_server_agrees(installation: &mut Installation) {
        let server = installation.serve().await;
        let simulate = |password: &str| {
            let arguments = ["simulate", &server.url(), "--users", "500", "--seed", "7", "--json"];
            // Apart enough that chance hides the difference less than once in a billion runs.
            let rates = ["--rate", "A=0.1", "--rate", "B=0.4"];
            installation.command(&[&arguments[..], &rates].concat()).env("ADMIN_PASSWORD", password)
        };

        let report = parsed(&simulate(PASSWORD).run().await.succeeded());

        assert_eq!((&report["users"], &report["failed_requests"]), (&json!(500), &json!(0)));
        assert_eq!(report["comparison"]["differences"], json!([]), "{}", report["comparison"]);
        for experiment in report["experiments"].as_array().unwrap() {
            let finding = &experiment["findings"][0];
            assert_eq!((&finding["treatment"], &finding["detected"]), (&json!("B"), &json!(true)), "{finding}");
            println!("{}: {}", experiment["test_id"], finding["sentence"]);
        }
        let wrong = simulate("seven dry umbrellas").run().await;
        assert_fails_with(&wrong, "sign in");
        server.stop().await;
    }

    async fn a_load_test_finds_every_acknowledged_row(installation: &mut Installation) {
        let server = installation.serve().await;
        let arguments = ["load-test", &server.url(), "--workers", "10", "--iterations", "5", "--seed", "7", "--json"];
        let load_test = installation.command(&arguments).env("LOAD_TEST_DB", "true");

        let report = parsed(&load_test.run().await.succeeded());

        let stored = Stored::read(&installation.database()).await;
        assert_eq!(report["acknowledged"]["exposures"], stored.exposures.len(), "{report}");
        assert_eq!(report["acknowledged"]["events"], stored.events.len(), "{report}");
        assert_eq!(report["failures"], json!([]));
        println!("{}", report["rows"]);
        server.stop().await;
    }
}

fn assert_fails_with(ended: &Ended, word: &str) {
    assert!(ended.refusal().contains(word), "{ended:?}");
}

#[tokio::test]
async fn commands_without_a_server_say_so() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", nobody.local_addr().unwrap());
    drop(nobody);
    for command in ["simulate", "load-test"] {
        let ended = Dashly::new(&[command, &url]).env("ADMIN_PASSWORD", PASSWORD).run().await;
        assert_fails_with(&ended, &url);
    }
    let folder = tempfile::tempdir().unwrap();
    let nothing = Dashly::new(&["results"]).env("DATA_DIR", folder.path().join("none")).run().await;
    assert_fails_with(&nothing, "could not open the database");
    assert!(!folder.path().join("none").exists());
}

#[tokio::test]
async fn the_description_of_the_api_is_openapi() {
    let folder = tempfile::tempdir().unwrap();
    let document = parsed(&Dashly::new(&["openapi"]).env("DATA_DIR", folder.path()).run().await.succeeded());
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    for path in [DASHBOARD, EVENTS, "/api/auth/login", "/health/ready"] {
        assert!(document["paths"][path].is_object(), "{path} is not described");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "it leaves nothing behind");
}

#[tokio::test]
async fn the_help_of_every_command_says_what_it_needs() {
    let commands: [(&[&str], &str); 9] = [
        (&["up"], "DATA_DIR"),
        (&["api"], "JWT_SECRET"),
        (&["migrate"], "DATABASE_URL"),
        (&["simulate"], "running server"),
        (&["load-test"], "running server"),
        (&["results"], "DATABASE_URL"),
        (&["doctor"], "Needs nothing"),
        (&["admin", "reset-password"], "DATABASE_URL"),
        (&["openapi"], "Needs nothing"),
    ];
    let overview = Dashly::new(&["--help"]).run().await.succeeded();
    for (command, need) in commands {
        assert!(overview.contains(command[0]), "{overview}");
        let help = Dashly::new(&[command, &["--help"]].concat()).run().await.succeeded();
        assert!(help.contains("Needs") && help.contains(need), "{help}");
    }
}

/// As `dashly results | head -1` does. The reader is gone before anything is written.
#[test]
fn a_reader_who_has_seen_enough_is_no_error() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_dashly"))
        .arg("openapi")
        .stdout(writer)
        .stderr(std::process::Stdio::piped())
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert!(output.status.success());
}
