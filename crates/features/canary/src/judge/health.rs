//! Do the canary's pods stay up, and do they answer?

use super::{Criterion, CriterionState, number};
use crate::{ArmLook, Limits, LookRecord};

/// Restarts are rare and not a matter of chance: a count is the rule. Stable's are set against it, so that a node that
/// takes both down blames neither.
pub(super) fn restarts(limits: &Limits, looks: &[LookRecord]) -> Criterion {
    let canary: u64 = looks.iter().map(|look| look.canary.restarts).sum();
    let stable: u64 = looks.iter().map(|look| look.stable.restarts).sum();
    let canary_pods = most_pods(looks, |look| &look.canary);
    let stable_pods = most_pods(looks, |look| &look.stable);
    // By pod, without division.
    let is_more = canary.saturating_mul(stable_pods) > stable.saturating_mul(canary_pods);
    let told =
        format!("{canary} restarts of {canary_pods} canary pods, {stable} of {stable_pods} stable ones");
    let state =
        if canary >= limits.bad_restarts && is_more { CriterionState::Bad } else { CriterionState::Good };
    Criterion::new("restarts", state, told)
        .with("restarts of the canary", number(canary), "")
        .with("restarts of stable", number(stable), "")
        .with("restarts that are an alarm", number(limits.bad_restarts), "")
}

/// A canary whose pods are there and do not answer, for long enough, while stable's do.
pub(super) fn reachable(limits: &Limits, looks: &[LookRecord]) -> Criterion {
    let is_away =
        |look: &&LookRecord| look.canary.pods == 0 && look.canary.unreachable > 0 && look.stable.pods > 0;
    let (mut longest, mut present) = (0_u64, 0_u64);
    for look in looks {
        present = if is_away(&look) { present + 1 } else { 0 };
        longest = longest.max(present);
    }
    let last_reason = looks.iter().rev().find_map(|look| look.canary.reason.clone());
    let (state, reason) = if longest >= limits.bad_unreachable_looks {
        let why = last_reason.map_or_else(String::new, |reason| format!(": {reason}"));
        (CriterionState::Bad, format!("no pod of the canary answered in {longest} looks in a row{why}"))
    } else if present > 0 {
        (CriterionState::Open, format!("no pod of the canary answered in the last {present} looks"))
    } else {
        (CriterionState::Good, "the canary's pods answer".to_owned())
    };
    Criterion::new("reachable", state, reason)
        .with("looks without an answer in a row", number(longest), "")
        .with("looks that are an alarm", number(limits.bad_unreachable_looks), "")
}

fn most_pods(looks: &[LookRecord], arm: impl Fn(&LookRecord) -> &ArmLook) -> u64 {
    looks.iter().map(|look| arm(look).pods + arm(look).unreachable).max().unwrap_or(0)
}
