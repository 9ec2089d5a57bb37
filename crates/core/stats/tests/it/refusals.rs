//! Input outside the stated range is refused with a message that says what was found.

use dashly_stats::multinomial::chi_square_test;
use dashly_stats::proportion::{Proportion, detectable_difference, wilson_interval};
use dashly_stats::{StatsError, chi_squared, normal, special};

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
