//! Reference digits of planned power: statsmodels 0.15.0 under Python 3.11.7.
#![expect(
    clippy::unreadable_literal,
    reason = "digits stand exactly as printed, so that they can be searched for"
)]

use dashly_stats::power::{
    MeansPlan, Plan, SampleSizes, means_detectable_difference, means_power, means_sample_size,
    proportions_detectable_difference, proportions_power, proportions_sample_size,
};

use crate::close::assert_close;

/// `power_proportions_2indep(p2 - p1, p1, n2, ratio=n1 / n2, alpha=alpha, return_results=False)`
#[test]
fn the_power_for_proportions_agrees_with_statsmodels() {
    let table = [
        (0.1, 0.12, 1000, 1000, 0.05, 0.2980803253814598),
        (0.1, 0.12, 3841, 3841, 0.05, 0.8000165286163737),
        (0.1, 0.09, 5000, 2500, 0.01, 0.11252578730387269),
        (0.5, 0.5001, 1000000000, 1000000000, 0.05, 0.994000470642667),
        (0.01, 0.05, 50, 200, 0.1, 0.2799251857527555),
        (0.2, 0.2, 100, 100, 0.05, 0.049999999999999954),
    ];
    for (one, other, control, treatment, significance, power) in table {
        let plan = Plan::new(significance, 0.8, 1.0).unwrap();
        let found = proportions_power(plan, one, other, SampleSizes { control, treatment }).unwrap();
        assert_close(found, power, 1e-9, &format!("power({one}, {other}, {control}, {treatment})"));
    }
}

/// `NormalIndPower().power(d / sd, n1, alpha, ratio=n2 / n1, alternative="two-sided")`
#[test]
fn the_power_for_means_agrees_with_statsmodels() {
    let table = [
        (0.5, 4.0, 1000, 1000, 0.05, 0.7981761964601345),
        (0.2, 1.0, 300, 600, 0.01, 0.5997105256061042),
        (-0.1, 2.5, 20000, 10000, 0.05, 0.9042276062099913),
        (0.0, 1.0, 10, 10, 0.05, 0.049999999999999954),
    ];
    for (difference, deviation, control, treatment, significance, power) in table {
        let plan = MeansPlan::new(Plan::new(significance, 0.8, 1.0).unwrap(), deviation, deviation).unwrap();
        let found = means_power(plan, difference, SampleSizes { control, treatment }).unwrap();
        assert_close(
            found,
            power,
            1e-12,
            &format!("power({difference}, {deviation}, {control}, {treatment})"),
        );
    }
}

/// `NormalIndPower().solve_power(d / sd, None, alpha, power, ratio=ratio, alternative="two-sided")`, a
/// fraction
#[test]
#[expect(clippy::as_conversions, clippy::cast_precision_loss, reason = "small counts")]
fn sample_sizes_for_means_are_those_of_statsmodels_rounded_up() {
    let table = [
        (0.5, 4.0, 0.8, 0.05, 1.0, 1004.6541460552606),
        (0.2, 1.0, 0.9, 0.01, 2.0, 557.9770187438428),
        (0.01, 2.5, 0.8, 0.05, 0.5, 1471661.345498662),
    ];
    for (difference, deviation, power, significance, ratio, size) in table {
        let plan =
            MeansPlan::new(Plan::new(significance, power, ratio).unwrap(), deviation, deviation).unwrap();
        let found = means_sample_size(plan, difference).unwrap().unwrap().control as f64;
        // With an unequal split the treatment is rounded up as well, which may save one in the control.
        assert!((-1.0..1.0).contains(&(found - size)), "{found} for {size}");
    }
}

/// `sd * NormalIndPower().solve_power(None, n1, alpha, power, ratio=n2 / n1, alternative="two-sided")`
#[test]
fn detectable_differences_of_means_agree_with_statsmodels() {
    let table =
        [(1000, 1000, 4.0, 0.8, 0.05, 0.5011613811886952), (500, 1500, 1.0, 0.9, 0.01, 0.19919421073100743)];
    for (control, treatment, deviation, power, significance, difference) in table {
        let plan =
            MeansPlan::new(Plan::new(significance, power, 1.0).unwrap(), deviation, deviation).unwrap();
        let found = means_detectable_difference(plan, SampleSizes { control, treatment }).unwrap();
        // statsmodels stops its search at six digits; the power itself is checked to twelve.
        assert_close(found, difference, 1e-5, &format!("{control}, {treatment}"));
        let reached = means_power(plan, found, SampleSizes { control, treatment }).unwrap();
        assert_close(reached, power, 1e-12, "power");
    }
}

#[test]
fn the_sample_size_for_proportions_is_the_smallest_with_the_power_wanted() {
    for (one, other, ratio) in [(0.1, 0.12, 1.0), (0.1, 0.08, 0.25), (0.01, 0.0101, 1.0), (0.5, 0.9, 3.0)] {
        let plan = Plan::new(0.05, 0.8, ratio).unwrap();
        let sizes = proportions_sample_size(plan, one, other).unwrap().unwrap();
        assert!(proportions_power(plan, one, other, sizes).unwrap() >= 0.8);
        let fewer = SampleSizes { control: sizes.control - 1, treatment: sizes.treatment - 1 };
        assert!(proportions_power(plan, one, other, fewer).unwrap() < 0.8 + 1e-3);
    }
}

#[test]
fn the_detectable_difference_has_exactly_the_power_wanted() {
    for (rate, control, treatment) in [(0.1, 1000, 1000), (0.9, 500, 100), (1e-6, 10_000_000, 1_000_000)] {
        let plan = Plan::new(0.05, 0.8, 1.0).unwrap();
        let sizes = SampleSizes { control, treatment };
        let rise = proportions_detectable_difference(plan, rate, sizes).unwrap().unwrap();
        assert_close(proportions_power(plan, rate, rate + rise, sizes).unwrap(), 0.8, 1e-9, "power");
    }
}

#[test]
fn equal_rates_need_more_visitors_than_there_are() {
    let plan = Plan::new(0.05, 0.8, 1.0).unwrap();
    assert_eq!(proportions_sample_size(plan, 0.1, 0.1).unwrap(), None);
    let sizes = SampleSizes { control: 2, treatment: 2 };
    assert_eq!(proportions_detectable_difference(plan, 0.5, sizes).unwrap(), None);
}
