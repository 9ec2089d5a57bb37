//! The parts of the server's answers that are read, written down from the published contract and not shared
//! with it.

use std::collections::BTreeMap;

use serde::Deserialize;

/// Variant by test id.
pub(crate) type Variants = BTreeMap<String, String>;

/// An answer of `dashboard` or `pricing-view`.
#[derive(Debug, Deserialize)]
pub(crate) struct View {
    /// The variants of all running tests.
    pub(crate) variants: Variants,
    /// The tests whose exposure is stored.
    pub(crate) exposed: Vec<String>,
    pub(crate) enrolled: Option<Enrolled>,
    /// The one test of the pricing view; absent on the dashboard.
    #[serde(rename = "testId")]
    pub(crate) test_id: Option<String>,
}

/// `enrolled`: of each test on the dashboard, of its one test on the pricing view.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Enrolled {
    Each(BTreeMap<String, bool>),
    One(bool),
}

impl View {
    /// Whether this answer says that the visitor takes part in the test.
    pub(crate) fn enrols(&self, test_id: &str) -> bool {
        match &self.enrolled {
            Some(Enrolled::Each(tests)) => tests.get(test_id).copied().unwrap_or(false),
            Some(Enrolled::One(enrolled)) => *enrolled && self.test_id.as_deref() == Some(test_id),
            None => false,
        }
    }
}

/// An answer of `config`.
#[derive(Debug, Deserialize)]
pub(crate) struct Config {
    pub(crate) experiments: Vec<Experiment>,
}

/// A running test.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Experiment {
    pub(crate) test_id: String,
    pub(crate) target_event: String,
    /// Label by variant.
    pub(crate) variants: BTreeMap<String, String>,
}

/// An answer of `events`.
#[derive(Debug, Deserialize)]
pub(crate) struct EventReply {
    pub(crate) variant: Option<String>,
    pub(crate) deduplicated: bool,
    pub(crate) counted: bool,
}

/// An answer of `bulk-events`.
#[derive(Debug, Deserialize)]
pub(crate) struct BulkReply {
    /// Rows really stored.
    pub(crate) logged: u64,
    pub(crate) deduplicated: u64,
    pub(crate) rejected: Vec<serde_json::Value>,
}

/// An answer of `login`.
#[derive(Deserialize)]
pub(crate) struct Login {
    pub(crate) token: String,
}

/// An answer of `results`.
#[derive(Debug, Deserialize)]
pub(crate) struct Results {
    pub(crate) experiments: Vec<ExperimentResults>,
}

/// One test in `results`.
#[derive(Debug, Deserialize)]
pub(crate) struct ExperimentResults {
    pub(crate) test_id: String,
    pub(crate) control: String,
    pub(crate) results: BTreeMap<String, VariantCounts>,
}

/// One variant in `results`.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
pub(crate) struct VariantCounts {
    pub(crate) exposures: u64,
    pub(crate) events: u64,
    pub(crate) converters: u64,
}
