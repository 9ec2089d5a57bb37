//! The task that collects.

use crate::AiUsage;
use dashly_telemetry::{Health, Tasks};
use std::time::Duration;

/// What a gateway counted since the last look is lost when it dies.
const LOOK_INTERVAL: Duration = Duration::from_secs(5);
const COMPONENT: &str = "ai_gateway";

/// Collects until the process stops.
pub(crate) fn watch(usage: AiUsage, health: &Health, tasks: &Tasks) {
    let (health, shutdown) = (health.clone(), tasks.shutdown_signal());
    tasks.spawn("ai usage", async move {
        loop {
            match usage.collect_once().await {
                Ok(()) => health.set_ok(COMPONENT),
                Err(error) => {
                    health.set_degraded(COMPONENT, &format!("AI usage is not collected: {error}"));
                }
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK_INTERVAL) => {}
                () = shutdown.wait() => return,
            }
        }
    });
}
