//! How a test wants its server.

use serde_json::Value;
use std::collections::BTreeMap;

/// The experiments that the product ships with.
const SHIPPED_TESTS: &str = include_str!("../../../../tests.json");

/// What [`Setup::new`] leaves as it is in production may be changed here, before the server is built.
#[derive(Clone, Debug)]
pub struct Setup {
    pub(crate) settings: BTreeMap<&'static str, String>,
    pub(crate) tests: String,
    pub(crate) mirror: bool,
    pub(crate) behind_a_link: bool,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            settings: BTreeMap::new(),
            tests: SHIPPED_TESTS.to_owned(),
            mirror: false,
            behind_a_link: false,
        }
    }
}

impl Setup {
    /// The shipped experiments, no mirror, every setting at its default.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets one of the server's environment variables.
    #[must_use]
    pub fn setting(mut self, name: &'static str, value: &str) -> Self {
        self.settings.insert(name, value.to_owned());
        self
    }

    /// Replaces the experiments; see [`tests_json`].
    #[must_use]
    pub fn tests(mut self, tests: &Value) -> Self {
        self.tests = tests.to_string();
        self
    }

    /// Keeps the JSON mirror, in the test's own folder.
    #[must_use]
    pub fn mirror(mut self) -> Self {
        self.mirror = true;
        self
    }

    /// Puts a [`crate::Link`] in front of PostgreSQL. SQLite has no path that could break.
    #[must_use]
    pub fn behind_a_link(mut self) -> Self {
        self.behind_a_link = true;
        self
    }
}

/// A `tests.json` with one experiment for each `(test_id, fields)`; `fields` adds to or replaces the plain ones: the
/// variants A and B, shown on the dashboard, with the target event `click`.
pub fn tests_json(experiments: &[(&str, Value)]) -> Value {
    let entries: Vec<Value> = experiments
        .iter()
        .map(|(test_id, fields)| {
            let mut entry = serde_json::json!({
                "test_id": test_id,
                "description": format!("Does {test_id} help?"),
                "variants": { "A": "old", "B": "new" },
                "target_event": "click",
            });
            if let (Some(entry), Some(fields)) = (entry.as_object_mut(), fields.as_object()) {
                entry.extend(fields.clone());
            }
            entry
        })
        .collect();
    serde_json::json!({ "experiments": entries })
}
