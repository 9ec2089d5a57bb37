//! A database for one test.

use crate::Link;
use dashly_db::{DatabaseUrl, Db, Engine, scratch};
use std::sync::atomic::{AtomicU64, Ordering};
use tempfile::TempDir;
use tokio::sync::OnceCell;

/// A database of one test's own: a file in a folder that is removed, or a database that is dropped.
#[derive(Debug)]
pub struct TestDatabase {
    /// The open handle.
    pub db: Db,
    url: DatabaseUrl,
    home: Home,
}

#[derive(Debug)]
enum Home {
    Folder(TempDir),
    Server { name: String, link: Option<Link> },
}

/// The server that `scripts/with-test-services` started, as a superuser's address.
///
/// # Panics
/// Without that script.
#[expect(clippy::disallowed_methods, reason = "tests get their services through the environment")]
pub fn postgres_server() -> String {
    std::env::var("DASHLY_TEST_POSTGRES_URL")
        .expect("no DASHLY_TEST_POSTGRES_URL: run through scripts/with-test-services")
}

fn unique_name(kind: &str) -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    format!("dashly_{kind}_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::SeqCst))
}

/// A migrated database that is copied for each test: one for all tests of the process.
async fn template(server: &str) -> &'static str {
    static TEMPLATE: OnceCell<String> = OnceCell::const_new();
    TEMPLATE
        .get_or_init(async || {
            let name = unique_name("template");
            // Left behind by an earlier process with the same number.
            scratch::drop_database(server, &name).await.unwrap();
            let url = scratch::create_database(server, &name, None).await.unwrap();
            let db = Db::connect(&url).await.unwrap();
            db.migrate().await.unwrap();
            db.close().await;
            name
        })
        .await
}

impl TestDatabase {
    /// A migrated database.
    pub async fn migrated(engine: Engine) -> Self {
        match engine {
            Engine::Sqlite => {
                let database = Self::empty(engine).await;
                database.db.migrate().await.unwrap();
                database
            }
            Engine::Postgres => {
                let server = postgres_server();
                let template = template(&server).await;
                Self::on_server(&server, Some(template), None).await
            }
        }
    }

    /// A database without any table.
    pub async fn empty(engine: Engine) -> Self {
        match engine {
            Engine::Sqlite => {
                let folder = tempfile::tempdir().unwrap();
                let url = DatabaseUrl::Sqlite(folder.path().join("dashly.db"));
                Self { db: Db::connect(&url).await.unwrap(), url, home: Home::Folder(folder) }
            }
            Engine::Postgres => Self::on_server(&postgres_server(), None, None).await,
        }
    }

    /// A migrated PostgreSQL database behind a [`Link`] that the test may cut.
    pub async fn behind_a_link() -> Self {
        let server = postgres_server();
        let link = Link::to(&server).await;
        let template = template(&server).await;
        Self::on_server(&server, Some(template), Some(link)).await
    }

    async fn on_server(server: &str, template: Option<&str>, link: Option<Link>) -> Self {
        let name = unique_name("test");
        scratch::drop_database(server, &name).await.unwrap();
        let mut url = scratch::create_database(server, &name, template).await.unwrap();
        if let (Some(link), DatabaseUrl::Postgres(direct)) = (&link, &url) {
            url = link.reroute(direct.expose()).parse().unwrap();
        }
        Self { db: Db::connect(&url).await.unwrap(), url, home: Home::Server { name, link } }
    }

    /// Where it is.
    pub fn url(&self) -> &DatabaseUrl {
        &self.url
    }

    /// What can be cut.
    ///
    /// # Panics
    /// When there is none: only `behind_a_link` makes one.
    pub fn link(&self) -> &Link {
        match &self.home {
            Home::Server { link: Some(link), .. } => link,
            _ => panic!("this test database has no link: set it up with `Setup::behind_a_link`"),
        }
    }

    /// A second handle, as another process would have it. SQLite serves one process, so there it is the same handle.
    pub async fn another_handle(&self) -> Db {
        match self.db.engine() {
            Engine::Sqlite => self.db.clone(),
            Engine::Postgres => Db::connect(&self.url).await.unwrap(),
        }
    }

    /// Throws the database away.
    pub async fn end(self) {
        self.db.close().await;
        match self.home {
            Home::Folder(folder) => folder.close().unwrap(),
            Home::Server { name, .. } => scratch::drop_database(&postgres_server(), &name).await.unwrap(),
        }
    }
}
