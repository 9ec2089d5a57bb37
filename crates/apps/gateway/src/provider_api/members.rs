//! The members of a request's body that every call needs.

use super::error::ProviderError;
use serde::Deserialize;
use serde_json::Number;
use serde_json::value::RawValue;

/// Members that appear twice are refused: the provider might read the other one.
#[derive(Debug, Deserialize)]
pub(super) struct Members<'a> {
    #[serde(borrow)]
    pub(super) model: Option<&'a RawValue>,
    #[serde(default)]
    pub(super) stream: Option<bool>,
    #[serde(default)]
    pub(super) max_tokens: Option<Number>,
}

impl<'a> Members<'a> {
    /// Reads them, and nothing else of `text`.
    pub(super) fn read(text: &'a str) -> Result<Self, ProviderError> {
        serde_json::from_str(text).map_err(|error| {
            ProviderError::invalid(format!("the body is not the JSON that was expected: {error}"))
        })
    }
}
