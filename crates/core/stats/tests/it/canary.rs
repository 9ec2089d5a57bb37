//! The watches of canaries: laws, and what they say of counts that are known to fool others.

use crate::close::assert_close;
use dashly_stats::StatsError;
use dashly_stats::canary::{
    ArmCount, DesignEffect, ErrorWatch, LatencyWatch, Look, PodRestarts, RestartWatch,
};
use proptest::prelude::*;

fn look(stable: (u64, u64), canary: (u64, u64)) -> Look {
    let arm = |(requests, marked)| ArmCount { requests, marked };
    Look { stable: arm(stable), canary: arm(canary) }
}

/// A watch that has seen independent errors of stable for long, so that the design effect is 1.
fn taught_watch(alpha: f64) -> ErrorWatch {
    watch_taught_with(100, alpha)
}

/// The same with so many errors in 10,000 requests.
fn watch_taught_with(errors: u64, alpha: f64) -> ErrorWatch {
    let mut watch = ErrorWatch::new(alpha).unwrap();
    for number in 0..300_u64 {
        watch.observe(look((10_000, errors + number % 2), (0, 0))).unwrap();
    }
    watch
}

#[test]
fn zeros_are_never_bad() {
    let mut watch = ErrorWatch::new(0.05).unwrap();
    for _ in 0..10_000 {
        let finding = watch.observe(look((1_000, 0), (7, 0))).unwrap();
        assert!(!finding.is_worse && finding.alarm_at.is_none());
        assert_close(finding.log_evidence, 0.0, 1e-12, "no evidence");
    }
}

#[test]
fn a_fault_that_hits_both_is_none() {
    let mut watch = taught_watch(0.05);
    for number in 0..200_u64 {
        let errors = if (50..100).contains(&number) { 60 } else { 1 };
        assert!(!watch.observe(look((100, errors), (100, errors))).unwrap().is_worse);
    }
}

#[test]
fn a_gross_fault_is_found_within_few_looks_and_stays_found() {
    let mut watch = taught_watch(0.05);
    let alarm = (1..=10_u64).find(|_| watch.observe(look((30, 0), (10, 5))).unwrap().is_worse);
    assert_eq!(alarm, Some(1), "five of five at a quarter of the traffic");
    assert!(watch.observe(look((30, 0), (1_000, 0))).unwrap().is_worse, "no second thoughts");
}

/// The first alarm of a single look is Fisher's exact test at what may be spent by then: with 6 errors, all of them the
/// canary's, and equal traffic, the p-value is C(30, 6)/C(60, 6) = 0.01186; with 7 it is 0.00527.
#[test]
fn the_boundary_is_exact() {
    // One look of eight limits what is spent, and one of four where both fail far more often than stable did before.
    for (errors_before, looks) in [(1_000, 8.0_f64), (100, 4.0)] {
        let spendable = 0.985 * looks.recip().powf(1.2);
        let finding = |errors: u64, alpha: f64| {
            let mut watch = watch_taught_with(errors_before, alpha);
            watch.observe(look((30, 0), (30, errors))).unwrap()
        };
        for (errors, p_value) in [(6, 0.011_860), (7, 0.005_271_3)] {
            assert!(finding(errors, 1.01 * p_value / spendable).is_worse, "{errors} {looks}");
            assert!(!finding(errors, 0.99 * p_value / spendable).is_worse, "{errors} {looks}");
        }
    }
}

proptest! {
    /// What makes the boundary hold its rate although it is spent faster after a jump: it is the same whose errors they are.
    #[test]
    fn the_boundary_does_not_depend_on_whose_errors_they_are(
        looks in proptest::collection::vec((0_u64..=6, 0_u64..=6), 1..12)
    ) {
        let mut one = taught_watch(0.05);
        let mut other = one.clone();
        for (stable, canary) in looks {
            let here = one.observe(look((30, stable), (30, canary))).unwrap();
            let there = other.observe(look((30, canary), (30, stable))).unwrap();
            prop_assume!(!here.is_worse && !there.is_worse);
            prop_assert!(here.design_effect <= 1.0, "bursts have a boundary of their own");
            prop_assert_eq!(here.alarm_at, there.alarm_at);
        }
    }
}

/// Looks without marks are traffic, too: who leaves them out takes a rare error for a jump.
#[test]
fn rare_errors_at_the_usual_rate_hasten_nothing() {
    let mut watched = watch_taught_with(10, 0.05);
    let mut unwatched = ErrorWatch::new(0.05).unwrap();
    let mut looks_with_alarm = 0;
    for number in 0..400_u64 {
        let look = look((90, u64::from(number % 8 == 0)), (30, 0));
        let alarms = [&mut watched, &mut unwatched].map(|watch| watch.observe(look).unwrap().alarm_at);
        assert_eq!(alarms[0], alarms[1], "look {number}");
        looks_with_alarm += usize::from(alarms[0].is_some());
    }
    assert!(looks_with_alarm > 50, "{looks_with_alarm}");
}

