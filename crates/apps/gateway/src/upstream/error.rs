//! What goes wrong on the way to the provider.

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

/// Why a body is not whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BrokenBody {
    #[error("the model provider broke off")]
    Cut,
    #[error("the model provider fell silent")]
    Silent,
}
