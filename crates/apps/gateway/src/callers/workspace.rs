//! For which workspace a call is made.

use http::{HeaderMap, HeaderName};
use std::sync::Arc;

const WORKSPACE: HeaderName = HeaderName::from_static("x-dashly-workspace");
const MOST_CHARACTERS: usize = 64;

/// The header names no workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("x-dashly-workspace: expected 1 to 64 letters, digits, dashes or underscores")]
pub(crate) struct InvalidWorkspace;

/// The workspace that `headers` name; none when they name none.
pub(crate) fn workspace_of(headers: &HeaderMap) -> Result<Option<Arc<str>>, InvalidWorkspace> {
    let Some(value) = headers.get(WORKSPACE) else { return Ok(None) };
    let text = value.to_str().map_err(|_| InvalidWorkspace)?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    if (1..=MOST_CHARACTERS).contains(&text.len()) && text.bytes().all(is_plain) {
        return Ok(Some(Arc::from(text)));
    }
    Err(InvalidWorkspace)
}
