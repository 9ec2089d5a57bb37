//! The way to the provider: connections, keys, and when a model is left alone.

mod breaker;
mod client;
mod connection;
mod error;
mod keys;
mod origin;
mod patience;
mod reply_body;

pub(crate) use breaker::{BreakerState, Breakers};
pub(crate) use client::{
    Upstream, UpstreamReply, UpstreamRequest, is_labelled_fake, label_fake, retry_after,
};
pub(crate) use error::{BrokenBody, SendError};
pub(crate) use keys::{KeyState, is_about_the_key};
pub(crate) use origin::Origin;
pub(crate) use reply_body::ReplyBody;
