//! What goes wrong on the way to the provider.

use std::error::Error;

/// Why there is no reply. Nothing of it names an address or a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SendError {
    #[error("no key of the model provider is configured")]
    NoKey,
    #[error("the model provider cannot be reached")]
    Connect,
    #[error("the model provider closed the connection without a reply")]
    Broken,
    #[error("the model provider took too long")]
    TooSlow,
}

impl SendError {
    /// For a body that `error` kept from being read whole: it may have been too long, or not have come.
    pub(crate) fn of_body(error: &(dyn Error + Send + Sync + 'static)) -> Self {
        error.downcast_ref::<BrokenBody>().map_or(Self::Broken, |broken| (*broken).into())
    }
}

impl From<BrokenBody> for SendError {
    fn from(broken: BrokenBody) -> Self {
        match broken {
            BrokenBody::Cut => Self::Broken,
            BrokenBody::Silent => Self::TooSlow,
        }
    }
}

/// Why a body is not whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BrokenBody {
    #[error("the model provider broke off")]
    Cut,
    #[error("the model provider fell silent")]
    Silent,
}
