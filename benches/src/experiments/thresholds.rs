//! Where the evidence of one epoch decides: computed once for all simulated tests with the same shares.

use anyhow::Context;
use dashly_stats::sequential::{EpochConverters, log_evidence};

/// For each number of both counts together, the counts of the second between which nothing is decided.
#[derive(Debug)]
pub(crate) struct Thresholds {
    undecided: Vec<(u32, u32)>,
}

impl Thresholds {
    /// For the converters' labels, up to `most` of them.
    pub(crate) fn of_labels(shares: [f64; 2], needed: f64, most: u32) -> anyhow::Result<Self> {
        let [control_share, treatment_share] = shares;
        Self::new(treatment_share / (control_share + treatment_share), most, |control, treatment| {
            let (control, treatment) = (u64::from(control), u64::from(treatment));
            let epoch = EpochConverters { control_share, treatment_share, control, treatment };
            Ok(log_evidence(&[epoch])? >= needed)
        })
    }

    /// For any evidence that grows with the distance of the second count from its expectation.
    pub(crate) fn new(
        second_share: f64,
        most: u32,
        is_decided: impl Fn(u32, u32) -> anyhow::Result<bool>,
    ) -> anyhow::Result<Self> {
        let mut undecided = vec![(0, 0)];
        let (mut low, mut high) = (0_u32, 0_u32);
        for both in 1..=most {
            // One more count moves each end by at most one.
            if high < both && f64::from(high) <= second_share * f64::from(both) {
                high += 1;
            }
            while high < both && !is_decided(both - high - 1, high + 1)? {
                high += 1;
            }
            if high == both && is_decided(0, both)? {
                high -= 1;
            }
            while f64::from(low) < second_share * f64::from(both) && is_decided(both - low, low)? {
                low += 1;
            }
            undecided.push((low, high));
        }
        Ok(Self { undecided })
    }

    /// Whether these counts decide.
    pub(crate) fn is_reached(&self, first: u32, second: u32) -> anyhow::Result<bool> {
        let place = usize::try_from(first + second)?;
        let (low, high) = self.undecided.get(place).context("more counts than thresholds")?;
        Ok(second < *low || second > *high)
    }
}
