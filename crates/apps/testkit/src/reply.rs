//! What came back.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::Value;

/// One answer, read whole.
#[derive(Clone, Debug)]
pub struct Reply {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

impl Reply {
    /// This answer, if it has `status`.
    ///
    /// # Panics
    /// With the answer in the message, if not.
    #[track_caller]
    #[must_use]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        self
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// When it is not JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error} in: {}", self.text()))
    }

    /// The value at `key` of the JSON body; null when it is not there.
    #[track_caller]
    pub fn at(&self, key: &str) -> Value {
        self.json().get(key).cloned().unwrap_or_default()
    }

    /// The variant of `test_id` in the answer of a view.
    #[track_caller]
    pub fn variant(&self, test_id: &str) -> String {
        match self.json().pointer(&format!("/variants/{test_id}")) {
            Some(Value::String(variant)) => variant.clone(),
            _ => panic!("no variant of {test_id} in: {}", self.text()),
        }
    }

    /// The experiments whose exposure the answer of a view acknowledges.
    #[track_caller]
    pub fn exposed(&self) -> Vec<String> {
        let exposed = self.at("exposed");
        let exposed = exposed.as_array().unwrap_or_else(|| panic!("no `exposed` in: {}", self.text()));
        exposed.iter().filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// The codes of the warnings in the answer to an event.
    #[track_caller]
    pub fn warnings(&self) -> Vec<String> {
        let warnings = self.at("warnings");
        let warnings = warnings.as_array().unwrap_or_else(|| panic!("no `warnings` in: {}", self.text()));
        warnings.iter().filter_map(|warning| warning["code"].as_str()).map(str::to_owned).collect()
    }

    /// The text of a header; none when it is absent.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// All `Set-Cookie` lines in order.
    pub fn set_cookies(&self) -> Vec<&str> {
        self.headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok()).collect()
    }

    /// Checks that this is a complete problem document with `status` and `code`; gives the document.
    ///
    /// # Panics
    /// When it is not.
    #[track_caller]
    pub fn problem(&self, status: u16, code: &str) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{}", self.text());
        let document = self.json();
        assert_eq!(document["status"], status, "{document}");
        assert_eq!(document["type"], format!("https://dashly.dev/problems/{code}"), "{document}");
        assert_eq!(document["success"], false, "{document}");
        assert!(document["title"].as_str().is_some_and(|title| !title.is_empty()), "{document}");
        assert!(document["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{document}");
        assert_eq!(document["error"], document["detail"], "{document}");
        assert_eq!(document["message"], document["detail"], "{document}");
        assert_eq!(document["request_id"].as_str(), self.header("x-request-id"), "{document}");
        assert!(document["instance"].as_str().is_some_and(|path| path.starts_with('/')), "{document}");
        document
    }
}
