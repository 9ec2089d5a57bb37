//! What AI calls use and cost: collected from the GenAI gateway, kept by the hour, told to administrators.
//!
//! The gateway counts since its start and has no database. A task of this feature reads its counters every few seconds
//! and adds what is new to the hour (`delta.rs` says what is new, `store.rs` does it in one transaction, so that several
//! servers collecting from one gateway count nothing twice). Reports are sums over hours: start at `report.rs`;
//! `groups.rs` tells them by task, model, workspace and key.
//!
//! Without a gateway everything here says that AI is not configured, and nothing is collected.

mod collect;
mod delta;
mod filter;
mod groups;
mod http_routes;
mod quantile;
mod report;
mod service;
mod status;
mod store;
mod sum;
mod watch;

pub use filter::UsageFilter;
pub use groups::{UsageGroup, UsageGroupPoints, UsageOtherGroups, UsageOthers};
pub use http_routes::routes;
pub use report::{Interval, UsagePoint, UsageReport, UsageTotals};
pub use service::AiUsage;
pub use status::{AiBudget, AiLimits, AiModel, AiProviderKey, AiStatus};
