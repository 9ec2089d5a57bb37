//! What the judge says of a canary that is slow at first.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use dashly_canary::{ArmLook, CriterionState, Judge, Limits, LookRecord};
use std::collections::BTreeMap;

const HISTOGRAM: &str = "duration_seconds";

/// A hundred requests, of which so many are slow.
fn served(slow: u64) -> ArmLook {
    let durations = BTreeMap::from([(HISTOGRAM.to_owned(), vec![100 - slow, slow])]);
    ArmLook { requests: 100, pods: 1, durations, ..ArmLook::default() }
}

/// What is said of durations after each look, of a canary that serves `arm` in a look; looks are so many `seconds` apart. Five
/// looks at stable alone are before.
fn said(limits: Limits, seconds: usize, arm: impl Fn(usize) -> ArmLook) -> Vec<CriterionState> {
    let edges = BTreeMap::from([(HISTOGRAM.to_owned(), vec![0.001])]);
    let mut judge = Judge::new(limits, &[]).unwrap();
    let looks = (0..65).map(|look: usize| {
        let canary = look.checked_sub(5).map_or_else(ArmLook::default, &arm);
        let at = f64::from(u32::try_from(look * seconds).unwrap());
        judge.observe(&LookRecord { at, stable: served(10), canary }, &edges).unwrap();
        let decision = judge.decide();
        decision.criteria.iter().find(|found| found.name == "durations").unwrap().state
    });
    looks.skip(5).collect()
}

fn first_bad(said: &[CriterionState]) -> Option<usize> {
    said.iter().position(|state| *state == CriterionState::Bad)
}

#[test]
fn a_canary_that_is_slow_while_it_warms_up_is_not_bad_and_not_promoted_before() {
    // A look covers the time before it: that of the 15th is the last of the first 30 seconds.
    let slow_at_first = |look: usize| served(if look <= 15 { 60 } else { 10 });
    let limits = Limits { least_requests: 300, ..Limits::default() };
    let said_of_it = said(limits, 2, slow_at_first);
    let (open, good) = said_of_it.split_at(18);
    assert!(open.iter().all(|state| *state == CriterionState::Open), "{open:?}");
    assert!(good.iter().all(|state| *state == CriterionState::Good), "{good:?}");

    let unprepared = said(Limits { warm_up_seconds: 0.0, ..limits }, 2, slow_at_first);
    assert!(first_bad(&unprepared).is_some_and(|look| look < 5), "without a warm-up it is: {unprepared:?}");
}

#[test]
fn a_look_that_holds_some_of_the_warm_up_does_not_count() {
    let slow_at_first = |look: usize| served(if look <= 1 { 95 } else { 10 });
    assert_eq!(first_bad(&said(Limits::default(), 30, slow_at_first)), None);
}

#[test]
fn a_further_pod_and_a_restarted_one_warm_up_too() {
    let slow_after_30 = |look: usize| served(if (30..=45).contains(&look) { 60 } else { 10 });
    let more_pods = |look: usize| ArmLook { pods: if look < 30 { 1 } else { 2 }, ..slow_after_30(look) };
    assert_eq!(first_bad(&said(Limits::default(), 2, more_pods)), None);
    let restarted = |look: usize| ArmLook { restarts: u64::from(look == 30), ..slow_after_30(look) };
    assert_eq!(first_bad(&said(Limits::default(), 2, restarted)), None);
    assert!(first_bad(&said(Limits::default(), 2, slow_after_30)).is_some(), "without a reason it is bad");
}

#[test]
fn a_canary_that_stays_slow_is_bad_soon_after_it_should_be_warm() {
    let bad = first_bad(&said(Limits::default(), 2, |_| served(60)));
    assert!(bad.is_some_and(|look| (16..21).contains(&look)), "{bad:?}");
}
