//! Laws that hold for every input, however extreme.

use dashly_stats::multinomial::chi_square_test;
use dashly_stats::proportion::{Proportion, detectable_difference, two_proportion_test, wilson_interval};
use dashly_stats::{chi_squared, normal, special};
use proptest::prelude::*;

/// Counts of every magnitude, with the extremes often.
fn trials() -> impl Strategy<Value = u64> {
    prop_oneof![
        Just(1),
        Just(2),
        1_u64..200,
        1_u64..1_000_000,
        Just(1_000_000_000_000),
        1_u64..=u64::MAX,
        Just(u64::MAX)
    ]
}

fn proportion() -> impl Strategy<Value = Proportion> {
    trials()
        .prop_flat_map(|trials| {
            let successes = prop_oneof![Just(0), Just(1), Just(trials - 1), Just(trials), 0..=trials];
            (successes, Just(trials))
        })
        .prop_map(|(successes, trials)| Proportion::new(successes, trials).unwrap())
}

fn confidence() -> impl Strategy<Value = f64> {
    prop_oneof![Just(0.95), 0.001..0.999, Just(f64::MIN_POSITIVE), Just(1.0 - f64::EPSILON / 2.0)]
}

fn swapped(proportion: Proportion) -> Proportion {
    Proportion::new(proportion.trials() - proportion.successes(), proportion.trials()).unwrap()
}

proptest! {
    #[test]
    fn a_wilson_interval_is_inside_zero_to_one_and_contains_the_rate(p in proportion(), confidence in confidence()) {
        let interval = wilson_interval(p.successes(), p.trials(), confidence).unwrap();
        prop_assert!(0.0 <= interval.low && interval.low <= interval.high && interval.high <= 1.0, "{interval:?}");
        prop_assert!(interval.low <= p.rate() * (1.0 + 1e-12) && p.rate() <= interval.high * (1.0 + 1e-12));
        prop_assert_eq!(interval.low == 0.0, p.successes() == 0);
        if p.successes() == p.trials() {
            prop_assert!(interval.high >= 1.0);
        }
    }

    #[test]
    fn the_interval_of_failures_mirrors_the_interval_of_successes(p in proportion()) {
        let hits = wilson_interval(p.successes(), p.trials(), 0.95).unwrap();
        let misses = wilson_interval(swapped(p).successes(), p.trials(), 0.95).unwrap();
        prop_assert!((hits.low - (1.0 - misses.high)).abs() < 1e-14);
        prop_assert!((hits.high - (1.0 - misses.low)).abs() < 1e-14);
    }

    #[test]
    fn more_confidence_never_narrows_an_interval(p in proportion(), narrow in 0.01..0.98, more in 0.0..0.019) {
        let small = wilson_interval(p.successes(), p.trials(), narrow).unwrap();
        let large = wilson_interval(p.successes(), p.trials(), narrow + more).unwrap();
        prop_assert!(large.width() >= small.width() - 1e-15);
    }

    #[test]
    fn a_test_of_two_proportions_is_finite_and_antisymmetric(one in proportion(), other in proportion()) {
        let there = two_proportion_test(one, other).unwrap();
        let back = two_proportion_test(other, one).unwrap();
        prop_assert!(there.z.is_finite() && (-1.0..=1.0).contains(&there.difference));
        prop_assert!((0.0..=1.0).contains(&there.p_value));
        prop_assert_eq!((there.z, there.difference, there.p_value), (-back.z, -back.difference, back.p_value));
        prop_assert!((there.difference - (other.rate() - one.rate())).abs() < 1e-15);
    }

    #[test]
    fn success_and_failure_may_change_names(one in proportion(), other in proportion()) {
        let hits = two_proportion_test(one, other).unwrap();
        let misses = two_proportion_test(swapped(one), swapped(other)).unwrap();
        prop_assert!((hits.z + misses.z).abs() <= 1e-12 * hits.z.abs());
    }

    #[test]
    fn equal_rates_differ_by_exactly_nothing(p in 0_u64..1000, n in 1_u64..1000, times in 1_u64..1_000_000_000) {
        let small = Proportion::new(p.min(n), n).unwrap();
        let large = Proportion::new(p.min(n) * times, n * times).unwrap();
        let test = two_proportion_test(small, large).unwrap();
        prop_assert_eq!((test.difference, test.z, test.p_value), (0.0, 0.0, 1.0));
    }

    /// The pooled test and the chi-square test of the 2×2 table are one test (z² = chi²).
    #[test]
    fn the_pooled_test_is_the_chi_square_test_of_the_table(a in 1_u64..500, b in 1_u64..500, n in 501_u64..900) {
        let test = two_proportion_test(Proportion::new(a, n).unwrap(), Proportion::new(b, 2 * n).unwrap()).unwrap();
        let p_value = chi_squared::survival(test.z * test.z, 1).unwrap();
        // Below the normal numbers a double has fewer digits.
        let tolerance = 1e-11 * test.p_value + f64::MIN_POSITIVE;
        prop_assert!((p_value - test.p_value).abs() <= tolerance, "{p_value:e} {:e}", test.p_value);
    }

    #[test]
    fn a_detectable_difference_lies_between_zero_and_one(one in proportion(), other in proportion()) {
        let difference = detectable_difference(one, other, 0.05, 0.8).unwrap();
        prop_assert!(difference > 0.0 && difference <= 1.0);
    }

    #[test]
    fn the_normal_quantile_inverts_the_tail(exponent in -300.0..-0.4) {
        let tail = 10_f64.powf(exponent);
        let z = normal::upper_quantile(tail).unwrap();
        // A step of z to the next number moves the tail by about z² parts in 2^53.
        prop_assert!((normal::survival(z) / tail - 1.0).abs() < 1e-15 * (10.0 + z * z));
        prop_assert!((normal::quantile(tail).unwrap() + z).abs() < 1e-14 * z.abs().max(1.0));
    }

    #[test]
    fn every_quantile_is_finite(p in prop_oneof![0.0..1.0, Just(f64::MIN_POSITIVE), Just(5e-324), Just(1.0 - f64::EPSILON / 2.0)]) {
        prop_assume!(p > 0.0);
        prop_assert!(normal::quantile(p).unwrap().is_finite());
        prop_assert!(normal::upper_quantile(p).unwrap().is_finite());
    }

    #[test]
    fn tails_fall_and_never_leave_zero_to_one(z in any::<f64>().prop_filter("a number", |z| !z.is_nan()), step in 0.0..2.0) {
        let (near, far) = (normal::survival(z), normal::survival(z + step));
        prop_assert!((0.0..=1.0).contains(&near) && (0.0..=1.0).contains(&far));
        prop_assert!(far <= near * (1.0 + 1e-14), "{near:e} {far:e}");
        prop_assert!((near + normal::survival(-z) - 1.0).abs() < 1e-15);
    }

    #[test]
    fn one_degree_of_freedom_is_the_square_of_a_normal_variable(z in 0.0..37.0) {
        let (chi, normal) = (chi_squared::survival(z * z, 1).unwrap(), normal::two_sided_p_value(z));
        prop_assert!((chi - normal).abs() <= 5e-13 * normal, "{chi:e} {normal:e}");
    }

    /// Q(a + 1, x) = Q(a, x) + x^a e^(-x) / Γ(a + 1): across the seams of series, fraction and Stirling.
    #[test]
    fn the_gamma_tail_obeys_its_recurrence(shape in 0.1..60.0, x in 0.01..120.0) {
        let tail = |shape| special::upper_regularised_gamma(shape, x).unwrap();
        let (first, second, third) = (tail(shape), tail(shape + 1.0), tail(shape + 2.0));
        // The two increments stand in the ratio x / (a + 1).
        prop_assert!(((third - second) - (second - first) * x / (shape + 1.0)).abs() < 1e-13);
    }

    #[test]
    fn a_gamma_tail_lies_between_zero_and_one(
        shape in prop_oneof![1e-300..1e-3, 1e-3..100.0, 100.0..1e6],
        x in prop_oneof![Just(0.0), 0.0..1e-300, 0.0..100.0, 1e3..1e7, Just(f64::MAX)],
    ) {
        let tail = special::upper_regularised_gamma(shape, x).unwrap();
        prop_assert!((0.0..=1.0).contains(&tail));
    }

    #[test]
    fn goodness_of_fit_is_finite_for_all_counts(
        cells in proptest::collection::vec((trials(), prop_oneof![1e-12..1.0, Just(1e-300)]), 2..6),
    ) {
        let observed: Vec<u64> = cells.iter().map(|cell| cell.0).collect();
        let sum: f64 = cells.iter().map(|cell| cell.1).sum();
        let shares: Vec<f64> = cells.iter().map(|cell| cell.1 / sum).collect();
        let test = chi_square_test(&observed, &shares).unwrap();
        prop_assert!(test.statistic.is_finite() && test.statistic >= 0.0);
        prop_assert!((0.0..=1.0).contains(&test.p_value));
    }
}

