//! Input outside the stated range is refused with a message that says what was found.

use dashly_stats::bayes::{BetaPrior, NormalPrior, normal_comparison};
use dashly_stats::estimate::{Estimate, difference_test, log_ratio_lift};
use dashly_stats::hypergeometric::Hypergeometric;
use dashly_stats::mean::{Cap, PairedSample, PairedSums, Sample, welch_test};
use dashly_stats::multinomial::chi_square_test;
use dashly_stats::multiple::{benjamini_yekutieli, holm};
use dashly_stats::power::{Plan, SampleSizes, proportions_power, proportions_sample_size};
use dashly_stats::proportion::{Proportion, detectable_difference, wilson_interval};
use dashly_stats::ratio::ratio_estimate;
use dashly_stats::{StatsError, beta, chi_squared, normal, special, student_t};

#[test]
fn a_rate_of_nothing_is_refused() {
    assert_eq!(Proportion::new(0, 0), Err(StatsError::NoTrials));
    assert_eq!(wilson_interval(0, 0, 0.95), Err(StatsError::NoTrials));
    assert_eq!(chi_square_test(&[0, 0], &[0.5, 0.5]), Err(StatsError::NoTrials));
}

#[test]
fn more_successes_than_trials_are_refused() {
    let error = Proportion::new(3, 2).unwrap_err();
    assert_eq!(error.to_string(), "3 successes in only 2 trials");
}

#[test]
fn probabilities_outside_zero_to_one_are_refused() {
    for bad in [0.0, 1.0, -0.1, 1.1, f64::NAN, f64::INFINITY] {
        assert!(wilson_interval(1, 2, bad).is_err(), "confidence {bad}");
        assert!(normal::quantile(bad).is_err(), "quantile {bad}");
        assert!(normal::upper_quantile(bad).is_err(), "upper quantile {bad}");
        let half = Proportion::new(1, 2).unwrap();
        assert!(detectable_difference(half, half, bad, 0.8).is_err(), "significance {bad}");
        assert!(detectable_difference(half, half, 0.05, bad).is_err(), "power {bad}");
    }
}

#[test]
fn shares_that_are_no_shares_are_refused() {
    assert!(matches!(chi_square_test(&[1], &[1.0]), Err(StatsError::TooFewCategories { found: 1 })));
    assert!(matches!(chi_square_test(&[1, 2], &[1.0]), Err(StatsError::LengthsDiffer { .. })));
    assert!(matches!(chi_square_test(&[1, 2], &[1.0, 0.0]), Err(StatsError::NotPositive { .. })));
    assert!(matches!(chi_square_test(&[1, 2], &[0.5, f64::NAN]), Err(StatsError::NotPositive { .. })));
    assert!(matches!(chi_square_test(&[1, 2], &[0.5, 0.6]), Err(StatsError::SharesDoNotAddUp { .. })));
}

#[test]
fn a_gamma_function_out_of_range_is_refused() {
    assert!(matches!(special::upper_regularised_gamma(0.0, 1.0), Err(StatsError::NotPositive { .. })));
    assert!(matches!(special::upper_regularised_gamma(1.0, -1.0), Err(StatsError::Negative { .. })));
    assert!(matches!(special::upper_regularised_gamma(1.0, f64::NAN), Err(StatsError::Negative { .. })));
    assert!(matches!(special::upper_regularised_gamma(1e7, 1.0), Err(StatsError::TooLarge { .. })));
    assert!(matches!(chi_squared::survival(1.0, 0), Err(StatsError::NotPositive { .. })));
}

#[test]
fn distributions_out_of_range_are_refused() {
    assert!(matches!(special::ln_gamma(0.0), Err(StatsError::NotPositive { .. })));
    assert!(matches!(special::ln_gamma(2e300), Err(StatsError::TooLarge { .. })));
    assert!(matches!(beta::cdf(1.1, 1.0, 1.0), Err(StatsError::NotBetweenZeroAndOne { .. })));
    assert!(matches!(beta::survival(f64::NAN, 1.0, 1.0), Err(StatsError::NotBetweenZeroAndOne { .. })));
    assert!(matches!(beta::quantile(0.5, 0.0, 1.0), Err(StatsError::NotPositive { .. })));
    assert!(matches!(beta::quantile(0.5, 1.0, 1e31), Err(StatsError::TooLarge { .. })));
    assert!(matches!(student_t::survival(f64::NAN, 1.0), Err(StatsError::NotFinite { .. })));
    assert!(matches!(student_t::survival(1.0, 0.0), Err(StatsError::NotPositive { .. })));
    assert!(student_t::quantile(1.0, 5.0).is_err());
    assert!(matches!(Hypergeometric::new(1, 1, 3), Err(StatsError::SuccessesExceedTrials { .. })));
    assert!(matches!(Hypergeometric::new(u64::MAX, 1, 3), Err(StatsError::TooLarge { .. })));
    assert!(matches!(Hypergeometric::new(1 << 60, 1 << 60, 1 << 60), Err(StatsError::TooLarge { .. })));
}

