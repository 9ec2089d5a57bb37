//! What an operator sees of a running process: logs, metrics and health; and the tasks it runs in the background.
//!
//! Knows no domain word. Start with [`Health`] (what is wrong right now) and [`Tasks`] (nothing runs unwatched).

mod health;
mod json_line;
mod logs;
mod process_metrics;
mod prometheus;
mod tasks;

pub use health::{Component, Health, HealthReport, Phase};
pub use logs::{InvalidLogFilter, InvalidLogFormat, LogFilter, LogFormat, start_logs};
pub use prometheus::{InstallMetricsError, Metrics};
pub use tasks::{ShutdownSignal, Tasks};
