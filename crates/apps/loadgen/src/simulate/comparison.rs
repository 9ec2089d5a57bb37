//! The server's own counts, and how they differ from what it acknowledged.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::visitor::Visitors;
use crate::failures::Failure;
use crate::jar::CookieJar;
use crate::replies::{Results, VariantCounts};
use crate::site::{Request, Route, Site};

/// The server's counts by test and variant.
#[derive(Debug, Default)]
pub(super) struct Counts {
    variants: BTreeMap<(String, String), VariantCounts>,
    /// Control variant by test.
    controls: BTreeMap<String, String>,
}

/// By how much the server's counts of one variant grew during the run. Negative growth means that records
/// were lost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct ServerCounts {
    /// Distinct visitors exposed.
    pub exposures: i64,
    /// Target events.
    pub events: i64,
    /// Distinct visitors with a target event.
    pub converters: i64,
}

/// How much every count grew, and the controls.
#[derive(Debug)]
pub(super) struct Growth {
    variants: BTreeMap<(String, String), ServerCounts>,
    controls: BTreeMap<String, String>,
}

/// A count in the server's results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Distinct visitors exposed.
    Exposures,
    /// Target events.
    Events,
    /// Distinct visitors with a target event.
    Converters,
}

impl fmt::Display for Measure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Exposures => "exposures",
            Self::Events => "events",
            Self::Converters => "converters",
        })
    }
}

/// One count that did not grow by what was acknowledged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The test.
    pub test_id: String,
    /// The variant.
    pub variant: String,
    /// The count.
    pub measure: Measure,
    /// What the server acknowledged to the visitors.
    pub acknowledged: u64,
    /// By how much its count grew.
    pub counted: i64,
    /// The same in words.
    pub sentence: String,
}

/// Whether the server counts what it acknowledged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum Comparison {
    /// Not asked for: there was no sign-in.
    NotMade,
    /// The results could not be read after the run.
    Failed {
        /// Why.
        reason: String,
    },
    /// Compared; equal when there are no differences.
    Made {
        /// Every count that differs.
        differences: Vec<Difference>,
    },
}

/// Reads the server's results.
pub(super) async fn fetch(site: &Site, token: &str) -> Result<Counts, Failure> {
    let request = Request { token: Some(token), ..Request::get(Route::Results) };
    let results: Results = site.ask(&mut CookieJar::default(), request).await.result?;
    let mut counts = Counts::default();
    for experiment in results.experiments {
        for (variant, found) in experiment.results {
            counts.variants.insert((experiment.test_id.clone(), variant), found);
        }
        counts.controls.insert(experiment.test_id, experiment.control);
    }
    Ok(counts)
}

impl Counts {
    /// The growth of every count from `before` to `after`; a variant that is absent counts as zero.
    pub(super) fn growth(before: &Self, after: &Self) -> Growth {
        let grown = |after: u64, before: u64| after.checked_signed_diff(before).unwrap_or(i64::MAX);
        let keys = before.variants.keys().chain(after.variants.keys());
        let variants = keys
            .map(|key| {
                let old = before.variants.get(key).copied().unwrap_or_default();
                let new = after.variants.get(key).copied().unwrap_or_default();
                let growth = ServerCounts {
                    exposures: grown(new.exposures, old.exposures),
                    events: grown(new.events, old.events),
                    converters: grown(new.converters, old.converters),
                };
                (key.clone(), growth)
            })
            .collect();
        Growth { variants, controls: after.controls.clone() }
    }
}

impl Growth {
    pub(super) fn of(&self, test_id: &str, variant: &str) -> ServerCounts {
        self.variants.get(&(test_id.to_owned(), variant.to_owned())).copied().unwrap_or_default()
    }

    pub(super) fn control(&self, test_id: &str) -> Option<&String> {
        self.controls.get(test_id)
    }

    /// Every count that did not grow by what was acknowledged. One converter was acknowledged one event.
    pub(super) fn differences(&self, exposed: &Visitors, converted: &Visitors) -> Vec<Difference> {
        let mut keys: Vec<&(String, String)> = self.variants.keys().chain(exposed.keys()).collect();
        keys.sort();
        keys.dedup();
        let mut differences = Vec::new();
        for key in keys {
            let (test_id, variant) = key;
            let growth = self.of(test_id, variant);
            let exposures = exposed.get(key).copied().unwrap_or_default();
            let conversions = converted.get(key).copied().unwrap_or_default();
            for (measure, acknowledged, counted) in [
                (Measure::Exposures, exposures, growth.exposures),
                (Measure::Events, conversions, growth.events),
                (Measure::Converters, conversions, growth.converters),
            ] {
                if i64::try_from(acknowledged) != Ok(counted) {
                    let sentence = sentence(test_id, variant, measure, acknowledged, counted);
                    let (test_id, variant) = key.clone();
                    differences.push(Difference {
                        test_id,
                        variant,
                        measure,
                        acknowledged,
                        counted,
                        sentence,
                    });
                }
            }
        }
        differences
    }
}

fn sentence(test_id: &str, variant: &str, measure: Measure, acknowledged: u64, counted: i64) -> String {
    let distance = i128::from(counted) - i128::from(acknowledged);
    let verdict = if distance < 0 {
        format!("{} acknowledged but missing", distance.unsigned_abs())
    } else {
        format!("{distance} more than acknowledged")
    };
    format!(
        "{test_id}, variant {variant}: the server's {measure} grew by {counted}, it acknowledged \
         {acknowledged}: {verdict}."
    )
}
