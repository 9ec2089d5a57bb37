//! Follows what any process changes.

use super::store::{find_last_erasure, find_version, list_changes_in_force};
use crate::definitions::DefinitionsFile;
use crate::ingest::KnownExposures;
use dashly_db::{Db, DbError};
use dashly_telemetry::Tasks;
use std::sync::Arc;
use std::time::Duration;

/// How soon a change takes effect on other replicas: one look at the end of an index.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);

/// What has been seen of the log of changes.
struct Seen {
    version: i64,
    erasure: i64,
}

/// Puts the changes in force that are stored now, and those that come, until the process stops. While the database is
/// away the last known ones stay. When a visitor was erased, `known` forgets everything: it cannot tell whose is whose, and
/// the next exposure of that visitor is a new one.
pub(crate) async fn follow(
    definitions: Arc<DefinitionsFile>,
    known: Arc<KnownExposures>,
    db: Db,
    tasks: &Tasks,
) -> Result<(), DbError> {
    let mut seen = Seen { version: find_version(&db).await?, erasure: find_last_erasure(&db).await? };
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
            if let Err(error) = look(&definitions, &known, &db, &mut seen).await {
                // The writer and the health report say that the database is away.
                tracing::debug!(reason = error.reason(), "changes of experiments cannot be read");
            }
        }
    });
    Ok(())
}

async fn look(
    definitions: &DefinitionsFile,
    known: &KnownExposures,
    db: &Db,
    seen: &mut Seen,
) -> Result<(), DbError> {
    let version = find_version(db).await?;
    if version != seen.version {
        definitions.set_changes(list_changes_in_force(db).await?);
        let erasure = find_last_erasure(db).await?;
        if erasure != seen.erasure {
            known.forget_all();
        }
        *seen = Seen { version, erasure };
    }
    Ok(())
}
