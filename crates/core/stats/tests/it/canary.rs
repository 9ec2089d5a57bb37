//! The watches of canaries: laws, and what they say of counts that are known to fool others.

use crate::close::assert_close;
use dashly_stats::StatsError;
use dashly_stats::canary::{ArmCount, DesignEffect, ErrorWatch, LatencyWatch, Look};
use proptest::prelude::*;

fn look(stable: (u64, u64), canary: (u64, u64)) -> Look {
    let arm = |(requests, marked)| ArmCount { requests, marked };
    Look { stable: arm(stable), canary: arm(canary) }
}

/// A watch that has seen independent errors of stable for long, so that the design effect is 1.
fn taught_watch(alpha: f64) -> ErrorWatch {
    let mut watch = ErrorWatch::new(alpha).unwrap();
    for number in 0..300_u64 {
        watch.observe(look((10_000, 100 + number % 2), (0, 0))).unwrap();
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
    let finding = |errors: u64, alpha: f64| taught_watch(alpha).observe(look((30, 0), (30, errors))).unwrap();
    // One look of eleven limits what is spent: 0.98 · (1/11)^0.8 · alpha.
    let spendable = 0.98 * (1.0_f64 / 11.0).powf(0.8);
    for (errors, p_value) in [(6, 0.011_860), (7, 0.005_271_3)] {
        assert!(finding(errors, 1.01 * p_value / spendable).is_worse, "{errors}");
        assert!(!finding(errors, 0.99 * p_value / spendable).is_worse, "{errors}");
    }
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