#[test]
fn the_design_effect_is_one_for_regular_errors_and_large_for_bursts() {
    let mut regular = DesignEffect::default();
    let mut bursts = DesignEffect::default();
    for number in 0..400_u64 {
        regular.observe(look((100, 1 + number % 2), (0, 0)));
        bursts.observe(look((100, if number % 20 == 0 { 30 } else { 0 }), (0, 0)));
    }
    assert_close(regular.estimate(), 1.0, 1e-12, "regular errors");
    assert!(bursts.estimate() > 10.0, "{}", bursts.estimate());
}

#[test]
fn drift_is_not_taken_for_bursts_where_looks_have_many_marks() {
    let mut effect = DesignEffect::default();
    for number in 0..100_u64 {
        let errors = if number < 50 { 40 } else { 120 };
        effect.observe(look((1_000, errors + number % 7), (1_000, errors + number % 5)));
    }
    assert!(effect.estimate() < 1.5, "{}", effect.estimate());
}

/// Nine errors of the canary and none of stable: nine single ones are an alarm, and three bursts are not, although the
/// sums are the same.
#[test]
fn bursts_are_no_alarm_where_as_many_single_errors_are() {
    let mut singles = ErrorWatch::new(0.05).unwrap();
    let mut bursts = singles.clone();
    for number in 0..400_u64 {
        singles.observe(look((30, u64::from(number % 3 == 0)), (0, 0))).unwrap();
        bursts.observe(look((30, if number % 9 == 0 { 3 } else { 0 }), (0, 0))).unwrap();
    }
    for number in 0..9_u64 {
        singles.observe(look((30, 0), (30, 1))).unwrap();
        bursts.observe(look((30, 0), (30, if number % 3 == 0 { 3 } else { 0 }))).unwrap();
    }
    assert!(singles.finding().is_worse);
    assert!(!bursts.finding().is_worse, "{:?}", bursts.finding());
    assert_eq!(singles.finding().canary_errors, bursts.finding().canary_errors);
}

#[test]
fn thousands_of_errors_in_bursts_are_judged_soon() {
    let mut watch = ErrorWatch::new(0.05).unwrap();
    let errors = |number: u64, base: u64| base + if number.is_multiple_of(2) { 900 } else { 0 };
    for number in 0..20 {
        watch.observe(look((100_000, errors(number, 2_000)), (0, 0))).unwrap();
    }
    let alarm = (0..20).find(|number| {
        let look = look((100_000, errors(*number, 2_000)), (100_000, errors(number / 2, 9_000)));
        watch.observe(look).unwrap().is_worse
    });
    assert!(alarm.is_some_and(|looks| looks <= 8), "{alarm:?}");
}

#[test]
fn restarts_of_the_canary_alone_are_worse_and_those_of_both_are_not() {
    let pods = |pods, restarts| PodRestarts { pods, restarts };
    let mut alone = RestartWatch::new(0.001).unwrap();
    let mut both = alone.clone();
    for _ in 0..8 {
        alone.observe(pods(3, 0), pods(1, 1));
        both.observe(pods(3, 3), pods(1, 1));
    }
    assert!(alone.is_worse() && !both.is_worse());
    assert!(RestartWatch::new(1.0).is_err());
}

fn durations_found(stable: &[u64], canary: &[u64]) -> Option<u64> {
    let mut watch = LatencyWatch::new(0.01, stable.len()).unwrap();
    (1..=40).find(|_| watch.observe(stable, canary).unwrap().is_worse)
}

#[test]
fn slower_wider_and_a_heavier_tail_are_bad_and_faster_or_narrower_is_not() {
    let stable = [2, 10, 20, 20, 7, 1];
    assert!(durations_found(&stable, &[1, 4, 15, 22, 15, 3]).is_some(), "slower");
    assert!(durations_found(&stable, &[10, 12, 8, 8, 12, 10]).is_some(), "wider around the same median");
    assert!(durations_found(&stable, &[2, 10, 20, 18, 4, 6]).is_some(), "a heavier tail");
    assert_eq!(durations_found(&stable, &stable), None, "the same");
    assert_eq!(durations_found(&stable, &[8, 20, 20, 10, 2, 0]), None, "faster");
    assert_eq!(durations_found(&stable, &[0, 0, 32, 28, 0, 0]), None, "narrower around the same median");
}

