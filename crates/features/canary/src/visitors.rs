//! Visitors of experiments as pods publish them: how many each version exposed first, and how many of those converted.

use crate::Sample;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const VISITORS: &str = "dashly_experiment_visitors_total";
const CONVERTERS: &str = "dashly_experiment_converters_total";

/// Classes of the time from the first exposure to the conversion, by the value of the label `delay`; what comes after the
/// last one is not read, since no release is watched for that long.
const DELAYS: [&str; 3] = ["1m", "10m", "1h"];

/// The longest time from a first exposure to a conversion that is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum GuardrailWindow {
    /// A minute.
    Minute,
    /// Ten minutes.
    #[default]
    TenMinutes,
    /// An hour.
    Hour,
}

impl GuardrailWindow {
    /// In seconds.
    pub const fn seconds(self) -> f64 {
        match self {
            Self::Minute => 60.0,
            Self::TenMinutes => 600.0,
            Self::Hour => 3_600.0,
        }
    }

    /// How many of the classes lie in it.
    const fn classes(self) -> usize {
        match self {
            Self::Minute => 1,
            Self::TenMinutes => 2,
            Self::Hour => 3,
        }
    }
}

/// Visitors of one experiment, without bots.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct VisitorCounts {
    /// Those first exposed, by the version that did.
    pub visitors: BTreeMap<String, u64>,
    /// Those who converted, by the version that had exposed them first and by class of the time since then.
    pub converters: BTreeMap<String, [u64; DELAYS.len()]>,
}

impl VisitorCounts {
    /// Visitors that any of these versions exposed first.
    pub(crate) fn visitors_of<'a>(&self, versions: impl IntoIterator<Item = &'a String>) -> u64 {
        versions.into_iter().filter_map(|version| self.visitors.get(version)).sum()
    }

    /// Those of them who converted within the window.
    pub(crate) fn converters_of<'a>(
        &self,
        versions: impl IntoIterator<Item = &'a String>,
        window: GuardrailWindow,
    ) -> u64 {
        let classes = versions.into_iter().filter_map(|version| self.converters.get(version));
        classes.flat_map(|counts| counts.iter().take(window.classes())).sum()
    }

    /// Adds what was counted since `before`.
    pub(crate) fn add_difference(&mut self, before: Option<&Self>, now: &Self) {
        for (version, count) in &now.visitors {
            let earlier = before.and_then(|before| before.visitors.get(version)).unwrap_or(&0);
            *self.visitors.entry(version.clone()).or_default() += count.saturating_sub(*earlier);
        }
        for (version, counts) in &now.converters {
            let earlier =
                before.and_then(|before| before.converters.get(version)).copied().unwrap_or_default();
            let sums = self.converters.entry(version.clone()).or_default();
            for ((sum, count), earlier) in sums.iter_mut().zip(counts).zip(earlier) {
                *sum += count.saturating_sub(earlier);
            }
        }
    }
}

/// Visitors by experiment.
pub type Visitors = BTreeMap<String, VisitorCounts>;

/// Reads what a pod publishes of them.
pub(crate) fn read_visitors(samples: &[Sample], whole: impl Fn(f64) -> u64) -> Visitors {
    let mut visitors = Visitors::new();
    for sample in samples {
        let (Some(test_id), Some(version)) = (sample.label("test_id"), sample.label("app_version")) else {
            continue;
        };
        if sample.name == VISITORS {
            let counts = visitors.entry(test_id.to_owned()).or_default();
            *counts.visitors.entry(version.to_owned()).or_default() += whole(sample.value);
        } else if sample.name == CONVERTERS {
            let counts = visitors.entry(test_id.to_owned()).or_default();
            let class = DELAYS.iter().position(|delay| sample.label("delay") == Some(*delay));
            let sums = counts.converters.entry(version.to_owned()).or_default();
            if let Some(sum) = class.and_then(|class| sums.get_mut(class)) {
                *sum += whole(sample.value);
            }
        }
    }
    visitors
}
