//! What can be set from outside: variables, read once, and the file, which may change while the gateway runs.

mod environment;
mod file;
mod live;
mod models;
mod written;

pub use environment::GatewayConfig;
pub(crate) use file::{Allowance, BreakerRule, GatewayFile, Retries, VirtualKey};
pub use file::{InvalidGatewayFile, check_gateway_file};
pub(crate) use live::LiveFile;
pub(crate) use models::{Model, Price};
