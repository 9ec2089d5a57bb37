//! What the judge says of a canary that is slow at first.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use dashly_canary::{ArmLook, CriterionState, Judge, Limits, LookRecord};
use std::collections::BTreeMap;

const HISTOGRAM: &str = "duration_seconds";
const SECONDS_A_LOOK: usize = 2;

/// A hundred requests, of which so many are slow.
fn served(slow: u64) -> ArmLook {
    let durations = BTreeMap::from([(HISTOGRAM.to_owned(), vec![100 - slow, slow])]);
    ArmLook { requests: 100, pods: 1, durations, ..ArmLook::default() }
}

/// What is said of durations after each look, of a canary of whose requests `slow` are slow in a look. Five looks at stable
/// alone are before.
fn said(limits: Limits, slow: impl Fn(usize) -> u64) -> Vec<CriterionState> {
    let edges = BTreeMap::from([(HISTOGRAM.to_owned(), vec![0.001])]);
    let mut judge = Judge::new(limits, &[]).unwrap();
    let looks = (0..65).map(|look: usize| {
        let canary = look.checked_sub(5).map_or_else(ArmLook::default, |look| served(slow(look)));
        let at = f64::from(u32::try_from(look * SECONDS_A_LOOK).unwrap());
        judge.observe(&LookRecord { at, stable: served(10), canary }, &edges).unwrap();
        let decision = judge.decide();
        decision.criteria.iter().find(|found| found.name == "durations").unwrap().state
    });
    looks.skip(5).collect()
}

#[test]
fn a_canary_that_is_slow_while_it_warms_up_is_not_bad_and_not_promoted_before() {
    let warm_after = 30 / SECONDS_A_LOOK;
    let slow_at_first = |look: usize| if look < warm_after { 60 } else { 10 };
    let said_of_it = said(Limits::default(), slow_at_first);
    let (warming, warm) = said_of_it.split_at(warm_after);
    assert!(warming.iter().all(|state| *state == CriterionState::Open), "{warming:?}");
    assert!(warm.iter().all(|state| *state == CriterionState::Good), "{warm:?}");

    let unprepared = said(Limits { warm_up_seconds: 0, ..Limits::default() }, slow_at_first);
    assert!(unprepared[..5].contains(&CriterionState::Bad), "without a warm-up it is: {unprepared:?}");
}

#[test]
fn a_canary_that_stays_slow_is_bad_soon_after_it_should_be_warm() {
    let warm_after = 30 / SECONDS_A_LOOK;
    let said_of_it = said(Limits::default(), |_| 60);
    let bad = said_of_it.iter().position(|state| *state == CriterionState::Bad);
    assert!(bad.is_some_and(|look| (warm_after..warm_after + 5).contains(&look)), "{bad:?}");
}
