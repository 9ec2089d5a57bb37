//! Reference digits of means, ratios and adjusted means: gbstats 0.8.0, SciPy 1.17.1, statsmodels 0.15.0 and
//! mpmath 1.4.1 (fifty digits) under Python 3.11.7.
//!
//! Where gbstats computes `1 - cdf` or a truncated normal mean, the same quantity stands here from SciPy's
//! `sf` or from mpmath, because gbstats has fewer digits.
#![expect(
    clippy::unreadable_literal,
    reason = "digits stand exactly as printed, so that they can be searched for"
)]

use dashly_stats::bayes::{NormalPrior, normal_comparison};
use dashly_stats::cuped::{adjusted_comparison, pooled_theta};
use dashly_stats::estimate::{FiellerSet, delta_lift, fieller_lift, log_ratio_lift};
use dashly_stats::mean::{PairedSample, PairedSums, Sample, welch_test};
use dashly_stats::multiple::{benjamini_yekutieli, holm};
use dashly_stats::ratio::{ratio_estimate, ratio_test};

use crate::close::assert_close;

/// From `[n, sum, sum of squares]`.
#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "small counts"
)]
fn sample(sums: [f64; 3]) -> Sample {
    Sample::from_sums(sums[0] as u64, sums[1], sums[2]).unwrap()
}

/// From `[n, Σy, Σx, Σy², Σx², Σxy]`.
#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "small counts"
)]
fn paired(sums: [f64; 6]) -> PairedSample {
    let [visitors, first, second, first_squares, second_squares, products] = sums;
    let visitors = visitors as u64;
    PairedSample::from_sums(PairedSums { visitors, first, second, first_squares, second_squares, products })
        .unwrap()
}

/// mpmath for difference, t and degrees of freedom (checked against `stats.ttest_ind_from_stats`), then
/// `2 * stats.t.sf(abs(t), df)` and `difference -+ stats.t.isf(0.025, df) * error`
#[test]
fn the_welch_test_agrees_with_scipy() {
    let table = [
        (
            [6.0, 42.5, 587.875],
            [7.0, 79.5, 1636.125],
            4.273809523809524,
            0.8222054893290923,
            10.567947194426617,
            0.4291208843531787,
            -7.224198225239216,
            15.771817272858264,
        ),
        (
            [1000.0, 2500.0, 31000.0],
            [1100.0, 2950.5, 40000.25],
            0.18227272727272728,
            0.804624928217285,
            2097.6318203613882,
            0.4211273366737258,
            -0.2619767890482355,
            0.62652224359369,
        ),
        (
            [500000.0, 1250000.0, 9000000.0],
            [490000.0, 1260000.0, 9200000.0],
            0.07142857142857142,
            10.275302692826424,
            988609.1739938958,
            9.132003446151886e-25,
            0.05780390235041113,
            0.08505324050673173,
        ),
        (
            [40.0, 400000.0, 4000000123.0],
            [38.0, 380010.0, 3800200222.0],
            0.2631578947368421,
            0.5430044105836556,
            67.49261464337283,
            0.5889156073866612,
            -0.7040439968067675,
            1.2303597862804516,
        ),
    ];
    for (control, treatment, difference, t, degrees_of_freedom, p_value, low, high) in table {
        let found = welch_test(sample(control), sample(treatment), 0.95).unwrap();
        let what = format!("welch({control:?}, {treatment:?})");
        // The last row has a mean of 3000 deviations: seven digits are lost in the sums themselves.
        let tolerance = if control[0] < 41.0 && control[0] > 39.0 { 1e-7 } else { 1e-10 };
        assert_close(found.difference, difference, 1e-10, &what);
        assert_close(found.t, t, tolerance, &what);
        assert_close(found.degrees_of_freedom, degrees_of_freedom, tolerance, &what);
        assert_close(found.p_value, p_value, tolerance, &what);
        assert_close(found.interval.low, low, tolerance, &what);
        assert_close(found.interval.high, high, tolerance, &what);
    }
}

