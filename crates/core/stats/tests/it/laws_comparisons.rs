//! Laws of the comparisons that hold for every input, however extreme.

use crate::close::assert_close;
use dashly_stats::bayes::{
    BetaPosterior, BetaPrior, NormalPrior, compare_rates, lift_interval, normal_comparison,
};
use dashly_stats::cuped::adjusted_comparison;
use dashly_stats::estimate::{
    Estimate, FiellerSet, delta_lift, difference_test, fieller_lift, log_ratio_lift,
};
use dashly_stats::mean::{PairedSample, Sample, welch_test};
use dashly_stats::multiple::{benjamini_yekutieli, holm};
use dashly_stats::power::{Plan, SampleSizes, proportions_detectable_difference, proportions_power};
use dashly_stats::proportion::{self, Proportion, TestMethod};
use dashly_stats::ratio::ratio_estimate;
use dashly_stats::{Interval, StatsError, beta, hypergeometric, special, student_t};
use proptest::prelude::*;

fn trials() -> impl Strategy<Value = u64> {
    prop_oneof![Just(1), Just(2), 1_u64..200, 1_u64..1_000_000, Just(1_000_000_000_000), Just(u64::MAX)]
}

fn proportion() -> impl Strategy<Value = Proportion> {
    trials()
        .prop_flat_map(|trials| {
            let successes = prop_oneof![Just(0), Just(1), Just(trials - 1), Just(trials), 0..=trials];
            (successes, Just(trials))
        })
        .prop_map(|(successes, trials)| Proportion::new(successes, trials).unwrap())
}

fn small_proportion() -> impl Strategy<Value = Proportion> {
    (1_u64..400, 0_u64..400)
        .prop_map(|(trials, successes)| Proportion::new(successes.min(trials), trials).unwrap())
}

fn value() -> impl Strategy<Value = f64> {
    prop_oneof![Just(0.0), -10.0..10.0, -1e6..1e6, Just(1e90), Just(-1e90), Just(1e-300)]
}

fn estimate() -> impl Strategy<Value = Estimate> {
    let value = prop_oneof![Just(0.0), -10.0..10.0, 0.1..5.0, Just(1e100), Just(-1e100), Just(1e-300)];
    let error = prop_oneof![Just(0.0), 0.01..3.0, Just(1e100), Just(1e-300)];
    let freedom = prop_oneof![Just(1.0), 1.0..100.0, Just(1e12)];
    (value, error, freedom).prop_map(|(value, error, freedom)| Estimate::new(value, error, freedom).unwrap())
}

fn swapped(proportion: Proportion) -> Proportion {
    Proportion::new(proportion.trials() - proportion.successes(), proportion.trials()).unwrap()
}

fn is_ordered(interval: Interval) -> bool {
    interval.low.is_finite() && interval.high.is_finite() && interval.low <= interval.high
}

