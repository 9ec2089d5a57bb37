//! Has enough been seen?

use super::{Criterion, CriterionState, number};
use crate::{Limits, LookRecord};

pub(super) const NAME: &str = "traffic";

/// Looks in a row without a request of the canary, while stable has some, that are no pause but an end.
const SILENT_LOOKS: usize = 3;

pub(super) fn judge(limits: &Limits, looks: &[LookRecord]) -> Criterion {
    // What stable did before there was a canary is no comparison.
    let alone = looks.iter().take_while(|look| look.canary.requests == 0).count();
    let looks = if alone == looks.len() { looks } else { looks.get(alone..).unwrap_or(looks) };
    let canary: u64 = looks.iter().map(|look| look.canary.requests).sum();
    let stable: u64 = looks.iter().map(|look| look.stable.requests).sum();
    let with_traffic = looks.iter().filter(|look| look.canary.requests > 0).count();
    let with_traffic = u64::try_from(with_traffic).unwrap_or(u64::MAX);
    let first = looks.iter().find(|look| look.canary.requests > 0).map(|look| look.at);
    let seconds = first.zip(looks.last()).map_or(0.0, |(first, last)| last.at - first);
    let silent = looks.iter().rev().take_while(|look| look.canary.requests == 0);
    let silent_requests: u64 = silent.clone().map(|look| look.stable.requests).sum();
    let is_silent = silent.count() >= SILENT_LOOKS && silent_requests > 0;
    let (state, reason) = if canary == 0 && stable > 0 {
        let reason = "the canary got no request while stable got some: look at the Service's selector and the weight, and whether callers \
             keep their connections, which stay with the pods they have";
        (CriterionState::Open, reason.to_owned())
    } else if canary == 0 {
        (CriterionState::Open, "neither version got a request".to_owned())
    } else if is_silent {
        (CriterionState::Open, "the canary gets no more requests while stable does".to_owned())
    } else if canary < limits.least_requests || stable < limits.least_requests {
        let reason = format!(
            "{canary} requests of the canary and {stable} of stable; a promotion needs {} of each",
            limits.least_requests
        );
        (CriterionState::Open, reason)
    } else if with_traffic < limits.least_looks {
        let reason = format!(
            "{with_traffic} looks with traffic of the canary; a promotion needs {}",
            limits.least_looks
        );
        (CriterionState::Open, reason)
    } else if seconds < limits.least_seconds {
        let reason = format!(
            "{seconds:.0} s since the canary's first request; a promotion needs {} s",
            limits.least_seconds
        );
        (CriterionState::Open, reason)
    } else {
        (CriterionState::Good, format!("{canary} requests of the canary, {stable} of stable"))
    };
    let share = if canary + stable > 0 { 100.0 * number(canary) / number(canary + stable) } else { 0.0 };
    Criterion::new(NAME, state, reason)
        .with("requests of the canary", number(canary), "")
        .with("requests of stable", number(stable), "")
        .with("the canary's share", share, "%")
}
