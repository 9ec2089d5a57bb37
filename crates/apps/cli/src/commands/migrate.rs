//! `dashly migrate`.

use crate::environment;
use crate::output::say;
use anyhow::Context;
use dashly_db::Db;
use std::process::ExitCode;

/// Applies what the database lacks.
pub(crate) async fn migrate() -> anyhow::Result<ExitCode> {
    let config = environment::config(environment::LOCAL_HOST)?;
    let db = Db::connect(&config.database).await?;
    let applied = db.migrate().await.with_context(|| format!("migrating {}", config.database))?;
    for name in &applied {
        say!("applied {name}");
    }
    if applied.is_empty() {
        say!("nothing to do: {} is up to date", config.database);
    }
    db.close().await;
    Ok(ExitCode::SUCCESS)
}