proptest! {
    #[test]
    fn a_newcombe_interval_contains_the_difference_and_mirrors(one in proportion(), other in proportion()) {
        let there = proportion::newcombe_interval(one, other, 0.95).unwrap();
        let back = proportion::newcombe_interval(other, one, 0.95).unwrap();
        let difference = proportion::two_proportion_test(one, other).unwrap().difference;
        prop_assert!(is_ordered(there) && there.low >= -1.0 && there.high <= 1.0, "{there:?}");
        prop_assert!(there.contains(difference), "{there:?} {difference}");
        prop_assert_eq!((there.low, there.high), (-back.high, -back.low));
    }

    #[test]
    fn a_lift_of_rates_is_ordered_and_its_reciprocal_is_the_lift_back(one in proportion(), other in proportion()) {
        let there = proportion::log_ratio_lift(one, other, 0.95).unwrap();
        let back = proportion::log_ratio_lift(other, one, 0.95).unwrap();
        prop_assert_eq!(there.estimate.is_none(), one.successes() == 0);
        prop_assert_eq!(there.high.is_none(), one.successes() == 0);
        let low = there.low.unwrap();
        prop_assert!(low >= -1.0);
        if let (Some(estimate), Some(high)) = (there.estimate, there.high) {
            prop_assert!(low <= estimate && estimate <= high && high.is_finite(), "{there:?}");
        }
        let inner = |arm: Proportion| arm.successes() > 0 && arm.successes() < arm.trials();
        // Next to -1 the sum with 1 has no digits left.
        if inner(one) && inner(other) && low.min(back.low.unwrap()) > -0.99 {
            let product = (1.0 + low) * (1.0 + back.high.unwrap());
            prop_assert!((product - 1.0).abs() < 1e-9, "{there:?} {back:?}");
        }
    }

    #[test]
    fn a_fieller_set_contains_the_lift(one in proportion(), other in proportion()) {
        let set = proportion::fieller_lift(one, other, 0.95).unwrap();
        if one.successes() > 0 {
            let lift = proportion::log_ratio_lift(one, other, 0.95).unwrap().estimate.unwrap();
            let room = 1e-13 * (1.0 + lift.abs());
            let widened = match set {
                FiellerSet::Between(ends) => {
                    FiellerSet::Between(Interval { low: ends.low - room, high: ends.high + room })
                }
                other => other,
            };
            prop_assert!(widened.contains(lift), "{set:?} {lift}");
        }
    }

    #[test]
    fn fisher_p_values_are_probabilities_without_a_side(one in small_proportion(), other in small_proportion()) {
        let p_value = proportion::fisher_exact_p_value(one, other).unwrap();
        prop_assert!(p_value > 0.0 && p_value <= 1.0);
        for same in [
            proportion::fisher_exact_p_value(other, one).unwrap(),
            proportion::fisher_exact_p_value(swapped(one), swapped(other)).unwrap(),
        ] {
            prop_assert!((same / p_value - 1.0).abs() < 1e-10, "{same:e} {p_value:e}");
        }
    }

    #[test]
    fn a_recommended_test_never_fails(one in proportion(), other in proportion()) {
        let found = proportion::recommended_test(one, other).unwrap();
        prop_assert!((0.0..=1.0).contains(&found.p_value));
    }

    #[test]
    fn hypergeometric_tails_overlap_in_one_probability(
        marked in 0_u64..300, unmarked in 0_u64..300, drawn in 0_u64..600, hits in 0_u64..300,
    ) {
        prop_assume!(drawn <= marked + unmarked);
        let found = hypergeometric::Hypergeometric::new(marked, unmarked, drawn).unwrap();
        let sum = found.lower_tail(hits) + found.upper_tail(hits) - found.probability(hits);
        prop_assert!((sum - 1.0).abs() < 1e-12, "{sum}");
    }

    #[test]
    fn beta_tails_add_up_and_rise(a in 0.5..5000.0, b in 0.5..5000.0, x in 0.0..1.0, step in 0.0..0.1) {
        let (lower, upper) = (beta::cdf(x, a, b).unwrap(), beta::survival(x, a, b).unwrap());
        prop_assert!((lower + upper - 1.0).abs() < 1e-12);
        prop_assert!(beta::cdf(f64::min(x + step, 1.0), a, b).unwrap() >= lower * (1.0 - 1e-11));
        let mirrored = special::upper_regularised_beta(b, a, 1.0 - x).unwrap();
        prop_assert!((mirrored - lower).abs() <= 1e-9 * lower + 1e-300, "{mirrored:e} {lower:e}");
    }

    #[test]
    fn a_beta_quantile_inverts_the_tail(
        a in prop_oneof![0.5..50.0, 50.0..1e5, Just(1e12)],
        b in prop_oneof![0.5..50.0, 50.0..1e5, Just(1e12)],
        exponent in -12.0..-0.05,
    ) {
        let tail: f64 = 10_f64.powf(exponent);
        let low = beta::quantile(tail, a, b).unwrap();
        let high = beta::upper_quantile(tail, a, b).unwrap();
        prop_assert!((0.0..=1.0).contains(&low) && (0.0..=1.0).contains(&high));
        // Rounding of x itself moves the tail, for x near 1 and for large shapes the most.
        if low < 0.5 && a.max(b) < 1e6 {
            prop_assert!((beta::cdf(low, a, b).unwrap() / tail - 1.0).abs() < 1e-9, "{low}");
        }
    }

    #[test]
    fn a_t_quantile_inverts_the_tail(exponent in -200.0..-0.4, freedom in prop_oneof![1.0..50.0, 50.0..1e6]) {
        let tail = 10_f64.powf(exponent);
        let t = student_t::upper_quantile(tail, freedom).unwrap();
        let back = student_t::survival(t, freedom).unwrap();
        prop_assert!((back / tail - 1.0).abs() < 1e-9, "{t:e} {back:e} {tail:e}");
        prop_assert!((student_t::quantile(tail, freedom).unwrap() + t).abs() <= 1e-15 * t);
    }

    #[test]
    fn a_t_tail_is_a_probability(t in any::<f64>(), freedom in prop_oneof![1e-3..1e3, Just(1e19), Just(1e300)]) {
        match student_t::survival(t, freedom) {
            Ok(tail) => prop_assert!((0.0..=1.0).contains(&tail)),
            Err(_) => prop_assert!(!t.is_finite()),
        }
    }

    #[test]
    fn comparisons_of_estimates_are_finite(one in estimate(), other in estimate()) {
        match difference_test(one, other, 0.95) {
            Ok(test) => {
                prop_assert!(is_ordered(test.interval) && test.t.is_finite());
                prop_assert!((0.0..=1.0).contains(&test.p_value));
                let back = difference_test(other, one, 0.95).unwrap();
                prop_assert_eq!(test.p_value.to_bits(), back.p_value.to_bits());
            }
            Err(error) => {
                let refused = matches!(error, StatsError::NoSpread { .. });
                prop_assert!(refused);
            }
        }
        let finite = |end: Option<f64>| end.is_none_or(f64::is_finite);
        for lift in [log_ratio_lift(one, other, 0.95), delta_lift(one, other, 0.95)].into_iter().flatten() {
            prop_assert!(finite(lift.estimate) && finite(lift.low) && finite(lift.high));
        }
        if let FiellerSet::Between(ends) | FiellerSet::Outside(ends) = fieller_lift(one, other, 0.95).unwrap() {
            prop_assert!(is_ordered(ends));
        }
    }

    #[test]
    fn merging_samples_is_adding_values(one in proptest::collection::vec(value(), 1..20), other in proptest::collection::vec(value(), 1..20)) {
        let of = |values: &[f64]| values.iter().fold(Sample::default(), |sample, value| sample.with(*value).unwrap());
        let all: Vec<f64> = one.iter().chain(&other).copied().collect();
        let (merged, whole) = (of(&one).merged(of(&other)), of(&all));
        prop_assert_eq!(merged.visitors(), whole.visitors());
        let scale = all.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
        prop_assert!((merged.mean() - whole.mean()).abs() <= 1e-14 * scale);
        let (merged, whole) = (merged.variance().unwrap(), whole.variance().unwrap());
        prop_assert!((merged - whole).abs() <= 1e-12 * scale * scale && whole >= 0.0);
        if all.len() >= 4 && one.len() >= 2 && other.len() >= 2 {
            let test = welch_test(of(&one), of(&other), 0.95);
            let refused = matches!(test, Err(StatsError::NoSpread { .. }));
            prop_assert!(test.is_ok() || refused);
        }
    }

    #[test]
    fn adjusting_never_widens_the_difference(
        one in proptest::collection::vec((-10.0..10.0, -10.0..10.0), 8..40),
        other in proptest::collection::vec((-10.0..10.0, -10.0..10.0), 8..40),
    ) {
        let of = |values: &[(f64, f64)]| values.iter().fold(PairedSample::default(), |all, pair| all.with(pair.0, pair.1).unwrap());
        let (one, other) = (of(&one), of(&other));
        let found = adjusted_comparison(one, other, 0.95).unwrap();
        // Theta minimises the pooled sum of squares, which is the variance for arms of one size only.
        if one.visitors() == other.visitors() {
            prop_assert!(found.variance_ratio.unwrap() <= 1.0 + 1e-12);
        }
        let shifted = of(&[(1.0, 2.0), (3.0, 2.0), (5.0, 2.0)]);
        prop_assert!(ratio_estimate(shifted).unwrap().standard_error() > 0.0);
    }

    #[test]
    fn adjusted_p_values_lie_above_their_own_and_keep_their_order(p_values in proptest::collection::vec(0.0..=1.0, 0..30)) {
        for adjusted in [holm(&p_values).unwrap(), benjamini_yekutieli(&p_values).unwrap()] {
            prop_assert_eq!(adjusted.len(), p_values.len());
            for (i, one) in p_values.iter().enumerate() {
                prop_assert!(adjusted[i] >= one * (1.0 - 1e-15) && adjusted[i] <= 1.0);
                for (j, other) in p_values.iter().enumerate() {
                    prop_assert!(one > other || adjusted[i] <= adjusted[j]);
                }
            }
        }
    }

    #[test]
    fn the_normal_model_is_finite_and_mirrors(difference in -1e3..1e3, error in 1e-3..1e3, prior in prop_oneof![Just(None), (1e-3..1e3).prop_map(Some)]) {
        let prior = prior.map(|deviation| NormalPrior::new(0.0, deviation).unwrap());
        let there = normal_comparison(difference, error, prior, 0.95).unwrap();
        let back = normal_comparison(-difference, error, prior, 0.95).unwrap();
        prop_assert!((there.chance_to_beat_control + back.chance_to_beat_control - 1.0).abs() < 1e-14);
        prop_assert_eq!(there.expected_loss_of_treatment.to_bits(), back.expected_loss_of_control.to_bits());
        prop_assert!(there.mean.abs() <= difference.abs() && is_ordered(there.interval));
    }

    #[test]
    fn power_rises_with_visitors(one in 0.01..0.99, other in 0.01..0.99, n in 2_u64..1_000_000) {
        let plan = Plan::new(0.05, 0.8, 1.0).unwrap();
        let power = |n| proportions_power(plan, one, other, SampleSizes { control: n, treatment: n }).unwrap();
        prop_assert!((0.0..=1.0).contains(&power(n)));
        // For a handful of visitors the two sides trade places; from twenty on it only rises.
        prop_assert!(n < 20 || power(2 * n) >= power(n) - 1e-12);
        if let Some(rise) = proportions_detectable_difference(plan, one, SampleSizes { control: n, treatment: n }).unwrap() {
            prop_assert!(rise > 0.0 && rise <= 1.0);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn chances_and_losses_obey_their_laws(one in proportion(), other in proportion(), shape in prop_oneof![Just(1.0), 0.1..3.0]) {
        let prior = BetaPrior::new(shape, shape).unwrap();
        let (one, other) = (BetaPosterior::new(one, prior), BetaPosterior::new(other, prior));
        let (there, back) = (compare_rates(one, other), compare_rates(other, one));
        prop_assert!((0.0..=1.0).contains(&there.chance_to_beat_control));
        prop_assert!((there.chance_to_beat_control + back.chance_to_beat_control - 1.0).abs() < 1e-11);
        let (treatment, control) = (there.expected_loss_of_treatment, there.expected_loss_of_control);
        prop_assert!((treatment - back.expected_loss_of_control).abs() <= 1e-10 * treatment);
        // E max(d, 0) - E max(-d, 0) = E d
        let difference = other.mean() - one.mean();
        prop_assert!((control - treatment - difference).abs() <= 1e-11 * (control + treatment) + 1e-15, "{there:?}");
        let interval = one.credible_interval(0.95).unwrap();
        prop_assert!(is_ordered(interval) && interval.low >= 0.0 && interval.high <= 1.0);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn a_lift_interval_is_finite_and_its_reciprocal_is_the_interval_back(one in proportion(), other in proportion()) {
        let of = |arm| BetaPosterior::new(arm, BetaPrior::default());
        let there = lift_interval(of(one), of(other), 0.9).unwrap();
        let back = lift_interval(of(other), of(one), 0.9).unwrap();
        prop_assert!(is_ordered(there) && there.low >= -1.0, "{there:?}");
        let product = (1.0 + there.high) * (1.0 + back.low);
        // A lift of -1 + 1e-9 has seven digits of its ratio left; closer to -1 the reciprocal cannot be told any more.
        prop_assert!(there.high > 1e9 || back.high > 1e9 || (product - 1.0).abs() < 1e-6, "{there:?} {back:?}");
    }
}

#[test]
fn no_converters_leave_the_lift_open_where_nothing_bounds_it() {
    let arm = |successes, trials| Proportion::new(successes, trials).unwrap();
    let none_in_control = proportion::log_ratio_lift(arm(0, 100), arm(5, 100), 0.95).unwrap();
    assert_eq!((none_in_control.estimate, none_in_control.high), (None, None));
    let none_in_treatment = proportion::log_ratio_lift(arm(5, 100), arm(0, 100), 0.95).unwrap();
    assert_eq!((none_in_treatment.estimate, none_in_treatment.low), (Some(-1.0), Some(-1.0)));
    assert!(none_in_treatment.high.unwrap() > 0.0);
    let all = proportion::log_ratio_lift(arm(10, 10), arm(20, 20), 0.95).unwrap();
    assert!(all.low.unwrap() < -0.05 && all.high.unwrap() > 0.05, "everything converted is not certainty");
}

#[test]
fn the_exact_test_is_recommended_for_small_expected_counts_only() {
    let arm = |successes, trials| Proportion::new(successes, trials).unwrap();
    let method = |one, other| proportion::recommended_test(one, other).unwrap().method;
    assert_eq!(method(arm(1, 10), arm(6, 10)), TestMethod::FisherExact);
    assert_eq!(method(arm(5, 10), arm(5, 10)), TestMethod::Pooled);
    assert_eq!(method(arm(1, 1_000_000_000_000), arm(3, 1_000_000_000_000)), TestMethod::FisherExact);
    assert_eq!(method(arm(27, 254), arm(93, 246)), TestMethod::Pooled);
}

#[test]
fn a_treatment_one_deviation_ahead_is_better_with_probability_0_76_at_any_size() {
    // Φ(1/√2) = 0.7602: both posteriors become normal.
    let of = |successes| {
        BetaPosterior::new(Proportion::new(successes, 1_000_000_000_000).unwrap(), BetaPrior::default())
    };
    let chance = compare_rates(of(500_000_000_000), of(500_000_500_000)).chance_to_beat_control;
    assert!((chance - 0.760_249_938_906_523).abs() < 1e-6, "{chance}");
}

#[test]
fn losses_of_the_largest_counts_differ_by_the_difference() {
    let of = |successes| {
        BetaPosterior::new(Proportion::new(successes, u64::MAX).unwrap(), BetaPrior::new(1.0, 1.0).unwrap())
    };
    for step in 0..200 {
        let (control, treatment) =
            (of(u64::MAX / 244 + step * 1_000_003), of(u64::MAX / 5 * 2 + step * 77_777_777));
        let loss = compare_rates(control, treatment).expected_loss_of_control;
        assert_close(loss, treatment.mean() - control.mean(), 1e-11, "loss of control");
    }
}
