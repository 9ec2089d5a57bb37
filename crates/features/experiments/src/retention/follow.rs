//! Removes by itself what is too old, as long as the server runs.

use super::{RetentionDays, remove};
use crate::Experiments;
use dashly_db::DbError;
use dashly_telemetry::Tasks;
use std::time::Duration;

/// How often what is too old is looked for.
const LOOK_INTERVAL: Duration = Duration::from_hours(6);
/// After a failure.
const RETRY_INTERVAL: Duration = Duration::from_mins(5);

/// Removes what is older than `days`, now and every few hours, until `tasks` shut down.
pub(crate) fn follow(experiments: Experiments, days: RetentionDays, tasks: &Tasks) {
    let shutdown = tasks.shutdown_signal();
    tasks.spawn("retention", async move {
        loop {
            let pause = tokio::select! {
                removed = look(&experiments, days) => match removed {
                    Ok(()) => LOOK_INTERVAL,
                    Err(error) => {
                        tracing::warn!(reason = error.reason(), "what is too old could not be removed");
                        RETRY_INTERVAL
                    }
                },
                // Each step is a transaction of its own: what is missing is done after the next start.
                () = shutdown.wait() => return,
            };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = shutdown.wait() => return,
            }
        }
    });
}

async fn look(experiments: &Experiments, days: RetentionDays) -> Result<(), DbError> {
    experiments.look_at_changes().await?;
    let definitions = experiments.definitions();
    let (current, changes) = (definitions.current(), definitions.changes());
    let removed = remove::remove(experiments.db(), &current, &changes, days, experiments.now()).await?;
    if !removed.is_empty() {
        let (exposures, events) = (removed.exposures, removed.events);
        tracing::info!(exposures, events, retired = removed.retired.join(","), "removed what is too old");
        experiments.look_at_changes().await?;
    }
    Ok(())
}
