//! First starts, second starts, and starts that must not succeed.

use crate::browser::{Cookies, DASHBOARD, Site};
use crate::installation::{Installation, JWT_SECRET, PASSWORD, tests_file};
use crate::process::Dashly;
use serde_json::json;
use std::collections::HashSet;
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

const SECRET_FILES: [&str; 2] = ["jwt-secret", "admin-password"];

/// `dashly up` as somebody runs it who has just unpacked it.
fn up(data_folder: &Path) -> Dashly {
    Dashly::new(&["up"]).env("DATA_DIR", data_folder).env("TESTS_FILE", tests_file()).env("PORT", "0")
}

fn shown_password(stdout: &str) -> Option<&str> {
    stdout.split_once("with the password ")?.1.lines().next()
}

async fn signs_in(url: &str, password: &str) -> bool {
    let body = json!({ "username": "admin", "password": password });
    Site::new(url.to_owned()).post("/api/auth/login", &Cookies::new(), &body).await.unwrap().is_ok()
}

#[tokio::test]
async fn the_first_start_makes_secrets_of_its_own_and_shows_the_password_once() {
    let mut secrets = HashSet::new();
    for _ in 0..3 {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("new").join("data");

        let first = up(&data).serve().await;
        let stdout = first.running.stdout();
        let password = shown_password(&stdout).expect("the first start shows the password").to_owned();
        assert!(signs_in(&first.url(), &password).await);
        first.stop().await;
        let second = up(&data).serve().await;
        assert_eq!(shown_password(&second.running.stdout()), None);
        assert!(!second.running.stdout().contains(&password) && !second.running.stderr().contains(&password));
        assert!(signs_in(&second.url(), &password).await);
        second.stop().await;

        for name in SECRET_FILES {
            let path = data.join(name);
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600, "{name}");
            assert!(
                secrets.insert(fs::read_to_string(path).unwrap()),
                "{name} is the same in two installations"
            );
        }
        assert_eq!(fs::read_to_string(data.join("admin-password")).unwrap().trim(), password);
    }
}

#[tokio::test]
async fn a_first_start_that_fails_does_not_use_up_the_password() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();

    let failed = up(folder.path()).env("PORT", &port).run().await;
    assert!(failed.refusal().contains(&format!("cannot listen on 127.0.0.1 port {port}; set PORT")));

    let server = up(folder.path()).serve().await;
    let stdout = server.running.stdout();
    let password = shown_password(&stdout).expect("nobody has seen the password yet");
    assert!(signs_in(&server.url(), password).await);
}

both_databases! {
    async fn a_second_process_on_the_data_folder_is_refused(installation: &mut Installation) {
        let first = installation.serve().await;
        let second = installation.up().run().await;
        let refusal = second.refusal();
        let folder = installation.data_folder().display().to_string();
        assert!(refusal.contains("another Dashly process is using the data folder"), "{refusal}");
        assert!(refusal.contains(&folder), "{refusal}");

        let view = Site::new(first.url()).get(DASHBOARD, &Cookies::new()).await.unwrap();
        assert_eq!(view.body["exposure_logged"], true);
        first.kill();
        // The lock goes with the process, however that ends.
        installation.serve().await.stop().await;
    }

    async fn the_api_says_what_is_missing(installation: &mut Installation) {
        let api = || installation.command(&["api"]);

        let without_secret = api().run().await;
        assert!(without_secret.refusal().contains("JWT_SECRET is not set"), "{without_secret:?}");
        let without_schema = api().env("JWT_SECRET", JWT_SECRET).env("ADMIN_PASSWORD", PASSWORD).run().await;
        assert!(without_schema.refusal().contains("run `dashly migrate` first"), "{without_schema:?}");
        installation.command(&["migrate"]).run().await.succeeded();
        let without_admin = api().env("JWT_SECRET", JWT_SECRET).run().await;
        assert!(without_admin.refusal().contains("set ADMIN_PASSWORD (at least 15 characters)"), "{without_admin:?}");
        for secret in ["short", "your-super-secret-jwt-key-change-in-production", "00000000000000000000000000000000"] {
            let weak = api().env("JWT_SECRET", secret).env("ADMIN_PASSWORD", PASSWORD).run().await;
            assert!(weak.refusal().contains("JWT_SECRET"), "{weak:?}");
            assert!(!weak.stderr.contains(secret), "{weak:?}");
        }
        for password in ["admin123", "password1234567", "adminadminadmin", "correct horse battery staple"] {
            let known = api().env("JWT_SECRET", JWT_SECRET).env("ADMIN_PASSWORD", password).run().await;
            assert!(known.refusal().contains("ADMIN_PASSWORD"), "{known:?}");
            assert!(!known.stderr.contains(password), "{known:?}");
        }

        let secret_file = installation.beside("secret");
        fs::write(&secret_file, format!("{JWT_SECRET}\n")).unwrap();
        let complete = api().env("JWT_SECRET_FILE", &secret_file).env("ADMIN_PASSWORD", PASSWORD)
            .env("LOG_FORMAT", "json").serve().await;
        assert!(signs_in(&complete.url(), PASSWORD).await);
        assert!(!complete.running.stderr().contains(PASSWORD) && !complete.running.stderr().contains(JWT_SECRET));
        complete.stop().await;
    }
}

