//! The little that is read of a request's body.

use super::bounds::read_bounded;
use super::error::ProviderError;
use super::members::Members;
use crate::config::GatewayFile;
use crate::metering::{Bounds, Unbounded};
use bytes::{Bytes, BytesMut};
use std::sync::Arc;

/// What the gateway needs to know of a request to the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    /// As the caller wrote it: a model of the provider, or an alias.
    pub(super) name: Arc<str>,
    /// The models to try, in order; one for a model of the provider.
    pub(super) models: Vec<Arc<str>>,
    pub(super) is_alias: bool,
    pub(super) is_stream: bool,
    pub(super) max_tokens: Option<u64>,
    /// Where the model stands in the body.
    place: std::ops::Range<usize>,
}

/// A body that was read.
pub(super) struct Read {
    pub(super) asked: Asked,
    /// What bounds it, or why nothing does. Only looked at where somebody has a budget.
    pub(super) bounds: Result<Bounds, Unbounded>,
}

impl Asked {
    /// Reads what `body` asks for, once: bodies may be large.
    pub(super) fn read(body: &Bytes, file: &GatewayFile, is_charged: bool) -> Result<Read, ProviderError> {
        // Checked once as a whole, which costs far less than with every string.
        let text = std::str::from_utf8(body)
            .map_err(|error| ProviderError::invalid(format!("the body is not UTF-8: {error}")))?;
        let (members, bounds) = if is_charged && file.has_budgets() {
            match read_bounded(text) {
                Ok((members, bounds)) => (members, Ok(bounds)),
                Err(unbounded) => (Members::read(text)?, Err(unbounded)),
            }
        } else {
            (Members::read(text)?, Err(Unbounded("nobody has a budget".to_owned())))
        };
        Ok(Read { asked: Self::of(&members, body, file)?, bounds })
    }

    fn of(members: &Members<'_>, body: &Bytes, file: &GatewayFile) -> Result<Self, ProviderError> {
        let raw = members.model.ok_or_else(|| ProviderError::invalid("model: field required"))?;
        let name: String = serde_json::from_str(raw.get())
            .map_err(|_| ProviderError::invalid("model: expected a string"))?;
        let start = raw.get().as_ptr().addr().saturating_sub(body.as_ptr().addr());
        let alias = file.aliases.get(&*name);
        let models = match alias {
            Some(alias) => std::iter::once(&alias.model).chain(&alias.fallbacks).cloned().collect(),
            None => vec![Arc::from(name.as_str())],
        };
        Ok(Self {
            name: name.into(),
            models,
            is_alias: alias.is_some(),
            is_stream: members.stream.unwrap_or(false),
            max_tokens: members.max_tokens.as_ref().and_then(serde_json::Number::as_u64),
            place: start..start.saturating_add(raw.get().len()),
        })
    }

    /// The body for `model`: as it came for a model of the provider, and with nothing but the name replaced for an alias.
    pub(super) fn body_for(&self, body: &Bytes, model: &str) -> Bytes {
        if !self.is_alias {
            return body.clone();
        }
        let written = serde_json::Value::from(model).to_string();
        let mut replaced = BytesMut::with_capacity(body.len() + written.len());
        replaced.extend_from_slice(body.get(..self.place.start).unwrap_or_default());
        replaced.extend_from_slice(written.as_bytes());
        replaced.extend_from_slice(body.get(self.place.end..).unwrap_or_default());
        replaced.freeze()
    }

    /// Tokens that the call may use: the prompt, of which a token has three bytes at least, and what may be written.
    pub(super) fn expected_tokens(&self, body: &Bytes) -> u64 {
        let prompt = u64::try_from(body.len()).unwrap_or(u64::MAX).div_ceil(3);
        prompt.saturating_add(self.max_tokens.unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::Asked;
    use crate::config::GatewayFile;
    use bytes::Bytes;

    fn asked(body: &str) -> Result<(Asked, Bytes), String> {
        let body = Bytes::copy_from_slice(body.as_bytes());
        let read = Asked::read(&body, &GatewayFile::default(), true).map_err(|error| format!("{error:?}"))?;
        Ok((read.asked, body))
    }

    #[test]
    fn a_model_of_the_provider_passes_as_it_is() {
        let (asked, body) =
            asked("{\"model\":\"claude-new\" ,\"new\":[1.0e0],\"stream\":true,\"max_tokens\":7}").unwrap();
        assert!(!asked.is_alias && asked.is_stream);
        assert_eq!(asked.max_tokens, Some(7));
        assert_eq!(asked.body_for(&body, "claude-new"), body);
    }

    #[test]
    fn an_alias_is_replaced_and_nothing_else() {
        let (asked, body) =
            asked("{ \"a\":{\"model\":\"sonnet\"}, \"model\" :  \"sonnet\" , \"z\": 1.0 }").unwrap();
        assert!(asked.is_alias);
        let replaced = asked.body_for(&body, "claude-\"x\"");
        assert_eq!(
            replaced,
            "{ \"a\":{\"model\":\"sonnet\"}, \"model\" :  \"claude-\\\"x\\\"\" , \"z\": 1.0 }"
        );
        assert_eq!(&*asked.models[0], "claude-sonnet-5-5");
    }

    #[test]
    fn what_cannot_be_understood_is_refused() {
        for body in [
            "",
            "[]",
            "{",
            "{}",
            "{\"model\":5}",
            "{\"model\":\"a\",\"model\":\"b\"}",
            "{\"model\":\"\u{1}\"}",
        ] {
            assert!(asked(body).is_err(), "{body:?}");
        }
    }
}
