//! The edge: a small router in front of a stable and a canary version of a service.
//!
//! A visitor stays on one version, a dead backend costs nobody an answer, and what each version answers is counted apart.
//! It knows nothing of what passes. Start with `forward.rs` (the way of a request), then `choice.rs` (which version) and
//! `backends.rs` (which backend); [`EdgeConfig`] is everything that can be set.

mod backends;
mod body;
mod budget;
mod choice;
mod config;
mod discovery;
mod edge;
mod forward;
mod headers;
mod operator;
mod record;
mod run;
mod weight;

pub use config::{EdgeConfig, Origin};
pub use run::{StartedEdge, start};
pub use weight::{InvalidWeight, Weight};
