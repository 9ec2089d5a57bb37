//! Follows what any process changes.

use super::store::{find_version, list_changes_in_force};
use crate::definitions::DefinitionsFile;
use dashly_db::{Db, DbError};
use dashly_telemetry::Tasks;
use std::sync::Arc;
use std::time::Duration;

/// How soon a change takes effect on other replicas: one look at the end of an index.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);

/// Puts the changes in force that are stored now, and those that come, until the process stops. While the database is
/// away the last known ones stay.
pub(crate) async fn follow(definitions: Arc<DefinitionsFile>, db: Db, tasks: &Tasks) -> Result<(), DbError> {
    let mut seen = find_version(&db).await?;
    definitions.set_changes(list_changes_in_force(&db).await?);
    let shutdown = tasks.shutdown_signal();
    tasks.spawn("experiment changes", async move {
        let mut interval = tokio::time::interval(LOOK_INTERVAL);
        interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = interval.tick() => {}
                () = shutdown.wait() => return,
            }
            if let Err(error) = look(&definitions, &db, &mut seen).await {
                // The writer and the health report say that the database is away.
                tracing::debug!(reason = error.reason(), "changes of experiments cannot be read");
            }
        }
    });
    Ok(())
}

async fn look(definitions: &DefinitionsFile, db: &Db, seen: &mut i64) -> Result<(), DbError> {
    let version = find_version(db).await?;
    if version != *seen {
        definitions.set_changes(list_changes_in_force(db).await?);
        *seen = version;
    }
    Ok(())
}