/// gbstats: `TwoSidedTTest(a, b, FrequentistConfig(difference_type="relative")).compute_result()`, `expected,
/// *ci`
#[test]
fn the_delta_lift_agrees_with_gbstats() {
    let table = [
        (
            [6.0, 42.5, 587.875],
            [7.0, 79.5, 1636.125],
            0.6033613445378153,
            -1.4213706635511967,
            2.628093352626827,
        ),
        (
            [1000.0, 2500.0, 31000.0],
            [1100.0, 2950.5, 40000.25],
            0.07290909090909085,
            -0.11115952847047185,
            0.25697771028865357,
        ),
        (
            [500000.0, 1250000.0, 9000000.0],
            [490000.0, 1260000.0, 9200000.0],
            0.028571428571428647,
            0.023045289167126195,
            0.0340975679757311,
        ),
        (
            [40.0, 400000.0, 4000000123.0],
            [38.0, 380010.0, 3800200222.0],
            2.6315789473665062e-05,
            -7.04052541444682e-05,
            0.00012303683309179832,
        ),
    ];
    for (control, treatment, estimate, low, high) in table {
        let (one, other) = (sample(control).estimate().unwrap(), sample(treatment).estimate().unwrap());
        let found = delta_lift(one, other, 0.95).unwrap();
        let what = format!("delta({control:?}, {treatment:?})");
        assert_close(found.estimate.unwrap(), estimate, 1e-9, &what);
        assert_close(found.low.unwrap(), low, 1e-9, &what);
        assert_close(found.high.unwrap(), high, 1e-9, &what);
    }
}

/// mpmath: `m2/m1 - 1, expm1(L -+ q*s)`, q from `stats.t.isf(0.025, df)` with Welch's df of the relative
/// errors
#[test]
fn the_log_ratio_lift_of_means_agrees_with_mpmath() {
    let table = [
        (
            [6.0, 42.5, 587.875],
            [7.0, 79.5, 1636.125],
            0.6033613445378151,
            -0.5484012657327048,
            4.692592574089252,
        ),
        (
            [1000.0, 2500.0, 31000.0],
            [1100.0, 2950.5, 40000.25],
            0.07290909090909091,
            -0.09623621548057966,
            0.2737110482552601,
        ),
        (
            [500000.0, 1250000.0, 9000000.0],
            [490000.0, 1260000.0, 9200000.0],
            0.02857142857142857,
            0.023060107592581335,
            0.0341124395545155,
        ),
        (
            [40.0, 400000.0, 4000000123.0],
            [38.0, 380010.0, 3800200222.0],
            2.6315789473684212e-05,
            -7.040055080668514e-05,
            0.00012304148446310746,
        ),
    ];
    for (control, treatment, estimate, low, high) in table {
        let (one, other) = (sample(control).estimate().unwrap(), sample(treatment).estimate().unwrap());
        let found = log_ratio_lift(one, other, 0.95).unwrap();
        let what = format!("lift({control:?}, {treatment:?})");
        assert_close(found.estimate.unwrap(), estimate, 1e-10, &what);
        assert_close(found.low.unwrap(), low, 1e-9, &what);
        assert_close(found.high.unwrap(), high, 1e-9, &what);
    }
}

/// mpmath: both roots of Fieller's equation minus 1, q as in the Welch test
#[test]
fn fieller_sets_of_means_agree_with_mpmath() {
    let table = [
        ([6.0, 42.5, 587.875], [7.0, 79.5, 1636.125], -0.727678726808679, 46.17397945300116),
        ([1000.0, 2500.0, 31000.0], [1100.0, 2950.5, 40000.25], -0.09671131568446267, 0.2757489087396565),
        (
            [500000.0, 1250000.0, 9000000.0],
            [490000.0, 1260000.0, 9200000.0],
            0.023060086134437496,
            0.034112484704983896,
        ),
        (
            [40.0, 400000.0, 4000000123.0],
            [38.0, 380010.0, 3800200222.0],
            -7.0402113833977e-05,
            0.0001230399738005424,
        ),
    ];
    for (control, treatment, low, high) in table {
        let (one, other) = (sample(control).estimate().unwrap(), sample(treatment).estimate().unwrap());
        let FiellerSet::Between(found) = fieller_lift(one, other, 0.95).unwrap() else {
            panic!("not an interval for {control:?}, {treatment:?}");
        };
        let what = format!("fieller({control:?}, {treatment:?})");
        assert_close(found.low, low, 1e-9, &what);
        assert_close(found.high, high, 1e-9, &what);
    }
}