#[test]
fn samples_that_no_values_have_are_refused() {
    let one = Sample::from_sums(1, 2.0, 4.0).unwrap();
    assert_eq!(one.variance(), Err(StatsError::TooFewValues { found: 1, needed: 2 }));
    assert!(matches!(Sample::from_sums(2, 10.0, 1.0), Err(StatsError::ImpossibleSum { .. })));
    assert!(matches!(Sample::from_sums(0, 1.0, 1.0), Err(StatsError::ImpossibleSum { .. })));
    assert!(matches!(Sample::from_sums(2, f64::NAN, 1.0), Err(StatsError::NotFinite { .. })));
    assert!(matches!(Sample::default().with(1e91), Err(StatsError::TooLarge { .. })));
    assert!(matches!(Sample::from_mean_and_variance(5, 0.0, -1.0), Err(StatsError::Negative { .. })));
    let sums = PairedSums {
        visitors: 3,
        first_squares: 2.0,
        second_squares: 2.0,
        products: 9.0,
        ..Default::default()
    };
    assert!(matches!(PairedSample::from_sums(sums), Err(StatsError::ImpossibleSum { .. })));
    let no_denominator = PairedSample::default().with(1.0, 0.0).unwrap().with(2.0, 0.0).unwrap();
    assert!(matches!(ratio_estimate(no_denominator), Err(StatsError::NotPositive { .. })));
    assert!(matches!(Cap::new(0.0), Err(StatsError::NotPositive { .. })));
    assert_eq!(Cap::new(5.0).unwrap().apply(7.0).to_bits(), 5.0_f64.to_bits());
}

#[test]
fn a_difference_without_any_spread_is_refused() {
    let constant = |value| Sample::from_mean_and_variance(10, value, 0.0).unwrap();
    let error = welch_test(constant(1.0), constant(2.0), 0.95).unwrap_err();
    assert_eq!(error, StatsError::NoSpread { difference: 1.0 });
    assert_eq!(welch_test(constant(1.0), constant(1.0), 0.95).unwrap().p_value.to_bits(), 1.0_f64.to_bits());
    let estimate = Estimate::new(-1.0, 0.1, 5.0).unwrap();
    assert!(matches!(log_ratio_lift(estimate, estimate, 0.95), Err(StatsError::NotPositive { .. })));
    assert!(difference_test(estimate, estimate, 1.0).is_err());
    assert!(Estimate::new(f64::INFINITY, 0.1, 5.0).is_err());
    assert!(Estimate::new(1.0, -0.1, 5.0).is_err());
}

#[test]
fn priors_p_values_and_plans_out_of_range_are_refused() {
    assert!(matches!(BetaPrior::new(0.01, 1.0), Err(StatsError::TooSmall { .. })));
    assert!(matches!(BetaPrior::new(1.0, 1e13), Err(StatsError::TooLarge { .. })));
    assert!(matches!(NormalPrior::new(0.0, 0.0), Err(StatsError::NotPositive { .. })));
    assert!(matches!(normal_comparison(1.0, 0.0, None, 0.95), Err(StatsError::NotPositive { .. })));
    for bad in [-0.1, 1.1, f64::NAN] {
        assert!(matches!(holm(&[0.5, bad]), Err(StatsError::NotBetweenZeroAndOne { .. })));
        assert!(matches!(benjamini_yekutieli(&[bad]), Err(StatsError::NotBetweenZeroAndOne { .. })));
    }
    assert!(matches!(Plan::new(0.05, 0.04, 1.0), Err(StatsError::TooSmall { .. })));
    assert!(Plan::new(0.05, 0.8, 0.0).is_err());
    let plan = Plan::new(0.05, 0.8, 1.0).unwrap();
    assert!(proportions_sample_size(plan, 0.0, 0.1).is_err());
    let empty = SampleSizes { control: 0, treatment: 5 };
    assert_eq!(proportions_power(plan, 0.1, 0.2, empty), Err(StatsError::NoTrials));
}
