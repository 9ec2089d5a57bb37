//! The version of the build that runs.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// The version that this process says it is, such as the tag of its image: 1 to 128 printable ASCII characters without
/// spaces. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AppVersion(Arc<str>);

/// The text is no version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {}", AppVersion::EXPECTED)]
pub struct InvalidAppVersion;

impl AppVersion {
    /// As long as the tag of an image can be.
    pub const MAX_CHARS: usize = 128;

    /// What a text must be to be a version, to end a sentence.
    pub const EXPECTED: &'static str = "1 to 128 printable ASCII characters without spaces, such as 1.4.2";

    /// As it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// One shared copy of the text.
    pub fn shared(&self) -> Arc<str> {
        Arc::clone(&self.0)
    }
}

impl FromStr for AppVersion {
    type Err = InvalidAppVersion;

    fn from_str(text: &str) -> Result<Self, InvalidAppVersion> {
        let is_usable =
            (1..=Self::MAX_CHARS).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        if is_usable { Ok(Self(Arc::from(text))) } else { Err(InvalidAppVersion) }
    }
}

impl fmt::Display for AppVersion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_printed_and_is_no_longer_than_a_tag_is_a_version() {
        let longest = "v".repeat(AppVersion::MAX_CHARS);
        for good in ["1", "0.1.0", "2026-11-26_a1b2c3d", "v1.2.3+build.7", "registry/app@sha256:00", &longest]
        {
            assert_eq!(good.parse::<AppVersion>().unwrap().as_str(), good);
        }
        let too_long = "v".repeat(AppVersion::MAX_CHARS + 1);
        for bad in ["", " ", "1 2", "1\n", "\u{7f}", "\0", "é", "1.0\u{202e}", &too_long] {
            assert_eq!(bad.parse::<AppVersion>(), Err(InvalidAppVersion), "{bad:?}");
        }
    }
}
