//! The whole API for one test.

use crate::accounts::{self, PASSWORD};
use crate::{Link, SeededIds, Setup, TestClock, TestDatabase, Visitor, eventually};
use axum::Router;
use dashly_api::{App, AppParts, Config};
use dashly_db::{Db, Engine, Query};
use dashly_experiments::{StoredRowCounts, count_stored_rows};
use dashly_kernel::Role;
use dashly_process::Settings;
use dashly_telemetry::{Health, Phase, Tasks};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::OnceCell;

/// Background work of a test's server ends at once, unless something is wrong.
const END_PATIENCE: Duration = Duration::from_secs(20);

/// The whole API over a database of its own. [`crate::both_databases!`] makes and ends it.
#[derive(Debug)]
pub struct TestApp {
    /// The database of the server.
    pub db: Db,
    /// The time of the server.
    pub clock: Arc<TestClock>,
    server: Replica,
    admin: OnceCell<Visitor>,
    config: Config,
    database: TestDatabase,
    folder: TempDir,
}

/// One server process, as far as a test can tell: [`TestApp`] has one, and `TestApp::replica` makes more.
#[derive(Debug)]
pub struct Replica {
    app: App,
    clock: Arc<TestClock>,
    health: Health,
    tasks: Tasks,
    db: Db,
}

impl Replica {
    async fn start(config: &Config, db: Db, clock: &Arc<TestClock>, seed: u64) -> Self {
        let (health, tasks) = (Health::default(), Tasks::default());
        let parts = AppParts {
            db: db.clone(),
            clock: Arc::<TestClock>::clone(clock),
            ids: Arc::new(SeededIds::new(seed)),
            health: health.clone(),
            tasks: tasks.clone(),
        };
        let app = App::build(config, parts).await.unwrap();
        health.set_phase(Phase::Ready);
        Self { app, clock: Arc::clone(clock), health, tasks, db }
    }

    /// Somebody who has never been here.
    pub fn visitor(&self) -> Visitor {
        Visitor::new(self.app.router())
    }

    /// The assembled API.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// Reads the file of experiments now, without waiting for the next look.
    pub fn look_at_tests(&self) {
        self.app.experiments().definitions().look(&*self.clock, &self.health);
    }

    /// Stops, as on SIGTERM: everything taken in is answered and stored.
    pub async fn stop(self) {
        assert!(self.tasks.shut_down(END_PATIENCE).await, "background work did not end");
    }
}

impl TestApp {
    /// A server over a fresh database of `engine`.
    pub async fn start(engine: Engine, setup: Setup) -> Self {
        let database = match (engine, setup.behind_a_link) {
            (Engine::Postgres, true) => TestDatabase::behind_a_link().await,
            _ => TestDatabase::migrated(engine).await,
        };
        let folder = tempfile::tempdir().unwrap();
        let config = read_config(&setup, folder.path());
        publish(&config.tests_file, &setup.tests);
        let (db, clock) = (database.db.clone(), Arc::new(TestClock::default()));
        let server = Replica::start(&config, db.clone(), &clock, 1).await;
        Self { db, clock, server, admin: OnceCell::new(), config, database, folder }
    }

    /// The server itself.
    pub fn server(&self) -> &Replica {
        &self.server
    }

    /// The routes with all their layers.
    pub fn router(&self) -> Router {
        self.server.app.router()
    }

    /// Another server on the same database and file of experiments; it remembers nothing of what this one did.
    /// End it with [`Replica::end`] before the test ends.
    pub async fn replica(&self, seed: u64) -> Replica {
        Replica::start(&self.config, self.database.another_handle().await, &self.clock, seed).await
    }

    /// As [`TestApp::replica`], of another version.
    pub async fn replica_of_version(&self, version: &str, seed: u64) -> Replica {
        let config = Config { app_version: version.parse().unwrap(), ..self.config.clone() };
        Replica::start(&config, self.database.another_handle().await, &self.clock, seed).await
    }

    /// Somebody who has never been here.
    pub fn visitor(&self) -> Visitor {
        self.server.visitor()
    }

    /// The administrator, signed in. Made at the first call.
    pub async fn admin(&self) -> &Visitor {
        self.admin.get_or_init(async || self.signed_in("Ada", Role::Admin).await).await
    }

    /// A new account with `role`, signed in through the API.
    pub async fn signed_in(&self, username: &str, role: Role) -> Visitor {
        let ids = SeededIds::new(u64::try_from(self.clock_micros()).unwrap() ^ hash_of(username));
        let now = dashly_kernel::Clock::now(&*self.clock);
        accounts::add(&self.db, username, role, &ids, now).await;
        let visitor = self.visitor();
        self.sign_in(&visitor, username).await;
        visitor
    }