/// gbstats: `EffectBayesianABTest` with absolute and relative effects, `uplift.mean, uplift.stddev`, then in
/// mpmath `ncdf(z)`, both losses `S * (npdf(z) + z * ncdf(z))` and that minus the mean (checked against
/// `risk`), then `ci`. A prior deviation of 0 stands for no prior.
#[test]
fn the_normal_model_agrees_with_gbstats() {
    for ([difference, error, prior_mean, prior_deviation], expected) in NORMAL_MODEL {
        let [mean, deviation, chance, of_treatment, of_control, low, high] = expected;
        let prior = NormalPrior::new(prior_mean, prior_deviation).ok();
        let found = normal_comparison(difference, error, prior, 0.95).unwrap();
        let what = format!("normal({difference}, {error}, {prior:?})");
        assert_close(found.mean, mean, 1e-12, &what);
        assert_close(found.deviation, deviation, 1e-12, &what);
        assert_close(found.chance_to_beat_control, chance, 1e-11, &what);
        assert_close(found.expected_loss_of_treatment, of_treatment, 1e-10, &what);
        assert_close(found.expected_loss_of_control, of_control, 1e-10, &what);
        assert_close(found.interval.low, low, 1e-11, &what);
        assert_close(found.interval.high, high, 1e-11, &what);
    }
}

/// Difference, its error, mean and deviation of the prior; then the digits described above.
const NORMAL_MODEL: [([f64; 4], [f64; 7]); 8] = [
    (
        [4.273809523809525, 5.197982231056241, 0.0, 0.0],
        [
            4.273809523809525,
            5.197982231056241,
            0.7945200224425009,
            0.6007509655299746,
            4.874560489339499,
            -5.914048441339868,
            14.461667488958916,
        ],
    ),
    (
        [0.6033613445378153, 0.9153343109868948, 0.0, 0.0],
        [
            0.6033613445378153,
            0.9153343109868948,
            0.7451068451257159,
            0.140065712222878,
            0.7434270567606933,
            -1.1906609388102845,
            2.3973836278859144,
        ],
    ),
    (
        [4.273809523809525, 5.197982231056241, 0.02, 0.3],
        [
            0.0341223425778712,
            0.29950159674684623,
            0.5453535243815611,
            0.10319729957216983,
            0.13731964215004103,
            -0.5528900003581863,
            0.6211346855139284,
        ],
    ),
    (
        [0.6033613445378153, 0.9153343109868948, 0.02, 0.3],
        [
            0.07658593763535586,
            0.2850789669552101,
            0.6058997729796856,
            0.07951663127644201,
            0.15610256891179786,
            -0.4821585703467403,
            0.6353304456174519,
        ],
    ),
    (
        [0.18227272727272714, 0.22653129536586444, 0.0, 0.0],
        [
            0.18227272727272714,
            0.22653129536586444,
            0.7894819237477958,
            0.02700944239988049,
            0.20928216967260763,
            -0.2617204530155725,
            0.6262659075610266,
        ],
    ),
    (
        [0.07290909090909085, 0.09386009720297142, 0.0, 0.0],
        [
            0.07290909090909085,
            0.09386009720297142,
            0.7813571083707122,
            0.011751665157855964,
            0.08466075606694681,
            -0.11105331919416182,
            0.2568715010123435,
        ],
    ),
    (
        [0.18227272727272714, 0.22653129536586444, 0.02, 0.3],
        [
            0.12334640978377648,
            0.18078114709541016,
            0.7524743722713158,
            0.02661315856385622,
            0.1499595683476327,
            -0.23097812760706532,
            0.47767094717461817,
        ],
    ),
    (
        [0.07290909090909085, 0.09386009720297142, 0.02, 0.3],
        [
            0.06819180021537831,
            0.08957821925888837,
            0.776747389895365,
            0.011522931298216231,
            0.07971473151359454,
            -0.10737828333127518,
            0.24376188376203178,
        ],
    ),
];

/// gbstats: `RatioStatistic.mean`, `sqrt(variance / n)`, `TwoSidedTTest` absolute (p from SciPy's `sf`) and
/// relative
#[test]
fn ratio_metrics_agree_with_gbstats() {
    let table = [
        (
            [500.0, 3200.5, 1500.0, 60000.75, 5900.0, 15000.5],
            [480.0, 3400.25, 1490.0, 66000.5, 5800.0, 16000.25],
            2.1336666666666666,
            0.10087253201778108,
            0.14838031319910527,
            0.301917682586777,
            -0.13353243890484634,
            0.4302930653030569,
            0.0695424058111726,
            -0.06719104370976711,
            0.20627585533211232,
        ),
        (
            [20.0, 55.0, 31.0, 260.5, 70.0, 115.25],
            [22.0, 80.5, 40.0, 420.25, 95.0, 170.5],
            1.7741935483870968,
            0.280618384446417,
            0.23830645161290342,
            0.5503259369226263,
            -0.5613149049073508,
            1.0379278081331575,
            0.13431818181818192,
            -0.34778876850941076,
            0.6164251321457747,
        ),
    ];
    for (control, treatment, ratio, error, difference, p_value, low, high, lift, lift_low, lift_high) in table
    {
        let (one, other) = (paired(control), paired(treatment));
        let (estimate, test) = (ratio_estimate(one).unwrap(), ratio_test(one, other, 0.95).unwrap());
        let what = format!("ratio({control:?}, {treatment:?})");
        assert_close(estimate.value(), ratio, 1e-13, &what);
        assert_close(estimate.standard_error(), error, 1e-11, &what);
        assert_close(test.difference, difference, 1e-11, &what);
        assert_close(test.p_value, p_value, 1e-10, &what);
        assert_close(test.interval.low, low, 1e-10, &what);
        assert_close(test.interval.high, high, 1e-10, &what);
        let relative = delta_lift(estimate, ratio_estimate(other).unwrap(), 0.95).unwrap();
        assert_close(relative.estimate.unwrap(), lift, 1e-11, &what);
        assert_close(relative.low.unwrap(), lift_low, 1e-10, &what);
        assert_close(relative.high.unwrap(), lift_high, 1e-10, &what);
    }
}

