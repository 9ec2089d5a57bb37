//! A PostgreSQL server of the test's own, with settings that no shared server may have.

use crate::fixture;
use dashly_db::{ConnectError, DatabaseUrl, Db, Sql, sql};
use std::fs::Permissions;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The server's program does not run as root; then it runs as this user.
const USER: &str = "postgres";

struct OwnPostgres {
    folder: TempDir,
    binaries: PathBuf,
}

struct Server<'a> {
    child: Child,
    port: u16,
    home: &'a OwnPostgres,
}

impl OwnPostgres {
    #[expect(clippy::disallowed_methods, reason = "tests get their services through the environment")]
    fn create() -> Self {
        let binaries = std::env::var("DASHLY_TEST_POSTGRES_BIN")
            .expect("no DASHLY_TEST_POSTGRES_BIN: run through scripts/with-test-services");
        let home = Self { folder: tempfile::tempdir().unwrap(), binaries: PathBuf::from(binaries) };
        if is_root() {
            let owner = Command::new("chown").arg(USER).arg(home.folder.path()).status().unwrap();
            assert!(owner.success());
        }
        let mut initdb = home.command("initdb");
        initdb.arg("--pgdata").arg(home.data());
        initdb.args([
            "--username",
            USER,
            "--auth",
            "trust",
            "--encoding",
            "UTF8",
            "--locale",
            "C",
            "--no-sync",
        ]);
        let output = initdb.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        home
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// A certificate for `host` that vouches for itself, in a file, and the file of its key; readable by the server.
    fn certificate(&self, host: &str) -> [String; 2] {
        let made = rcgen::generate_simple_self_signed([host.to_owned()]).unwrap();
        let texts = [("pem", made.cert.pem()), ("key", made.signing_key.serialize_pem())];
        texts.map(|(ending, text)| {
            let path = self.folder.path().join(format!("{host}.{ending}"));
            std::fs::write(&path, text).unwrap();
            // The server refuses a key that others may read.
            std::fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
            if is_root() {
                assert!(Command::new("chown").arg(USER).arg(&path).status().unwrap().success());
            }
            path.into_os_string().into_string().unwrap()
        })
    }

    /// One of the server's programs, as a user who is not root.
    fn command(&self, program: &str) -> Command {
        let program = self.binaries.join(program);
        let mut command = if is_root() {
            let mut command = Command::new("setpriv");
            command
                .args(["--reuid", USER, "--regid", USER, "--clear-groups", "--pdeathsig", "QUIT", "--"])
                .arg(program);
            command
        } else {
            Command::new(program)
        };
        command.current_dir("/").stdin(Stdio::null());
        command
    }

    /// Starts the server with `settings` and waits until it answers.
    async fn start(&self, settings: &[&str]) -> Server<'_> {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = self.command("postgres");
        command.arg("-D").arg(self.data()).args(["-p", &port.to_string(), "-h", "127.0.0.1", "-k", ""]);
        for setting in settings {
            command.args(["-c", setting]);
        }
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let server = Server { child, port, home: self };
        let deadline = Instant::now() + Duration::from_mins(1);
        while Db::connect_read_only(&server.url()).await.is_err() {
            assert!(Instant::now() < deadline, "the server with {settings:?} did not start");
        }
        server
    }
}

impl Server<'_> {
    fn url(&self) -> DatabaseUrl {
        self.url_at("127.0.0.1", "prefer")
    }

    fn url_at(&self, host: &str, tls: &str) -> DatabaseUrl {
        format!("postgres://{USER}@{host}:{}/postgres?sslmode={tls}", self.port).parse().unwrap()
    }
}

impl Drop for Server<'_> {
    fn drop(&mut self) {
        // SIGQUIT is the immediate shutdown, which takes the server's own children along.
        let id = self.child.id().to_string();
        let _ = Command::new("kill").args(["-QUIT", &id]).status();
        let _ = self.child.wait();
        let _ = std::fs::remove_file(self.home.data().join("postmaster.pid"));
    }
}

fn is_root() -> bool {
    std::fs::metadata(Path::new("/proc/self")).is_ok_and(|own| own.uid() == 0)
}

#[tokio::test]
async fn a_server_that_may_forget_what_it_acknowledged_is_refused() {
    let home = OwnPostgres::create();
    for (setting, name) in [("fsync=off", "fsync"), ("full_page_writes=off", "full_page_writes")] {
        let server = home.start(&[setting]).await;
        match Db::connect(&server.url()).await {
            Err(ConnectError::Weak(weak)) => {
                assert_eq!((weak.setting, weak.found.as_str(), weak.needed), (name, "off", "on"));
                assert!(weak.to_string().contains("power cut"), "{weak}");
            }
            other => panic!("{setting}: {other:?}"),
        }
    }
    let server = home.start(&["synchronous_commit=off"]).await;
    // A default that a connection can overrule, and ours do.
    let db = Db::connect(&server.url()).await.unwrap();
    let found: String = db.fetch_one(SYNCHRONOUS_COMMIT.query()).await.unwrap().get(0).unwrap();
    assert_eq!(found, "on");
    db.close().await;
}

const SYNCHRONOUS_COMMIT: Sql = sql!("select current_setting('synchronous_commit')");

#[tokio::test]
async fn the_shared_server_is_safe_enough_to_connect_to() {
    let db = Db::connect(&fixture::server().parse().unwrap()).await.unwrap();
    db.close().await;
}

#[tokio::test]
async fn who_answers_is_checked_where_that_is_asked_for() {
    const IS_ENCRYPTED: Sql = sql!("select ssl from pg_stat_ssl where pid = pg_backend_pid()");
    let home = OwnPostgres::create();
    let plain = home.start(&[]).await;
    let refused = Db::connect(&plain.url_at("127.0.0.1", "require")).await;
    assert!(matches!(refused, Err(ConnectError::Open { .. })), "no TLS where TLS is asked for: {refused:?}");
    drop(plain);

    let ([certificate, key], [other, _]) = (home.certificate("localhost"), home.certificate("other.test"));
    let settings = ["ssl=on", &format!("ssl_cert_file={certificate}"), &format!("ssl_key_file={key}")];
    let server = home.start(&settings).await;
    let full = |trusted: &str| format!("verify-full&sslrootcert={trusted}");
    let connected = Db::connect(&server.url_at("localhost", &full(&certificate))).await.unwrap();
    assert!(connected.fetch_one(IS_ENCRYPTED.query()).await.unwrap().get::<bool>(0).unwrap());
    connected.close().await;
    for (host, trusted, why) in [
        ("localhost", &other, "nobody vouches for it"),
        ("127.0.0.1", &certificate, "it is not for that host"),
    ] {
        let refused = Db::connect(&server.url_at(host, &full(trusted))).await;
        assert!(matches!(refused, Err(ConnectError::Open { .. })), "{why}: {refused:?}");
    }
}
