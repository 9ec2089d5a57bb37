//! How the main API asks the GenAI gateway: the wire contract, and a typed client of it.
//!
//! This crate must never know a model provider, a prompt or a key of a provider: those are the gateway's. Start with
//! [`LlmClient`]; a question is a type that implements [`Task`], and everything that belongs to one call but not to its
//! question stands in a [`CallContext`].

mod client;
mod context;
mod counters;
mod error;
mod task;
mod tasks;

pub use client::{GatewayUrl, InvalidGatewayUrl, LlmClient};
pub use context::CallContext;
pub use counters::{
    BudgetStanding, CounterRow, Counters, DURATION_BOUNDS_MS, GatewayLimits, KeyStanding, ModelStanding,
    TokenCounts,
};
pub use error::LlmError;
pub use task::{Answer, AnswerUsage, Task};
pub use tasks::*;
