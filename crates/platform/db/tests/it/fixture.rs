//! Empty databases, thrown away at the end.

use dashly_db::{DatabaseUrl, Db, Engine, scratch};
use std::sync::atomic::{AtomicU64, Ordering};
use tempfile::TempDir;

/// The server that `scripts/with-test-services` started.
#[expect(clippy::disallowed_methods, reason = "tests get their services through the environment")]
pub(crate) fn server() -> String {
    std::env::var("DASHLY_TEST_POSTGRES_URL")
        .expect("no DASHLY_TEST_POSTGRES_URL: run through scripts/with-test-services")
}

/// A database without any table.
pub(crate) struct Empty {
    pub(crate) url: DatabaseUrl,
    pub(crate) db: Db,
    home: Home,
}

enum Home {
    Folder(TempDir),
    Server(String),
}

impl Empty {
    pub(crate) async fn new(engine: Engine) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let (url, home) = match engine {
            Engine::Sqlite => {
                let folder = tempfile::tempdir().unwrap();
                (DatabaseUrl::Sqlite(folder.path().join("test.db")), Home::Folder(folder))
            }
            Engine::Postgres => {
                let name = format!("db_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::SeqCst));
                scratch::drop_database(&server(), &name).await.unwrap();
                (scratch::create_database(&server(), &name, None).await.unwrap(), Home::Server(name))
            }
        };
        Self { db: Db::connect(&url).await.unwrap(), url, home }
    }

    pub(crate) async fn end(self) {
        self.db.close().await;
        match self.home {
            Home::Folder(folder) => folder.close().unwrap(),
            Home::Server(name) => scratch::drop_database(&server(), &name).await.unwrap(),
        }
    }
}

/// Runs a behaviour on each engine: `name::sqlite` and `name::postgres`.
macro_rules! both_engines {
    ($(async fn $name:ident($database:ident: Empty) $body:block)*) => {
        $(mod $name {
            use super::*;

            async fn behaviour($database: &Empty) $body

            async fn on(engine: dashly_db::Engine) {
                let database = Empty::new(engine).await;
                Box::pin(behaviour(&database)).await;
                database.end().await;
            }

            #[tokio::test]
            async fn sqlite() {
                Box::pin(on(dashly_db::Engine::Sqlite)).await;
            }

            #[tokio::test]
            async fn postgres() {
                Box::pin(on(dashly_db::Engine::Postgres)).await;
            }
        })*
    };
}
pub(crate) use both_engines;