/// The variables, and what the line has to contain: which one, what was found, what is allowed.
type WrongValue<'a> = (&'a [(&'a str, &'a str)], &'a [&'a str]);

#[tokio::test]
async fn a_wrong_value_stops_the_start_with_a_line_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing").display().to_string();
    let both = [("JWT_SECRET", JWT_SECRET), ("JWT_SECRET_FILE", missing.as_str())];
    let cases: [WrongValue<'_>; 24] = [
        (&[("PORT", "abc")], &["PORT", "`abc`", "0 to 65535"]),
        (&[("PORT", "65536")], &["PORT", "`65536`", "0 to 65535"]),
        (&[("HOST", "nowhere")], &["HOST", "`nowhere`", "127.0.0.1"]),
        (&[("DATABASE_URL", "mysql://me:geheim@host/x")], &["DATABASE_URL", "not shown", "postgres://"]),
        (&[("CORS_ORIGIN", "*")], &["CORS_ORIGIN", "`*`", "https://shop.example.com"]),
        (&[("CORS_ORIGIN", "https://a.example,b")], &["CORS_ORIGIN", "`b`", "exact origins"]),
        (&[("PUBLIC_URL", "dashly.example.com")], &["PUBLIC_URL", "`dashly.example.com`", "https://"]),
        (&[("PUBLIC_URL", "https://a.example/path")], &["PUBLIC_URL", "/path`", "without a path"]),
        (&[("JWT_EXPIRE", "7x")], &["JWT_EXPIRE", "`7x`", "7d"]),
        (&[("TRUSTED_PROXIES", "10.0.0.0/33")], &["TRUSTED_PROXIES", "`10.0.0.0/33`", "10.0.0.0/8"]),
        (&[("LOG_FORMAT", "xml")], &["LOG_FORMAT", "`xml`", "text or json"]),
        (&[("LOG_FILTER", "info,=")], &["LOG_FILTER", "`info,=`", "dashly_experiments=debug"]),
        (&[("DRAIN_SECONDS", "-1")], &["DRAIN_SECONDS", "`-1`", "seconds"]),
        (&[("APP_VERSION", "1 2")], &["APP_VERSION", "`1 2`", "without spaces"]),
        (&[("DB_HOST", "db"), ("DB_SSL", "maybe")], &["DB_SSL", "`maybe`", "true and false"]),
        (&[("DB_HOST", "db"), ("DB_PORT", "x")], &["DB_PORT", "`x`", "0 to 65535"]),
        (&[("REDIS_URL", "http://:geheim@host")], &["REDIS_URL", "redis://"]),
        (
            &[("DB_HOST", "db"), ("DB_PASSWORD", "postgres")],
            &["DB_PASSWORD", "known default", "openssl rand"],
        ),
        (&[("DATABASE_URL", "postgres://me:password@db/x")], &["DATABASE_URL", "known default", "not shown"]),
        (&[("REDIS_URL", "redis://:change-me@redis")], &["REDIS_URL", "known default", "not shown"]),
        (&[("GATEWAY_TOKEN", "dashly-gateway-token-secret")], &["GATEWAY_TOKEN", "known default"]),
        (&[("OFREP_TOKENS", "0123456789abcdef,geheim")], &["OFREP_TOKENS", "token 2", "at least 16"]),
        (&[("JWT_SECRET_FILE", &missing)], &["JWT_SECRET_FILE", &missing, "No such file"]),
        (&both, &["JWT_SECRET_FILE", "JWT_SECRET", "set one of them"]),
    ];
    for (variables, needed) in cases {
        let variables_owned = variables.iter().map(|(name, value)| (*name, (*value).to_owned()));
        let ended = up(&folder.path().join("data")).envs(variables_owned).run().await;
        let line = ended.refusal();
        for word in needed {
            assert!(line.contains(word), "{variables:?}: `{word}` is missing in: {line}");
        }
        assert!(!ended.stderr.contains("geheim") && !ended.stderr.contains(JWT_SECRET), "{ended:?}");
    }
}