/// gbstats with our theta (summed within arms): `RegressionAdjustedStatistic`, absolute and relative
/// `TwoSidedTTest`. The second theta is gbstats' own `compute_theta`, around the common means: that of both
/// arms merged into one.
#[test]
fn adjusted_means_agree_with_gbstats() {
    let table = [
        (
            [500.0, 3200.5, 1500.0, 60000.75, 5900.0, 15000.5],
            [480.0, 3400.25, 1490.0, 66000.5, 5800.0, 16000.25],
            4.211722226717371,
            4.214138524882221,
            0.24413310138360877,
            0.3860942244557915,
            0.5273289752902568,
            0.038139837741541754,
            -0.0867936218397307,
            0.16307329732281423,
        ),
        (
            [20.0, 55.0, 31.0, 260.5, 70.0, 115.25],
            [22.0, 80.5, 40.0, 420.25, 95.0, 170.5],
            1.2241751464693185,
            1.2604552673372156,
            0.5807893925377741,
            0.6302171071593203,
            0.36228666139535876,
            0.21119614274100876,
            -0.3271172671446688,
            0.7495095526266863,
        ),
    ];
    for (control, treatment, theta, merged_theta, difference, error, p_value, lift, low, high) in table {
        let (one, other) = (paired(control), paired(treatment));
        let what = format!("cuped({control:?}, {treatment:?})");
        let found = adjusted_comparison(one, other, 0.95).unwrap();
        assert_close(found.theta, theta, 1e-12, &what);
        assert_close(pooled_theta(&[one.merged(other)]).unwrap(), merged_theta, 1e-12, &what);
        assert_close(found.test.difference, difference, 1e-11, &what);
        assert_close(found.test.standard_error, error, 1e-11, &what);
        assert_close(found.test.p_value, p_value, 1e-10, &what);
        let relative = found.lift.unwrap();
        assert_close(relative.estimate.unwrap(), lift, 1e-11, &what);
        assert_close(relative.low.unwrap(), low, 1e-10, &what);
        assert_close(relative.high.unwrap(), high, 1e-10, &what);
    }
}

/// `multipletests(p, method="holm")[1]` and `method="fdr_by"`
#[test]
fn adjusted_p_values_agree_with_statsmodels() {
    let table: [(&[f64], &[f64], &[f64]); 4] = [
        (&[0.02], &[0.02], &[0.02]),
        (
            &[0.01, 0.04, 0.03, 0.005, 0.6, 0.03, 1.0, 0.0],
            &[0.06, 0.15, 0.15, 0.035, 1.0, 0.15, 1.0, 0.0],
            &[
                0.07247619047619047,
                0.14495238095238094,
                0.13045714285714285,
                0.054357142857142854,
                1.0,
                0.13045714285714285,
                1.0,
                0.0,
            ],
        ),
        (&[0.5, 0.5, 0.5], &[1.0, 1.0, 1.0], &[0.9166666666666665, 0.9166666666666665, 0.9166666666666665]),
        (&[1e-300, 0.9, 1e-10], &[3e-300, 0.9, 2e-10], &[5.5e-300, 1.0, 2.75e-10]),
    ];
    for (p_values, step_down, dependent) in table {
        for (found, expected) in
            [(holm(p_values).unwrap(), step_down), (benjamini_yekutieli(p_values).unwrap(), dependent)]
        {
            assert_eq!(found.len(), expected.len());
            for (found, expected) in found.iter().zip(expected) {
                assert_close(*found, *expected, 1e-14, &format!("{p_values:?}"));
            }
        }
    }
}
