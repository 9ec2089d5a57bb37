//! Who visits.

use dashly_kernel::Ids;
use std::sync::Arc;

/// Name of the cookie that holds the visitor's id.
pub const VISITOR_COOKIE: &str = "ab_visitor_id";
const MAX_CHARACTERS: usize = 64;

/// The opaque id of one browser: 1 to 64 characters of `A-Z a-z 0-9 _ . -`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct VisitorId(Arc<str>);

impl VisitorId {
    /// A new visitor: `v_` and 128 random bits.
    pub fn new(ids: &dyn Ids) -> Self {
        Self(format!("v_{}", ids.token()).into())
    }

    /// What a cookie holds, if it has the form of an id.
    pub fn parse(text: &str) -> Option<Self> {
        let valid = (1..=MAX_CHARACTERS).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'));
        valid.then(|| Self(text.into()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id as shared text.
    pub fn shared(&self) -> Arc<str> {
        Arc::clone(&self.0)
    }
}
