//! Is the canary slower, or are its durations wider?
//!
//! Not while it warms up: a new process opens connections, prepares statements and fills caches, and the old one has done so.

use super::{Criterion, CriterionState, JudgeError, latency_alpha, number};
use crate::{Limits, LookRecord};
use dashly_stats::canary::{LatencyFinding, LatencyWatch, WORST_HARMLESS_ODDS};
use std::collections::BTreeMap;

const NAME: &str = "durations";

/// Watches all histograms.
#[derive(Debug, Clone, Default)]
pub(super) struct DurationWatch {
    /// The look that brought the canary's first requests.
    began_at: Option<f64>,
    /// Whether the canary has had requests after its warm-up.
    is_warm: bool,
    /// The edges of each histogram, and what is known of it.
    histograms: BTreeMap<String, (Vec<f64>, LatencyWatch)>,
}

impl DurationWatch {
    /// Feeds the watch of every histogram, unless the canary warms up. One that appears later starts later.
    pub(super) fn observe(
        &mut self,
        limits: &Limits,
        look: &LookRecord,
        edges: &BTreeMap<String, Vec<f64>>,
    ) -> Result<(), JudgeError> {
        let has_requests = look.canary.requests > 0;
        if has_requests {
            self.began_at.get_or_insert(look.at);
        }
        if self.began_at.is_some_and(|began_at| look.at - began_at < number(limits.warm_up_seconds)) {
            return Ok(());
        }
        self.is_warm |= has_requests;
        for (name, edges) in edges.iter().filter(|(_, edges)| !edges.is_empty()) {
            let nothing = vec![0; edges.len() + 1];
            let classes = |durations: &BTreeMap<String, Vec<u64>>| {
                durations
                    .get(name)
                    .filter(|classes| classes.len() == nothing.len())
                    .unwrap_or(&nothing)
                    .clone()
            };
            if !self.histograms.contains_key(name) {
                // Both of the histograms that Dashly has: the share must not depend on which comes first.
                let watch = LatencyWatch::new(latency_alpha(2), nothing.len())?;
                self.histograms.insert(name.clone(), (edges.clone(), watch));
            }
            if let Some((_, watch)) = self.histograms.get_mut(name) {
                watch.observe(&classes(&look.stable.durations), &classes(&look.canary.durations))?;
            }
        }
        Ok(())
    }

    pub(super) fn judge(&self, limits: &Limits) -> Criterion {
        if self.began_at.is_some() && !self.is_warm {
            let reason = format!(
                "a new process is slower at first: durations count from {} s after the canary's first request on",
                limits.warm_up_seconds
            );
            return Criterion::new(NAME, CriterionState::Open, reason);
        }
        let loudest =
            self.histograms.iter().map(|(name, (edges, watch))| (name, edges, watch.finding())).max_by(
                |one, other| {
                    let key = |finding: &LatencyFinding| (finding.is_worse, finding.log_evidence);
                    let (one, other) = (key(&one.2), key(&other.2));
                    one.0.cmp(&other.0).then(one.1.total_cmp(&other.1))
                },
            );
        let Some((name, edges, finding)) = loudest else {
            let reason = "no histogram of durations is published".to_owned();
            return Criterion::new(NAME, CriterionState::Absent, reason);
        };
        let edge = finding.edge.and_then(|edge| edges.get(edge)).copied();
        let (state, reason) = match edge {
            Some(edge) if finding.is_worse => {
                let reason = format!(
                    "the odds that a request takes longer than {} are more than {WORST_HARMLESS_ODDS} times stable's ({name})",
                    seconds(edge)
                );
                (CriterionState::Bad, reason)
            }
            _ => {
                let reason = format!(
                    "no edge is exceeded at more than {WORST_HARMLESS_ODDS} times stable's odds, as far as can be told"
                );
                (CriterionState::Good, reason)
            }
        };
        let criterion = Criterion::new(NAME, state, reason)
            .with("evidence (log)", finding.log_evidence, "")
            .with("evidence that is an alarm", -latency_alpha(2).ln(), "")
            .with("design effect", finding.design_effect, "");
        match edge {
            Some(edge) => criterion.with("edge that speaks most", edge, "s"),
            None => criterion,
        }
    }
}

fn seconds(value: f64) -> String {
    if value < 1.0 { format!("{} ms", (value * 1e6).round() / 1e3) } else { format!("{value} s") }
}
