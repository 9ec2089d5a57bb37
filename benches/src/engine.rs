//! A fresh database for the benchmarks, on each engine.

use anyhow::Context;
use dashly_db::{DatabaseUrl, Db, scratch};
use std::path::PathBuf;
use tempfile::TempDir;

/// One engine with a folder of its own and, on PostgreSQL, databases of its own.
#[derive(Debug)]
pub(crate) struct Scratch {
    /// The engine's name for the table.
    pub(crate) engine: &'static str,
    folder: TempDir,
    postgres_server: Option<String>,
}

/// One database.
#[derive(Debug)]
pub(crate) struct Database {
    /// What `DATABASE_URL` is set to.
    pub(crate) url_text: String,
    /// The same, understood.
    pub(crate) url: DatabaseUrl,
    /// Folder for everything else of this server.
    pub(crate) folder: PathBuf,
}

impl Scratch {
    /// SQLite and PostgreSQL.
    pub(crate) fn both() -> anyhow::Result<Vec<Self>> {
        let server = variable("DASHLY_TEST_POSTGRES_URL")
            .context("DASHLY_TEST_POSTGRES_URL is not set: run `make bench`")?;
        let sqlite = Self { engine: "SQLite", folder: tempfile::tempdir()?, postgres_server: None };
        let postgres =
            Self { engine: "PostgreSQL", folder: tempfile::tempdir()?, postgres_server: Some(server) };
        Ok(vec![sqlite, postgres])
    }

    /// An empty migrated database called `name`.
    pub(crate) async fn database(&self, name: &str) -> anyhow::Result<Database> {
        let folder = self.folder.path().join(name);
        std::fs::create_dir_all(&folder)?;
        let (url, url_text) = match &self.postgres_server {
            None => {
                let path = folder.join("dashly.db");
                (DatabaseUrl::Sqlite(path.clone()), format!("sqlite:{}", path.display()))
            }
            Some(server) => {
                let name = format!("bench_{}_{name}", std::process::id());
                let url = scratch::create_database(server, &name, None).await?;
                let DatabaseUrl::Postgres(text) = &url else { anyhow::bail!("not a PostgreSQL address") };
                let text = text.expose().clone();
                (url, text)
            }
        };
        let db = Db::connect(&url).await?;
        db.migrate().await?;
        db.close().await;
        Ok(Database { url_text, url, folder })
    }

    /// A folder on the disk that is measured.
    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    /// Removes the databases.
    pub(crate) async fn remove(self) -> anyhow::Result<()> {
        if let Some(server) = &self.postgres_server {
            for name in ["load", "returning", "bulk", "raw", "few", "many", "totals", "memory"] {
                scratch::drop_database(server, &format!("bench_{}_{name}", std::process::id())).await?;
            }
        }
        Ok(())
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place where this program reads its environment")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