/// Known counts that judges by rank tests miss or misread: 15 against 15 values with four times the spread, and 7 of
/// 10 values at a hundred times the base. Seen once they are too few to say anything for ever; seen again they are bad.
#[test]
fn shapes_that_rank_tests_miss_are_found_when_they_last() {
    let spread = durations_found(&[0, 3, 4, 5, 3, 0, 0], &[4, 2, 1, 1, 1, 2, 4]);
    assert!(spread.is_some_and(|looks| (2..=20).contains(&looks)), "{spread:?}");
    let step = durations_found(&[4, 6, 0, 0], &[1, 2, 0, 7]);
    assert!(step.is_some_and(|looks| (2..=10).contains(&looks)), "{step:?}");
}

#[test]
fn impossible_counts_are_refused() {
    let mut watch = ErrorWatch::new(0.05).unwrap();
    assert_eq!(
        watch.observe(look((1, 2), (1, 0))),
        Err(StatsError::SuccessesExceedTrials { successes: 2, trials: 1 })
    );
    assert!(matches!(watch.observe(look((u64::MAX, 0), (1, 0))), Err(StatsError::TooLarge { .. })));
    assert!(ErrorWatch::new(0.0).is_err() && ErrorWatch::new(0.6).is_err());
    assert!(LatencyWatch::new(0.05, 1).is_err());
    let mut watch = LatencyWatch::new(0.05, 3).unwrap();
    assert_eq!(
        watch.observe(&[1, 2], &[1, 2, 3]),
        Err(StatsError::LengthsDiffer { observed: 2, expected: 3 })
    );
    assert!(watch.observe(&[u64::MAX, 1, 1], &[1, 1, 1]).is_err());
}

proptest! {
    /// One step of the bets: the mean over all splits of the marks, weighted by their probability, is 1 under equal odds.
    #[test]
    fn the_bets_are_fair(stable in 1..60_u64, canary in 1..60_u64, marks in 1..40_u64) {
        let marks = marks.min(stable + canary - 1);
        let choose = |of: u64, out: u64| (0..out).fold(1.0, |product, step| {
            product * f64::from(u32::try_from(of - step).unwrap()) / f64::from(u32::try_from(step + 1).unwrap())
        });
        let taught = taught_watch(0.05);
        let mut mean = 0.0;
        for of_canary in marks.saturating_sub(stable)..=marks.min(canary) {
            let probability = choose(canary, of_canary) * choose(stable, marks - of_canary) / choose(stable + canary, marks);
            let mut watch = taught.clone();
            let finding = watch.observe(look((stable, marks - of_canary), (canary, of_canary))).unwrap();
            prop_assert!((finding.design_effect - 1.0).abs() < 1e-12);
            mean += probability * finding.log_evidence.exp();
        }
        prop_assert!((mean - 1.0).abs() < 1e-9, "{mean}");
    }

    /// One look at restarts: the mean of the evidence over all ways they fall on the pods alike is 1.
    #[test]
    fn the_bets_on_restarts_are_fair(stable in 1..9_u32, canary in 1..9_u32, restarts in 1..7_u32) {
        let share = f64::from(canary) / f64::from(canary + stable);
        let mut mean = 0.0;
        for of_canary in 0..=restarts {
            let ways = (0..of_canary).fold(1.0, |ways, k| ways * f64::from(restarts - k) / f64::from(k + 1));
            let of_stable = restarts - of_canary;
            let probability = ways * share.powi(of_canary.cast_signed()) * (1.0 - share).powi(of_stable.cast_signed());
            let mut watch = RestartWatch::new(0.001).unwrap();
            watch.observe(
                PodRestarts { pods: stable.into(), restarts: of_stable.into() },
                PodRestarts { pods: canary.into(), restarts: of_canary.into() },
            );
            mean += probability * watch.log_evidence().exp();
        }
        prop_assert!((mean - 1.0).abs() < 1e-9, "{mean}");
    }

    #[test]
    fn nothing_is_ever_nan(counts in prop::collection::vec((0..2_000_u64, 0..2_000_u64, 0..2_000_u64, 0..2_000_u64), 1..20)) {
        let mut errors = ErrorWatch::new(0.05).unwrap();
        let mut durations = LatencyWatch::new(0.05, 2).unwrap();
        for (good, bad, canary_good, canary_bad) in counts {
            let finding = errors.observe(look((good + bad, bad), (canary_good + canary_bad, canary_bad))).unwrap();
            prop_assert!(finding.log_evidence.is_finite() && finding.expected_errors.is_finite());
            prop_assert!(finding.design_effect >= 1.0 && finding.design_effect.is_finite());
            let finding = durations.observe(&[good, bad], &[canary_good, canary_bad]).unwrap();
            prop_assert!(finding.log_evidence.is_finite() && finding.design_effect.is_finite());
        }
    }
}