    /// Signs `visitor` in to an account that [`TestApp::signed_in`] made.
    pub async fn sign_in(&self, visitor: &Visitor, username: &str) {
        let body = json!({ "username": username, "password": PASSWORD });
        let _ = visitor.post("/api/auth/login", &body).await.expect(200);
    }

    fn clock_micros(&self) -> i64 {
        dashly_kernel::Clock::now(&*self.clock).unix_micros()
    }

    /// The results as the administrator sees them.
    pub async fn results(&self) -> Value {
        self.admin().await.get("/api/experiments/results").await.expect(200).json()
    }

    /// The results of one experiment.
    ///
    /// # Panics
    /// When it is not in them.
    pub async fn results_of(&self, test_id: &str) -> Value {
        let results = self.results().await;
        let experiments = results["experiments"].as_array().expect("a list of experiments");
        let found = experiments.iter().find(|one| one["test_id"] == test_id);
        found.unwrap_or_else(|| panic!("no {test_id} in {results}")).clone()
    }

    /// How many rows are stored.
    pub async fn stored(&self) -> StoredRowCounts {
        count_stored_rows(&self.db).await.unwrap()
    }

    /// The number in the first column of the first row.
    pub async fn number(&self, query: Query<'_>) -> i64 {
        self.db.fetch_one(query).await.unwrap().get(0).unwrap()
    }

    /// Replaces the file of experiments and has the server look at it.
    pub fn edit_tests(&self, tests: &Value) {
        self.edit_tests_text(&tests.to_string());
    }

    /// As [`TestApp::edit_tests`], with any text.
    pub fn edit_tests_text(&self, text: &str) {
        publish(&self.config.tests_file, text);
        self.server.look_at_tests();
    }

    /// The file of experiments.
    pub fn tests_file(&self) -> &Path {
        &self.config.tests_file
    }

    /// Where the mirror is kept, if it was asked for.
    pub fn mirror_folder(&self) -> PathBuf {
        self.folder.path().join("experiment-logs")
    }

    /// The path to PostgreSQL, if it was set up with `Setup::behind_a_link`.
    pub fn link(&self) -> &Link {
        self.database.link()
    }

    /// Which engine this is.
    pub fn engine(&self) -> Engine {
        self.db.engine()
    }

    /// Stops the server and throws its database away.
    pub async fn end(self) {
        self.server.stop().await;
        self.database.end().await;
        self.folder.close().unwrap();
    }
}

impl Replica {
    /// Completes once everything that was taken in is stored. A page waits for its exposure for a second only: on a busy
    /// machine it is answered before.
    ///
    /// # Panics
    /// After thirty seconds.
    pub async fn stored_everything(&self) {
        let is_stored = async || (self.app.experiments().health().writer.queued == 0).then_some(());
        eventually("the writer's queue to be empty", is_stored).await;
    }

    /// Stops and closes its own connections.
    pub async fn end(self) {
        let db = self.db.clone();
        self.stop().await;
        // SQLite's handle is shared with the other servers of the test.
        if db.engine() == Engine::Postgres {
            db.close().await;
        }
    }
}

fn read_config(setup: &Setup, folder: &Path) -> Config {
    let inside = |name: &str| folder.join(name).display().to_string();
    let lookup = |name: &str| match (setup.settings.get(name), name) {
        (Some(value), _) => Some(value.clone()),
        (None, "DATA_DIR") => Some(inside("data")),
        (None, "TESTS_FILE") => Some(inside("tests.json")),
        (None, "JWT_SECRET") => Some("5f1e0c9a7b3d4826e1f70a9b8c6d5e4f".to_owned()),
        (None, "EXPERIMENT_LOG_DIR") if setup.mirror => Some(inside("experiment-logs")),
        (None, "EXPERIMENT_LOG_DIR") => Some("off".to_owned()),
        _ => None,
    };
    Config::read(&mut Settings::new(&lookup), "127.0.0.1").unwrap()
}

/// Moves the text into place in one step, as editors and Kubernetes do: nobody sees half of it.
fn publish(path: &Path, text: &str) {
    let beside = path.with_extension("new");
    std::fs::write(&beside, text).unwrap();
    std::fs::rename(&beside, path).unwrap();
}

/// Only to give two accounts two ids.
fn hash_of(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
