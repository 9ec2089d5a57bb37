//! Visitors and converters as counters of the process, by the version of the server that first exposed them: what a
//! release is watched by. Bots are left out.

use super::decide::Plan;
use dashly_kernel::Timestamp;
use metrics::counter;
use std::sync::Arc;

/// Visitors whom this process exposed first.
const VISITORS: &str = "dashly_experiment_visitors_total";
/// Visitors whose first conversion this process stored within an hour of the exposure, whoever had exposed them.
const CONVERTERS: &str = "dashly_experiment_converters_total";

/// How long after the first exposure a visitor converted. Later than that is not published: series of every version that
/// ever exposed somebody would never end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Delay {
    Minute,
    TenMinutes,
    Hour,
}

impl Delay {
    pub(super) fn between(exposed_at: Timestamp, converted_at: Timestamp) -> Option<Self> {
        let classes = [(60, Self::Minute), (600, Self::TenMinutes), (3_600, Self::Hour)];
        let class = classes.iter().find(|(seconds, _)| converted_at <= exposed_at.plus_seconds(*seconds));
        class.map(|(_, delay)| *delay)
    }

    /// The value of the label: the upper edge of the class.
    const fn label(self) -> &'static str {
        match self {
            Self::Minute => "1m",
            Self::TenMinutes => "10m",
            Self::Hour => "1h",
        }
    }
}

/// A counter.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct CounterKey {
    pub test_id: Arc<str>,
    /// '' when it was not recorded.
    pub app_version: Arc<str>,
    /// Of a conversion; none for an exposure.
    pub delay: Option<Delay>,
}

/// Publishes what `plan` counted. To be called once it is committed.
pub(super) fn publish(plan: &Plan<'_>) {
    for (key, count) in &plan.counters {
        let (test_id, app_version) = (key.test_id.to_string(), key.app_version.to_string());
        match key.delay {
            None => counter!(VISITORS, "test_id" => test_id, "app_version" => app_version),
            Some(delay) => {
                counter!(CONVERTERS, "test_id" => test_id, "app_version" => app_version, "delay" => delay.label())
            }
        }
        .increment(*count);
    }
}

#[cfg(test)]
mod tests {
    use super::Delay;
    use dashly_kernel::Timestamp;

    #[test]
    fn an_edge_belongs_to_the_class_below() {
        let exposed = Timestamp::from_unix_micros(5);
        let labels = [-1, 0, 60, 61, 600, 601, 3_600, 3_601]
            .map(|seconds| Delay::between(exposed, exposed.plus_seconds(seconds)).map_or("", Delay::label));
        assert_eq!(labels, ["1m", "1m", "1m", "10m", "10m", "1h", "1h", ""]);
    }
}
