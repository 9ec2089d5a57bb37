//! Which version a request is for.

use crate::weight::Weight;
use dashly_kernel::Ids;
use dashly_web::{SetCookie, find_cookie};
use http::HeaderMap;
use http::header::CACHE_CONTROL;
use serde::Serialize;
use std::fmt;

/// Header by which a tester asks for a version, and by which an answer says which one it is from.
pub(crate) const VERSION_HEADER: &str = "x-dashly-version";
/// Cookie that keeps a tester on the version that the header asked for.
const VERSION_COOKIE: &str = "dashly_version";
const VERSION_COOKIE_SECONDS: u64 = 60 * 60;
/// Cookie of visitors whom the application does not know yet.
const EDGE_COOKIE: &str = "dashly_edge_id";
const EDGE_COOKIE_SECONDS: u64 = 400 * 24 * 60 * 60;
/// The application's own cookie; its name is part of the application's contract.
const VISITOR_COOKIE: &str = "ab_visitor_id";
const MAX_ID_CHARACTERS: usize = 64;

/// One of the two versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Version {
    Stable,
    Canary,
}

impl Version {
    pub(crate) const BOTH: [Self; 2] = [Self::Stable, Self::Canary];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Stable => "stable",
            Self::Canary => "canary",
        }
    }

    pub(crate) const fn other(self) -> Self {
        match self {
            Self::Stable => Self::Canary,
            Self::Canary => Self::Stable,
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::BOTH.into_iter().find(|version| version.name() == text)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// How versions are chosen.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    pub(crate) weight: Weight,
    /// Whether a request may ask for a version.
    pub(crate) allows_override: bool,
    pub(crate) salt: std::sync::Arc<str>,
}

/// What was chosen for one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Choice {
    pub(crate) version: Version,
    /// `header`, `cookie` or `draw`.
    pub(crate) by: &'static str,
    /// An id that the visitor is to keep.
    new_id: Option<String>,
}

impl Choice {
    /// Header first, then cookie, where they may; else the draw of who the visitor is.
    ///
    /// The edge's own cookie goes before the application's: it was there first, so that the first answer and all after
    /// it come from one version although the application gives the visitor another id meanwhile.
    pub(crate) fn make(headers: &HeaderMap, rule: &Rule, ids: &dyn Ids) -> Self {
        if rule.allows_override {
            let asked = headers.get(VERSION_HEADER).and_then(|value| value.to_str().ok());
            if let Some(version) = asked.and_then(Version::parse) {
                return Self { version, by: "header", new_id: None };
            }
            if let Some(version) = find_cookie(headers, VERSION_COOKIE).and_then(Version::parse) {
                return Self { version, by: "cookie", new_id: None };
            }
        }
        let known = [EDGE_COOKIE, VISITOR_COOKIE]
            .into_iter()
            .filter_map(|name| find_cookie(headers, name))
            .find(|id| is_id(id));
        let new_id = known.is_none().then(|| format!("e_{}", ids.token()));
        let visitor = known.or(new_id.as_deref()).unwrap_or_default();
        let is_canary = rule.weight.includes(&rule.salt, visitor);
        let version = if is_canary { Version::Canary } else { Version::Stable };
        Self { version, by: "draw", new_id }
    }

    /// Adds the cookies that keep the choice.
    pub(crate) fn keep(&self, headers: &mut HeaderMap, secure: bool) {
        if let Some(value) = self.new_id.as_deref().filter(|_| !is_for_everybody(headers)) {
            let cookie = SetCookie { name: EDGE_COOKIE, value, max_age_seconds: EDGE_COOKIE_SECONDS, secure };
            cookie.append_to(headers);
        }
        if self.by == "header" {
            let (name, value) = (VERSION_COOKIE, self.version.name());
            SetCookie { name, value, max_age_seconds: VERSION_COOKIE_SECONDS, secure }.append_to(headers);
        }
    }
}

/// Whether a cache may keep the answer for all visitors: with one visitor's id in it they would all become that one.
fn is_for_everybody(headers: &HeaderMap) -> bool {
    let directives = headers.get_all(CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok());
    directives.flat_map(|value| value.split(',')).any(|directive| {
        let name = directive.split('=').next().unwrap_or_default().trim();
        ["public", "immutable", "s-maxage"].iter().any(|shared| name.eq_ignore_ascii_case(shared))
    })
}

/// Whether the text has the form of an id, as the application defines it.
fn is_id(text: &str) -> bool {
    (1..=MAX_ID_CHARACTERS).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::{Choice, Rule, Version};
    use dashly_kernel::Ids;
    use http::{HeaderMap, HeaderValue};

    struct Zeros;

    impl Ids for Zeros {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(0);
        }
    }

    fn choose(cookie: &str, header: Option<&'static str>, weight: &str, allows_override: bool) -> Choice {
        let mut headers = HeaderMap::new();
        headers.insert("cookie", HeaderValue::from_str(cookie).unwrap());
        if let Some(header) = header {
            headers.insert("x-dashly-version", HeaderValue::from_static(header));
        }
        let rule = Rule { weight: weight.parse().unwrap(), allows_override, salt: "s".into() };
        Choice::make(&headers, &rule, &Zeros)
    }

    #[test]
    fn header_then_cookie_then_draw() {
        let chosen = choose("dashly_version=stable", Some("canary"), "0", true);
        assert_eq!((chosen.version, chosen.by), (Version::Canary, "header"));
        let chosen = choose("dashly_version=canary", Some("nonsense"), "0", true);
        assert_eq!((chosen.version, chosen.by), (Version::Canary, "cookie"));
        let chosen = choose("dashly_version=canary", Some("canary"), "0", false);
        assert_eq!((chosen.version, chosen.by), (Version::Stable, "draw"));
    }

    /// Salt `s`; the weights are those around the first eight bytes of SHA-256(`s` `.` id), as Python's `hashlib` has them.
    #[test]
    fn a_visitor_is_drawn_by_the_published_hash() {
        for (id, out, within) in
            [("user-1", "71.9", "72"), ("user-2", "33.2", "33.3"), ("v_1", "69.6", "69.7")]
        {
            let cookie = format!("ab_visitor_id={id}");
            assert_eq!(choose(&cookie, None, out, false).version, Version::Stable, "{id}");
            assert_eq!(choose(&cookie, None, within, false).version, Version::Canary, "{id}");
        }
    }

    #[test]
    fn the_id_that_was_first_decides() {
        // v_2 is drawn above 50 %, v_1 below it or the other way round: both ids alone, then together.
        let alone = |id: &str| choose(&format!("dashly_edge_id={id}"), None, "50", false).version;
        let ids: Vec<String> = (0..20).map(|number| format!("v_{number}")).collect();
        let (a, b) = ids
            .iter()
            .zip(ids.iter().skip(1))
            .find(|(a, b)| alone(a) != alone(b))
            .expect("twenty ids are not all on one version");
        let both = choose(&format!("ab_visitor_id={b}; dashly_edge_id={a}"), None, "50", false);
        assert_eq!(both.version, alone(a));
        assert!(both.new_id.is_none());
        let known = choose(&format!("ab_visitor_id={b}"), None, "50", false);
        assert_eq!(known.version, alone(b));
        // What has not the form of an id is none.
        assert!(choose("dashly_edge_id=a b; ab_visitor_id=<x>", None, "50", false).new_id.is_some());
    }
}
