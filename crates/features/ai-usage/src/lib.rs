//! What AI calls use and cost: collected from the GenAI gateway, kept by the hour, told to administrators.
//!
//! The gateway counts since its start and has no database. A task of this feature reads its counters every few seconds
//! and adds what is new to the hour (`delta.rs` says what is new, `store.rs` does it in one transaction, so that several
//! servers collecting from one gateway count nothing twice). Reports are sums over hours: start at `report.rs`.
//!
//! Without a gateway everything here says that AI is not configured, and nothing is collected.

mod collect;
mod delta;
mod http_routes;
mod quantile;
mod report;
mod service;
mod status;
mod store;
mod watch;

pub use http_routes::routes;
pub use report::{Interval, UsageGroup, UsagePoint, UsageReport, UsageTotals};
pub use service::AiUsage;
pub use status::{AiBudget, AiLimits, AiModel, AiProviderKey, AiStatus};
