//! Is the canary slower, or are its durations wider?
//!
//! What its processes do while they warm up does not count: they open connections, prepare statements and fill caches, and
//! those of stable have done so.

use super::{Criterion, CriterionState, JudgeError, latency_alpha};
use crate::{Limits, LookRecord};
use dashly_stats::canary::{LatencyFinding, LatencyWatch, WORST_HARMLESS_ODDS};
use std::collections::BTreeMap;

const NAME: &str = "durations";

/// Watches all histograms.
#[derive(Debug, Clone, Default)]
pub(super) struct DurationWatch {
    /// The look before.
    last_at: Option<f64>,
    /// Pods of the canary in that look.
    pods: u64,
    /// The look that brought the first requests since the canary's youngest process started.
    began_at: Option<f64>,
    /// Requests of the canary that have counted.
    requests: u64,
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
        if self.holds_warm_up(limits.warm_up_seconds, look) {
            return Ok(());
        }
        self.requests += look.canary.requests;
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

    /// Whether some of what `look` covers, the time since the look before, is the canary's warm-up.
    fn holds_warm_up(&mut self, warm_up: f64, look: &LookRecord) -> bool {
        let from = self.last_at.replace(look.at);
        let pods_before = std::mem::replace(&mut self.pods, look.canary.pods);
        if look.canary.restarts > 0 || look.canary.pods > pods_before {
            self.began_at = None;
        }
        if look.canary.requests > 0 {
            self.began_at.get_or_insert(look.at);
        }
        let Some(began_at) = self.began_at else { return false };
        warm_up > 0.0 && from.is_none_or(|from| from - began_at < warm_up)
    }

    pub(super) fn judge(&self, limits: &Limits) -> Criterion {
        let loudest =
            self.histograms.iter().map(|(name, (edges, watch))| (name, edges, watch.finding())).max_by(
                |one, other| {
                    let key = |finding: &LatencyFinding| (finding.is_worse, finding.log_evidence);
                    let (one, other) = (key(&one.2), key(&other.2));
                    one.0.cmp(&other.0).then(one.1.total_cmp(&other.1))
                },
            );
        let is_worse = loudest.as_ref().is_some_and(|(_, _, finding)| finding.is_worse);
        if !is_worse && self.requests < limits.least_requests {
            let reason = format!(
                "{} requests of the canary count, without those of its first {} s; a promotion needs {}",
                self.requests, limits.warm_up_seconds, limits.least_requests
            );
            return Criterion::new(NAME, CriterionState::Open, reason);
        }
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
