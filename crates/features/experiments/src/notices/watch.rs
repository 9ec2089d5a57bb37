//! The task that looks and sends.

use crate::Experiments;
use dashly_kernel::Problem;
use dashly_telemetry::Tasks;
use std::time::Duration;

/// At most one look in this time, however many commits there are; and how soon a webhook is asked again.
const LOOK_INTERVAL: Duration = Duration::from_secs(5);
/// Without commits there is a look after so many of them: conversion windows close by themselves.
const IDLE_INTERVALS: u32 = 12;

/// Looks for notices and sends them, until the process stops.
pub(crate) fn watch(experiments: Experiments, tasks: &Tasks) {
    let shutdown = tasks.shutdown_signal();
    let mut commits = experiments.commits();
    tasks.spawn("experiment notices", async move {
        let mut idle = IDLE_INTERVALS;
        loop {
            idle += 1;
            if commits.has_changed().unwrap_or(false) || idle >= IDLE_INTERVALS {
                commits.mark_unchanged();
                idle = 0;
                look(&experiments).await;
            }
            if let Err(error) = experiments.deliver_notices().await {
                tracing::debug!(reason = error.reason(), "notices cannot be delivered");
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK_INTERVAL) => {}
                () = shutdown.wait() => return,
            }
        }
    });
}

/// While the database is away there is nothing new, and the writer and the health report say so.
async fn look(experiments: &Experiments) {
    if let Err(error) = experiments.look_for_notices().await {
        tracing::debug!(reason = Problem::from(error).detail, "notices cannot be looked for");
    }
}
