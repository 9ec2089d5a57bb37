//! What the judge says of pods that warm up, leak and restart.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use dashly_canary::{ArmLook, CriterionState, Judge, Limits, LookRecord};
use std::collections::BTreeMap;

fn pods(pods: u64, restarts: u64, mebibytes: f64) -> ArmLook {
    let memory_bytes = Some(mebibytes * 1_048_576.0);
    ArmLook { pods, restarts, memory_bytes, ..ArmLook::default() }
}

/// The look at which a criterion turns bad, of looks at stable and the canary.
fn bad_at(criterion: &str, looks: impl Iterator<Item = (ArmLook, ArmLook)>) -> Option<usize> {
    let mut judge = Judge::new(Limits::default(), &[]).unwrap();
    for (number, (stable, canary)) in looks.enumerate() {
        judge.observe(&LookRecord { at: 0.0, stable, canary }, &BTreeMap::new()).unwrap();
        let decision = judge.decide();
        let found = decision.criteria.iter().find(|found| found.name == criterion).unwrap();
        if found.state == CriterionState::Bad {
            return Some(number);
        }
    }
    None
}

#[test]
fn a_new_process_that_warms_up_for_long_is_not_bad_and_one_that_grows_past_stable_is() {
    let warming = |look: i32| 140.0 - 80.0 * 0.95_f64.powi(look);
    let warm = (0..200).map(|look| (pods(3, 0, 140.0), pods(1, 0, warming(look))));
    assert_eq!(bad_at("memory", warm), None);
    let leaking = (0..200).map(|look| (pods(3, 0, 140.0), pods(1, 0, 60.0 + 2.0 * f64::from(look))));
    assert!(bad_at("memory", leaking).is_some());
}

#[test]
fn two_restarts_are_bad_while_stable_has_none() {
    let looks = (0..9).map(|look| (pods(3, 0, 50.0), pods(1, u64::from(look % 4 == 3), 50.0)));
    assert_eq!(bad_at("restarts", looks), Some(7));
}

#[test]
fn one_restart_is_open_until_the_canary_has_stayed_up_again() {
    let mut judge = Judge::new(Limits::default(), &[]).unwrap();
    let states = (0..40_u32).map(|look| {
        let (stable, canary) = (pods(3, 0, 50.0), pods(1, u64::from(look == 5), 50.0));
        judge.observe(&LookRecord { at: 5.0 * f64::from(look), stable, canary }, &BTreeMap::new()).unwrap();
        let decision = judge.decide();
        decision.criteria.iter().find(|found| found.name == "restarts").unwrap().state
    });
    let states: Vec<CriterionState> = states.collect();
    // The least time is 120 s: 24 looks after the fifth.
    let open = states.iter().filter(|state| **state == CriterionState::Open).count();
    assert_eq!(
        (open, states[4], states[28], states[29]),
        (24, CriterionState::Good, CriterionState::Open, CriterionState::Good)
    );
}

#[test]
fn where_stable_restarts_the_canary_may_as_often_and_not_much_more() {
    let alike = (0..200)
        .map(|look| (pods(3, u64::from(look % 4 < 3), 50.0), pods(1, u64::from(look % 4 == 3), 50.0)));
    assert_eq!(bad_at("restarts", alike), None);
    let before = (0..2).map(|_| (pods(3, 1, 50.0), ArmLook::default()));
    let loops = before.chain((0..20).map(|_| (pods(3, 0, 50.0), pods(1, 1, 50.0))));
    let found = bad_at("restarts", loops);
    assert!(found.is_some_and(|look| (3..10).contains(&look)), "{found:?}");
}
