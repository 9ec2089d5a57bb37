//! A data folder, a database and the settings of one installation.

use crate::process::{Dashly, Server};
use dashly_db::{DatabaseUrl, scratch};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use tempfile::TempDir;

/// Runs each behaviour once on SQLite and once on PostgreSQL.
macro_rules! both_databases {
    ($($(#[$attribute:meta])* async fn $name:ident($installation:ident: $kind:ty) $body:block)*) => {
        $($(#[$attribute])* mod $name {
            use super::*;

            async fn behaviour($installation: $kind) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                let mut installation = $crate::installation::Installation::on_sqlite();
                behaviour(&mut installation).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() {
                let mut installation = $crate::installation::Installation::on_postgres().await;
                behaviour(&mut installation).await;
                installation.remove().await;
            }
        })*
    };
}

pub(crate) const PASSWORD: &str = "seven wet umbrellas";
pub(crate) const JWT_SECRET: &str = "5f1e0c9a7b3d4826e1f70a9b8c6d5e4f";

/// The experiments of the tests: those that the product comes with.
pub(crate) fn tests_file() -> String {
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../../tests.json").to_owned()
}

/// Everything of one Dashly but the process.
pub(crate) struct Installation {
    folder: TempDir,
    /// None for SQLite in the data folder.
    postgres: Option<Postgres>,
}

struct Postgres {
    server_url: String,
    name: String,
    url: DatabaseUrl,
}

impl Installation {
    pub(crate) fn on_sqlite() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), postgres: None }
    }

    pub(crate) async fn on_postgres() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let server_url = postgres_server_url();
        let name = format!("cli_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let url = scratch::create_database(&server_url, &name, None).await.unwrap();
        Self { folder: tempfile::tempdir().unwrap(), postgres: Some(Postgres { server_url, name, url }) }
    }

    pub(crate) fn engine(&self) -> &'static str {
        if self.postgres.is_some() { "PostgreSQL" } else { "SQLite" }
    }

    pub(crate) fn data_folder(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub(crate) fn mirror_folder(&self) -> PathBuf {
        self.data_folder().join("experiment-logs")
    }

    /// Somewhere beside the data folder.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn database(&self) -> DatabaseUrl {
        match &self.postgres {
            Some(postgres) => postgres.url.clone(),
            None => DatabaseUrl::Sqlite(self.data_folder().join("dashly.db")),
        }
    }

    /// What tells a command where everything is.
    pub(crate) fn environment(&self) -> Vec<(&'static str, String)> {
        let mut variables = vec![
            ("DATA_DIR", self.data_folder().display().to_string()),
            ("TESTS_FILE", tests_file()),
            ("PORT", "0".to_owned()),
            ("HOST", "127.0.0.1".to_owned()),
        ];
        if let DatabaseUrl::Postgres(url) = self.database() {
            variables.push(("DATABASE_URL", url.expose().clone()));
        }
        variables
    }

    /// A command on this installation.
    pub(crate) fn command(&self, arguments: &[&str]) -> Dashly {
        Dashly::new(arguments).envs(self.environment())
    }

    /// `dashly up`, with a password known to the tests.
    pub(crate) fn up(&self) -> Dashly {
        self.command(&["up"]).env("ADMIN_PASSWORD", PASSWORD)
    }

    pub(crate) async fn serve(&self) -> Server {
        self.up().serve().await
    }

    /// Removes the database; only needed to keep the test server small, so not after a failure.
    pub(crate) async fn remove(self) {
        if let Some(Postgres { server_url, name, .. }) = &self.postgres {
            scratch::drop_database(server_url, name).await.unwrap();
        }
    }
}

/// The PostgreSQL server of the tests.
#[expect(clippy::disallowed_methods, reason = "tests get their services through the environment")]
pub(crate) fn postgres_server_url() -> String {
    std::env::var("DASHLY_TEST_POSTGRES_URL")
        .expect("DASHLY_TEST_POSTGRES_URL is not set: run through scripts/with-test-services")
}

/// A number that `make` or a person sets.
#[expect(clippy::disallowed_methods, reason = "the length and the seed of a run are chosen outside")]
pub(crate) fn number_from_environment(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} must be a whole number, found `{text}`")))
}
