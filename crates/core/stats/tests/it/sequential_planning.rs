//! Plans of sequential tests: against simulated tests, and against each other.

use dashly_stats::StatsError;
use dashly_stats::sequential::{SequentialPlan, decision_probability, detectable_lift, visitors_to_decision};

fn plan(base_rate: f64, treatment_rate: f64) -> SequentialPlan {
    SequentialPlan {
        base_rate,
        relative_lift: treatment_rate / base_rate - 1.0,
        treatment_share: 0.5,
        alpha: 0.05,
    }
}

/// Medians and the visitors by which 80 % had decided, per arm, of 10,000 tests simulated by `make bench-experiments`,
/// seed 20260101.
#[test]
fn plans_agree_with_simulated_tests() {
    let table = [(0.10, 0.12, 3_819.0, 7_207.0), (0.03, 0.04, 4_945.0, 8_615.0), (0.15, 0.35, 108.0, 171.0)];
    for (base, treatment, median, most) in table {
        let planned = |probability| 0.5 * visitors_to_decision(plan(base, treatment), probability).unwrap();
        let errors = [planned(0.5) / median - 1.0, planned(0.8) / most - 1.0];
        assert!(errors.iter().all(|error| error.abs() < 0.06), "{base} to {treatment}: off by {errors:?}");
    }
}

#[test]
fn the_probability_within_the_planned_visitors_is_the_asked_one() {
    for asked in [0.1, 0.5, 0.8, 0.95] {
        let visitors = visitors_to_decision(plan(0.1, 0.12), asked).unwrap();
        let found = decision_probability(plan(0.1, 0.12), visitors).unwrap();
        assert!((found - asked).abs() < 1e-3, "{found} {asked}");
    }
}

#[test]
fn the_detectable_lift_is_the_one_that_needs_these_visitors() {
    let lift = detectable_lift(plan(0.1, 0.12), 10_000.0, 0.8).unwrap().unwrap();
    let visitors = visitors_to_decision(plan(0.1, 0.1 * (1.0 + lift)), 0.8).unwrap();
    assert!((visitors / 10_000.0 - 1.0).abs() < 1e-2, "{lift} {visitors}");
    assert_eq!(detectable_lift(plan(0.5, 0.6), 10.0, 0.8).unwrap(), None);
}

#[test]
fn a_fall_needs_as_many_visitors_as_the_same_rise_seen_from_the_other_arm() {
    let mut fall = plan(0.12, 0.1);
    fall.treatment_share = 0.3;
    let mut rise = plan(0.1, 0.12);
    rise.treatment_share = 0.7;
    let [fall, rise] = [fall, rise].map(|plan| visitors_to_decision(plan, 0.5).unwrap());
    assert!((fall / rise - 1.0).abs() < 1e-6, "{fall} {rise}");
}

#[test]
fn smaller_differences_need_more_visitors_at_every_scale() {
    let mut before = 0.0;
    for lift in [8.0, 1.0, 0.3, 0.1, 0.01, 0.001] {
        let visitors = visitors_to_decision(plan(0.05, 0.05 * (1.0 + lift)), 0.5).unwrap();
        assert!(visitors > before, "{lift}: {visitors}");
        before = visitors;
    }
}

#[test]
fn plans_that_cannot_be_are_refused() {
    assert_eq!(visitors_to_decision(plan(0.1, 0.1), 0.5), Err(StatsError::NoDifference));
    assert!(matches!(visitors_to_decision(plan(0.6, 1.2), 0.5), Err(StatsError::TooLarge { .. })));
    assert!(matches!(visitors_to_decision(plan(0.1, 0.0), 0.5), Err(StatsError::NotPositive { .. })));
    assert!(visitors_to_decision(plan(0.1, 0.2), 1.0).is_err());
    assert!(matches!(visitors_to_decision(plan(0.1, 0.1 + 1e-9), 0.5), Err(StatsError::TooLarge { .. })));
    assert!(decision_probability(plan(0.1, 0.2), f64::NAN).is_err());
    assert!(detectable_lift(plan(1.0, 1.0), 100.0, 0.5).is_err());
}
