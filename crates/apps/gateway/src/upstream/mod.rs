//! The way to the provider: one client, its keys, and when a model is left alone.

mod breaker;
mod client;
mod keys;
mod stream;

pub(crate) use breaker::{BreakerState, Breakers};
pub(crate) use client::{
    SendError, Upstream, UpstreamReply, UpstreamRequest, WholeBodyClient, http_client, retry_after,
};
pub(crate) use keys::KeyState;