#[tokio::test]
async fn a_folder_that_cannot_be_used_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "not a folder").unwrap();
    for unusable in [file.join("data"), Path::new("/proc/dashly").to_owned()] {
        let ended = up(&unusable).run().await;
        assert!(ended.refusal().contains(&unusable.display().to_string()), "{ended:?}");
    }
}

#[tokio::test]
async fn a_database_file_that_is_not_ours_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let good = folder.path().join("good");
    up(&good).serve().await.stop().await;
    let good = fs::read(good.join("dashly.db")).unwrap();
    let noise: Vec<u8> = {
        let mut rng = fastrand::Rng::with_seed(9);
        std::iter::repeat_with(|| rng.u8(..)).take(50_000).collect()
    };
    let cases = [
        ("noise", noise, "damaged"),
        ("text", b"id,name\n1,somebody\n".repeat(100), "damaged"),
        ("truncated", good[..good.len() / 3].to_vec(), "damaged"),
        ("foreign", foreign_database().await, "the database of another program"),
    ];
    for (name, content, reason) in cases {
        let data = folder.path().join(name);
        fs::create_dir(&data).unwrap();
        let file = data.join("dashly.db");
        fs::write(&file, &content).unwrap();

        let ended = up(&data).run().await;

        let line = ended.refusal();
        assert!(line.contains(&file.display().to_string()) && line.contains(reason), "{name}: {line}");
        assert!(fs::read(&file).unwrap() == content, "{name} was changed");
    }
}

/// As any other program may keep one.
async fn foreign_database() -> Vec<u8> {
    use dashly_db::{DatabaseUrl, Db, sql};
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("other.db");
    let db = Db::connect(&DatabaseUrl::Sqlite(path.clone())).await.unwrap();
    db.execute(sql!("create table users (name text)").query()).await.unwrap();
    db.close().await;
    fs::read(path).unwrap()
}

#[tokio::test]
async fn an_empty_database_file_is_a_new_database() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("dashly.db"), "").unwrap();
    up(folder.path()).serve().await.stop().await;
}

#[tokio::test]
async fn a_broken_list_of_experiments_is_told_and_stops_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tests.json");
    fs::write(&file, r#"{ "experiments": [ { "test_id": "#).unwrap();

    let server = up(&folder.path().join("data")).env("TESTS_FILE", &file).serve().await;

    let site = Site::new(server.url());
    let health = site.get("/api/health", &Cookies::new()).await.unwrap();
    assert!(health.is_ok());
    assert_eq!(health.body["definitions"]["status"], "error");
    assert_eq!(health.body["definitions"]["experiments"], 0);
    let view = site.get(DASHBOARD, &Cookies::new()).await.unwrap();
    assert_eq!((view.status.as_u16(), &view.body["variants"]), (200, &json!({})));
    let log = server.running.stderr();
    assert!(log.contains("experiment_definitions") && log.contains("degraded"), "{log}");
}
