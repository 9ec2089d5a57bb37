//! `ETag` and `If-None-Match` of the bulk answer.

use http::{HeaderMap, HeaderValue, header};
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// Names one answer to one context.
///
/// Weak, because a proxy or our own compression may change the bytes on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct EntityTag(String);

impl EntityTag {
    /// The tag of `answer` to the context with this canonical text.
    ///
    /// The answer itself is hashed, and not what it was made from: whatever changes it (an edit of the file, a date
    /// that passes, a stored exposure) changes the tag, and an edit that changes nothing for this visitor does not.
    /// The context is in it because clients send the tag of an earlier context along with a new one.
    pub(super) fn of(canonical_context: &str, answer: &[u8]) -> Self {
        let mut hash = Sha256::new();
        hash.update(canonical_context.len().to_be_bytes());
        hash.update(canonical_context.as_bytes());
        hash.update(answer);
        let mut opaque = String::with_capacity(32);
        for byte in hash.finalize().iter().take(16) {
            // Writing to a String cannot fail.
            let _ = write!(opaque, "{byte:02x}");
        }
        Self(opaque)
    }

    /// The value of the `ETag` header.
    pub(super) fn header_value(&self) -> Option<HeaderValue> {
        HeaderValue::try_from(format!("W/\"{}\"", self.0)).ok()
    }

    /// Whether the client has this answer already: `If-None-Match` lists the tag, by weak comparison, or is `*`
    /// (RFC 9110, section 13.1.2).
    pub(super) fn is_known_by(&self, headers: &HeaderMap) -> bool {
        headers.get_all(header::IF_NONE_MATCH).iter().any(|value| lists(value.as_bytes(), self.0.as_bytes()))
    }
}

/// Whether a list of entity tags holds the one with this opaque part, or is `*`. Stops where the list is malformed.
fn lists(list: &[u8], opaque: &[u8]) -> bool {
    if list.trim_ascii() == b"*" {
        return true;
    }
    let mut rest = list;
    loop {
        rest = skip_separators(rest);
        rest = rest.strip_prefix(b"W/").unwrap_or(rest);
        // A tag may hold commas, so it ends at its quote.
        let Some(quoted) = rest.strip_prefix(b"\"") else { return false };
        let Some(length) = quoted.iter().position(|byte| *byte == b'"') else { return false };
        let (tag, after) = quoted.split_at(length);
        if tag == opaque {
            return true;
        }
        rest = after.strip_prefix(b"\"").unwrap_or(after);
    }
}

fn skip_separators(text: &[u8]) -> &[u8] {
    let start = text.iter().position(|byte| !matches!(byte, b',' | b' ' | b'\t')).unwrap_or(text.len());
    text.get(start..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{EntityTag, lists};
    use proptest::prelude::*;

    #[test]
    fn tags_are_compared_weakly_and_a_star_is_every_tag() {
        for list in [
            "\"abc\"",
            "W/\"abc\"",
            "\"x\", W/\"abc\"",
            " \"a,b\",\t\"abc\" , \"y\"",
            "*",
            " * ",
            ",,\"abc\"",
        ] {
            assert!(lists(list.as_bytes(), b"abc"), "{list}");
        }
        for list in
            ["", "abc", "\"ab\"", "\"abc", "w/\"abc\"", "\"a,abc\"", "\"x\" abc", "**", "\"*\"", "x \"abc\""]
        {
            assert!(!lists(list.as_bytes(), b"abc"), "{list}");
        }
    }

    #[test]
    fn the_context_and_the_answer_cannot_run_into_each_other() {
        assert_ne!(EntityTag::of("ab", b"c"), EntityTag::of("a", b"bc"));
        assert_eq!(EntityTag::of("ab", b"c"), EntityTag::of("ab", b"c"));
    }

    proptest! {
        #[test]
        fn any_list_is_read(list in prop::collection::vec(any::<u8>(), 0..60)) {
            lists(&list, b"abc");
        }
    }
}
