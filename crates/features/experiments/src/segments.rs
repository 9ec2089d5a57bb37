//! The standard segments, fixed at the first exposure.

use http::{HeaderMap, header};

/// What kind of device asked, by its user agent. A rough cut for exploring, never for deciding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Device {
    /// A desktop browser, or anything that names neither of the others.
    Desktop,
    /// A phone.
    Mobile,
    /// A tablet.
    Tablet,
    /// Says itself that it is a program.
    Bot,
    /// No user agent.
    Unknown,
}

impl Device {
    /// Reads the `User-Agent` header.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let Some(agent) = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()) else {
            return Self::Unknown;
        };
        let agent = agent.to_ascii_lowercase();
        let names_any = |words: &[&str]| words.iter().any(|word| agent.contains(word));
        if names_any(&["bot", "crawler", "spider", "headless"]) {
            Self::Bot
        } else if names_any(&["ipad", "tablet"]) || (agent.contains("android") && !agent.contains("mobile")) {
            Self::Tablet
        } else if names_any(&["mobile", "iphone"]) {
            Self::Mobile
        } else {
            Self::Desktop
        }
    }

    /// The word stored in the database.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Desktop => "desktop",
            Self::Mobile => "mobile",
            Self::Tablet => "tablet",
            Self::Bot => "bot",
            Self::Unknown => "unknown",
        }
    }
}

/// Whether the visitor was known before the first exposure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum VisitorKind {
    /// Came without a visitor id.
    New,
    /// Came with one.
    Returning,
}

impl VisitorKind {
    /// The word stored in the database.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Returning => "returning",
        }
    }
}
