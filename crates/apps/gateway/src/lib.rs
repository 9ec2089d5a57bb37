//! The GenAI inference gateway: the only holder of the model provider's key.
//!
//! It routes, limits, meters and survives. Read [`build`] for what is wired to what, `provider_api` for the way of a call,
//! and [`GatewayConfig`] with `config/file.rs` for everything that can be set from outside. It has no database.

mod app;
mod callers;
mod calls;
mod config;
mod facts;
mod gateway;
mod guard;
mod metering;
mod openapi;
mod operator;
mod provider_api;
mod run;
mod tasks;
mod upstream;

pub use app::{GatewayParts, GatewayRoutes, build};
pub use callers::new_virtual_key;
pub use config::{GatewayConfig, InvalidGatewayFile, check_gateway_file};
pub use openapi::describe_gateway;
pub use run::{StartedGateway, start, start_on};

/// What the gateway needs from its environment, for the help of the programs that start it.
pub const SETTINGS_HELP: &str = "\
Needs ANTHROPIC_API_KEY to answer, and GATEWAY_TOKEN to serve callers of other machines; starts without both. PORT \
(4000), HOST (0.0.0.0), GATEWAY_CONFIG (gateway.toml, which may be missing), RATE_LIMIT_RPM (60) and REDIS_URL may be set.";
