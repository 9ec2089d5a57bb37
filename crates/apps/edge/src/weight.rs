//! How much of the traffic the canary gets, and whom.

use arc_swap::ArcSwap;
use dashly_kernel::draw;
use dashly_telemetry::{Health, ShutdownSignal, Tasks};
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

/// How often the file is read. It is a few bytes, and reading also sees a file that is replaced by a link, as Kubernetes
/// does with a mounted ConfigMap.
const LOOK_EVERY: Duration = Duration::from_secs(1);
const COMPONENT: &str = "weight";
/// One step is 0.1 %.
const STEPS: u16 = 1_000;

/// The canary's share, in steps of 0.1 %.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Weight(u16);

/// The text is no share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a share from 0 to 100 % in steps of 0.1 %, such as 0.1 or 25%")]
pub struct InvalidWeight;

impl FromStr for Weight {
    type Err = InvalidWeight;

    fn from_str(text: &str) -> Result<Self, InvalidWeight> {
        let text = text.trim();
        let text = text.strip_suffix('%').unwrap_or(text).trim_end();
        let (whole, tenth) = text.split_once('.').unwrap_or((text, "0"));
        let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        // A finer share would silently be another one.
        let tenth = tenth.strip_suffix("00").unwrap_or(tenth);
        if !is_digits(whole) || !is_digits(tenth) || tenth.len() > 1 {
            return Err(InvalidWeight);
        }
        let (whole, tenth): (u16, u16) =
            (whole.parse().map_err(|_| InvalidWeight)?, tenth.parse().map_err(|_| InvalidWeight)?);
        let steps = whole.checked_mul(10).and_then(|steps| steps.checked_add(tenth)).ok_or(InvalidWeight)?;
        if steps <= STEPS { Ok(Self(steps)) } else { Err(InvalidWeight) }
    }
}

impl fmt::Display for Weight {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{} %", self.0 / 10, self.0 % 10)
    }
}

impl Weight {
    /// The share in percent.
    pub fn percent(self) -> f64 {
        f64::from(self.0) / 10.0
    }

    /// Whether the canary is `visitor`'s version. Whoever is on it at one weight is on it at every larger one.
    pub fn includes(self, salt: &str, visitor: &str) -> bool {
        let below = (u128::from(self.0) << 64) / u128::from(STEPS);
        u128::from(draw(salt, visitor)) < below
    }
}

/// The weight in force.
#[derive(Clone, Debug)]
pub(crate) struct LiveWeight(Arc<ArcSwap<Weight>>);

impl LiveWeight {
    /// Begins with `first`, unless the file says another one, and follows the file from then on.
    pub(crate) fn start(first: Weight, file: Option<&Path>, health: &Health, tasks: &Tasks) -> Self {
        let live = Self(Arc::new(ArcSwap::from_pointee(first)));
        if let Some(path) = file {
            live.read(path, health);
            let watch = live.clone().watch(path.to_owned(), health.clone(), tasks.shutdown_signal());
            tasks.spawn("weight", watch);
        }
        live.publish();
        live
    }

    pub(crate) fn current(&self) -> Weight {
        **self.0.load()
    }

    async fn watch(self, path: PathBuf, health: Health, stop: ShutdownSignal) {
        loop {
            tokio::select! {
                () = stop.wait() => return,
                () = tokio::time::sleep(LOOK_EVERY) => self.read(&path, &health),
            }
        }
    }

    /// A file that is missing or says no share leaves what was.
    fn read(&self, path: &Path, health: &Health) {
        let found = std::fs::read_to_string(path)
            .map_err(|error| error.to_string())
            .and_then(|text| text.parse::<Weight>().map_err(|error| error.to_string()));
        match found {
            Ok(weight) => {
                health.set_ok(COMPONENT);
                let before = self.0.swap(Arc::new(weight));
                if *before != weight {
                    tracing::info!(before = %before, now = %weight, "the weight of the canary changed");
                    self.publish();
                }
            }
            Err(error) => {
                let reason = format!("the weight file cannot be used, {} holds: {error}", self.current());
                health.set_degraded(COMPONENT, &reason);
            }
        }
    }

    fn publish(&self) {
        metrics::gauge!("dashly_edge_canary_weight_percent").set(self.current().percent());
    }
}

#[cfg(test)]
mod tests {
    use super::Weight;
    use proptest::prelude::*;

    #[test]
    fn a_share_is_read_exactly_or_not_at_all() {
        for (text, percent) in
            [("0", 0.0), ("0.1", 0.1), (" 25 %\n", 25.0), ("99.9%", 99.9), ("100", 100.0), ("5.0", 5.0)]
        {
            assert!((text.parse::<Weight>().unwrap().percent() - percent).abs() < 1e-12, "{text}");
        }
        for text in ["", "%", "-1", "100.1", "0.05", "1e1", "a", ".5", "5.", "+5", "6553.6", "NaN", "0,1"] {
            assert!(text.parse::<Weight>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_larger_weight_never_takes_a_visitor_from_the_canary(
            visitor in "[A-Za-z0-9_.-]{1,64}", first in 0_u16..=1_000, second in 0_u16..=1_000
        ) {
            let (small, large) = (Weight(first.min(second)), Weight(first.max(second)));
            prop_assert!(!small.includes("s", &visitor) || large.includes("s", &visitor));
            prop_assert!(Weight(1_000).includes("s", &visitor) && !Weight(0).includes("s", &visitor));
        }
    }
}