#[test]
fn nothing_and_everything_have_exact_ends() {
    for trials in [1, 2, 10, 1_000_000_000_000, u64::MAX] {
        assert_eq!(wilson_interval(0, trials, 0.95).unwrap().low.to_bits(), 0.0_f64.to_bits());
        assert_eq!(wilson_interval(trials, trials, 0.95).unwrap().high.to_bits(), 1.0_f64.to_bits());
    }
}

#[test]
fn two_rates_of_nothing_or_of_everything_do_not_differ() {
    for (successes, trials) in [(0, 10), (10, 10)] {
        let one = Proportion::new(successes, trials).unwrap();
        let test = two_proportion_test(one, one).unwrap();
        assert_eq!((test.difference, test.z, test.p_value), (0.0, 0.0, 1.0));
    }
}

/// Found by the property above: the product of two large counts must be rounded once.
#[test]
fn everything_against_nothing_differs_by_exactly_one_at_any_size() {
    for (none, all) in [(81_289_870_343_424_279, 521_950), (u64::MAX, u64::MAX), (1, 1_000_000_000_000)] {
        let test = two_proportion_test(Proportion::new(0, none).unwrap(), Proportion::new(all, all).unwrap())
            .unwrap();
        assert_eq!(test.difference.to_bits(), 1.0_f64.to_bits());
    }
}

/// Under equal rates the p-value must be uniform: about 5 % of exact binomial pairs reject at 5 %.
#[test]
fn the_test_rejects_equal_rates_about_as_often_as_it_says() {
    let trials = 200_u32;
    let rate: f64 = 0.3;
    let binomial: Vec<f64> = (0..=trials)
        .scan((1.0 - rate).powi(200), |probability, successes| {
            let now = *probability;
            *probability *= f64::from(trials - successes) / f64::from(successes + 1) * rate / (1.0 - rate);
            Some(now)
        })
        .collect();
    let mut rejected = 0.0;
    for (one, one_probability) in (0_u64..).zip(&binomial) {
        for (other, other_probability) in (0_u64..).zip(&binomial) {
            let (one, other) = (Proportion::new(one, 200).unwrap(), Proportion::new(other, 200).unwrap());
            if two_proportion_test(one, other).unwrap().p_value < 0.05 {
                rejected += one_probability * other_probability;
            }
        }
    }
    assert!((0.045..0.055).contains(&rejected), "rejects {rejected}");
}
