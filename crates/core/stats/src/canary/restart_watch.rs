//! Do the canary's pods restart more often?

use crate::StatsError;
use crate::error::strictly_between_zero_and_one;
use crate::rounding::count;

/// Ratios of the restart rates that are bet on, evenly.
const RATIOS: [f64; 3] = [5.0, 25.0, 125.0];

/// Pods of one version between two looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PodRestarts {
    /// Pods that should serve.
    pub pods: u64,
    /// Restarts of any of them.
    pub restarts: u64,
}

/// Watches the restarts of two versions.
///
/// If a restart is as likely to hit one pod as any other, each restart is the canary's with its share of the pods, whatever
/// the rate is and however it drifts. The average of the likelihood ratios of larger shares is evidence with mean at most
/// 1 at any time, so that with probability `1 - alpha` it never reaches `1 / alpha` (J. Ville, 1939).
#[derive(Debug, Clone)]
pub struct RestartWatch {
    alpha: f64,
    log_ratios: [f64; RATIOS.len()],
    is_worse: bool,
}

impl RestartWatch {
    /// Starts to watch with this probability of a false alarm, ever.
    /// # Errors
    /// [`StatsError::NotStrictlyBetweenZeroAndOne`].
    pub fn new(alpha: f64) -> Result<Self, StatsError> {
        let alpha = strictly_between_zero_and_one("alpha", alpha)?;
        Ok(Self { alpha, log_ratios: [0.0; RATIOS.len()], is_worse: false })
    }

    /// Adds a look. One without pods of both versions compares nothing.
    pub fn observe(&mut self, stable: PodRestarts, canary: PodRestarts) {
        if stable.pods == 0 || canary.pods == 0 {
            return;
        }
        let share = count(canary.pods) / (count(canary.pods) + count(stable.pods));
        let (of_canary, of_all) = (count(canary.restarts), count(canary.restarts) + count(stable.restarts));
        for (sum, ratio) in self.log_ratios.iter_mut().zip(RATIOS) {
            *sum += of_canary * ratio.ln() - of_all * (share * ratio + 1.0 - share).ln();
        }
        self.is_worse |= self.log_evidence() >= -self.alpha.ln();
    }

    /// Natural log of the evidence; 0 at the start.
    pub fn log_evidence(&self) -> f64 {
        super::latency_watch::log_mean(self.log_ratios.iter().copied())
    }

    /// Whether the canary was found to restart more often, now or before.
    pub fn is_worse(&self) -> bool {
        self.is_worse
    }
}
