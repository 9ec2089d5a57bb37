//! Do the canary's pods stay up, and do they answer?

use super::{Criterion, CriterionState, number};
use crate::{ArmLook, Limits, LookRecord, RESTART_ALPHA};
use dashly_stats::canary::{PodRestarts, RestartWatch};
use std::fmt::Write;

/// While stable's pods do not restart, a count is the rule: healthy pods hardly ever restart twice within one judging.
/// Where stable's do, before the canary or beside it, restarts are common here, and the canary's must be more than their
/// common rate explains. After a restart that stands alone the canary must stay up for the least time once more: a crash loop
/// is not yet a loop when it has crashed once.
pub(super) fn restarts(limits: &Limits, looks: &[LookRecord], watch: &RestartWatch) -> Criterion {
    let canary: u64 = looks.iter().map(|look| look.canary.restarts).sum();
    let stable: u64 = looks.iter().map(|look| look.stable.restarts).sum();
    let canary_pods = most_pods(looks, |look| &look.canary);
    let stable_pods = most_pods(looks, |look| &look.stable);
    let mut told =
        format!("{canary} restarts of {canary_pods} canary pods, {stable} of {stable_pods} stable ones");
    let is_bad = canary >= limits.bad_restarts && (stable == 0 || watch.is_worse());
    let state = if is_bad {
        CriterionState::Bad
    } else if stable == 0 && has_just_restarted(limits, looks) {
        let _ = write!(told, "; it must now stay up for {} s", limits.least_seconds);
        CriterionState::Open
    } else {
        CriterionState::Good
    };
    Criterion::new("restarts", state, told)
        .with("restarts of the canary", number(canary), "")
        .with("restarts of stable", number(stable), "")
        .with("restarts that are an alarm while stable has none", number(limits.bad_restarts), "")
        .with("evidence (log)", watch.log_evidence(), "")
        .with("evidence that is an alarm", -RESTART_ALPHA.ln(), "")
}

/// Whether the canary's last restart is more recent than the least time.
fn has_just_restarted(limits: &Limits, looks: &[LookRecord]) -> bool {
    let last = looks.iter().rev().find(|look| look.canary.restarts > 0);
    looks.last().zip(last).is_some_and(|(now, last)| now.at - last.at < limits.least_seconds)
}

/// Feeds the watch.
pub(super) fn observe(watch: &mut RestartWatch, look: &LookRecord) {
    let restarts = |arm: &ArmLook| PodRestarts { pods: pods(arm), restarts: arm.restarts };
    watch.observe(restarts(&look.stable), restarts(&look.canary));
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
    looks.iter().map(|look| pods(arm(look))).max().unwrap_or(0)
}

/// Those that should serve, whether they answer or not.
fn pods(arm: &ArmLook) -> u64 {
    arm.pods + arm.unreachable
}
