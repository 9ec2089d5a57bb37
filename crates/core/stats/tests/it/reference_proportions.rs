//! Reference digits of the comparison of two proportions: statsmodels 0.15.0, SciPy 1.17.1 and mpmath 1.4.1
//! (fifty digits) under Python 3.11.7. `[x1, n1], [x2, n2]` are control and treatment.
#![expect(
    clippy::unreadable_literal,
    reason = "digits stand exactly as printed, so that they can be searched for"
)]

use dashly_stats::estimate::FiellerSet;
use dashly_stats::proportion::{
    Proportion, fieller_lift, fisher_exact_p_value, log_ratio_lift, newcombe_interval,
};

use crate::close::assert_close;

fn arm(counts: [u64; 2]) -> Proportion {
    Proportion::new(counts[0], counts[1]).unwrap()
}

/// `confint_proportions_2indep(x2, n2, x1, n1, method="newcomb", compare="diff", alpha=1 - confidence)`
#[test]
fn newcombe_intervals_agree_with_statsmodels() {
    let table = [
        ([27, 254], [93, 246], 0.95, 0.1987598156156335, 0.3416448393431022),
        ([27, 254], [93, 246], 0.8, 0.22436240248838552, 0.3178154984801132),
        ([31, 263], [86, 237], 0.95, 0.17138674901818385, 0.3163456327430713),
        ([31, 263], [86, 237], 0.8, 0.19709095249069664, 0.2919424739510661),
        ([0, 50], [7, 50], 0.95, 0.03970266783477472, 0.2618619371058554),
        ([0, 50], [7, 50], 0.8, 0.07948820564432535, 0.21437868848183156),
        ([50, 50], [45, 50], 0.95, -0.2136023143747965, -0.008975448080590101),
        ([50, 50], [45, 50], 0.8, -0.16771280430926494, -0.04710180991078136),
        ([1, 10], [2, 10], 0.95, -0.2362249909083067, 0.4205364416410219),
        ([1, 10], [2, 10], 0.8, -0.11500672790333247, 0.3102541820471947),
        ([0, 10], [0, 20], 0.95, -0.2775327998628892, 0.16112515805281938),
        ([0, 10], [0, 20], 0.8, -0.14106868209054085, 0.0758869791107644),
        ([10, 10], [20, 20], 0.95, -0.16112515805281935, 0.27753279986288926),
        ([10, 10], [20, 20], 0.8, -0.07588697911076425, 0.14106868209054102),
        ([3, 7], [900, 1300], 0.95, -0.05825522314293535, 0.5351949635179485),
        ([3, 7], [900, 1300], 0.8, 0.033402973294910654, 0.4669625922288537),
        ([150000, 1000000], [151000, 1000000], 0.95, 8.909259501806415e-06, 0.0019910904982951786),
        ([150000, 1000000], [151000, 1000000], 0.8, 0.00035196127360585913, 0.0016480386228520721),
    ];
    for (control, treatment, confidence, low, high) in table {
        let found = newcombe_interval(arm(control), arm(treatment), confidence).unwrap();
        let what = format!("newcombe({control:?}, {treatment:?}, {confidence})");
        // statsmodels subtracts nearly equal numbers; a rate of exactly 0 or 1 leaves it with 1e-17.
        assert!((found.low - low).abs() < 1e-14, "{what}: {found:?}");
        assert!((found.high - high).abs() < 1e-14, "{what}: {found:?}");
    }
}

/// mpmath: `p2/p1 - 1, expm1(L - z*s), expm1(L + z*s)`, `L = log(p2) - log(p1)`, `s = sqrt(1/x1 - 1/n1 + 1/x2
/// - 1/n2)`
#[test]
fn the_log_ratio_lift_agrees_with_mpmath() {
    let table = [
        ([27, 254], [93, 246], 2.5564588979223126, 1.4056359832945295, 4.257819545619179),
        ([1, 10], [2, 10], 1.0, -0.7859521281389131, 17.687408406451834),
        (
            [150000, 1000000],
            [151000, 1000000],
            0.006666666666666667,
            5.9187040956574714e-05,
            0.01331780249549945,
        ),
        (
            [100000000000, 1000000000000],
            [100003000000, 1000000000000],
            3e-05,
            2.1684431460188023e-05,
            3.83156376869927e-05,
        ),
        ([3, 7], [900, 1300], 0.6153846153846154, -0.3138044627246296, 2.8028044687998634),
    ];
    for (control, treatment, estimate, low, high) in table {
        let found = log_ratio_lift(arm(control), arm(treatment), 0.95).unwrap();
        let what = format!("lift({control:?}, {treatment:?})");
        assert_close(found.estimate.unwrap(), estimate, 1e-13, &what);
        assert_close(found.low.unwrap(), low, 1e-12, &what);
        assert_close(found.high.unwrap(), high, 1e-12, &what);
    }
}

/// mpmath: both roots of `(p2 - r p1)^2 = z^2 (p2 (1 - p2) / n2 + r^2 p1 (1 - p1) / n1)`, minus 1
#[test]
fn fieller_sets_agree_with_mpmath() {
    let table = [
        ([27, 254], [93, 246], 1.4987131573316805, 4.650381584571409),
        ([15, 100], [15, 100], -0.5179450750447931, 1.074452408287129),
        ([150000, 1000000], [151000, 1000000], 5.921234609089003e-05, 0.013317948718152717),
        (
            [100000000000, 1000000000000],
            [100003000000, 1000000000000],
            2.168443146064445e-05,
            3.8315637687688714e-05,
        ),
    ];
    for (control, treatment, low, high) in table {
        let FiellerSet::Between(found) = fieller_lift(arm(control), arm(treatment), 0.95).unwrap() else {
            panic!("not an interval for {control:?}, {treatment:?}");
        };
        let what = format!("fieller({control:?}, {treatment:?})");
        // The root itself is near 1, so its distance from 1 loses the digits that a tiny lift has.
        assert!((found.low - low).abs() < 2e-15 * (1.0 + low.abs()) * 4.0, "{what}: {found:?}");
        assert!((found.high - high).abs() < 2e-15 * (1.0 + high.abs()) * 4.0, "{what}: {found:?}");
    }
}

/// `stats.fisher_exact([[x1, n1 - x1], [x2, n2 - x2]])[1]`
#[test]
fn fisher_p_values_agree_with_scipy() {
    let table = [
        ([1, 10], [2, 10], 1.0),
        ([0, 10], [7, 12], 0.0053475935828877),
        ([3, 7], [4, 7], 1.0),
        ([5, 10], [5, 10], 1.0),
        ([0, 50], [7, 50], 0.012479652740097668),
        ([27, 254], [93, 246], 7.325603697962881e-13),
        ([2, 30], [9, 25], 0.015018081469069734),
        ([1, 5000], [12, 5200], 0.0034724666847093756),
        ([10, 10], [20, 20], 1.0),
        ([400, 2000], [500, 2000], 0.00017588674126062213),
    ];
    for (control, treatment, p_value) in table {
        let found = fisher_exact_p_value(arm(control), arm(treatment)).unwrap();
        assert_close(found, p_value, 1e-11, &format!("fisher({control:?}, {treatment:?})"));
    }
}
