//! Reference digits, printed by SciPy 1.17.1 (NumPy 2.4.6) and statsmodels 0.15.0 under Python 3.11.7.
//!
//! Above each table stands the Python expression of its last columns, with `from scipy import stats, special`
//! and `from statsmodels.stats.proportion import proportion_confint, proportions_ztest`; each number is its
//! `repr`. Where those libraries round, digits of mpmath 1.4.1 stand beside them, as noted there.
#![expect(
    clippy::unreadable_literal,
    reason = "digits stand exactly as printed, so that they can be searched for"
)]

use dashly_stats::{chi_squared, multinomial, normal, proportion, special};

use crate::close::assert_close;

/// `special.erfc(x)`
#[test]
fn erfc_agrees_with_scipy() {
    let table = [
        (-6.0, 2.0),
        (-1.0, 1.8427007929497148),
        (-0.25, 1.276326390168237),
        (0.0, 1.0),
        (1e-10, 0.999999999887162),
        (0.25, 0.7236736098317631),
        (0.49999, 0.47950891005668184),
        (0.5, 0.4795001221869535),
        (0.75, 0.2888443663464849),
        (1.0, 0.15729920705028516),
        (2.0, 0.004677734981047266),
        (3.5, 7.430983723414129e-07),
        (6.0, 2.1519736712498913e-17),
        (6.27, 7.506265664789418e-19),
        (6.29, 5.8207518672476105e-19),
        (10.0, 2.0884875837625446e-45),
        (20.0, 5.395865611607901e-176),
        (26.0, 5.663192408856145e-296),
    ];
    for (x, expected) in table {
        assert_close(special::erfc(x), expected, 1e-14, &format!("erfc({x})"));
    }
}

/// `special.erfcx(x)`
#[test]
fn scaled_erfc_agrees_with_scipy() {
    let table = [
        (0.0, 1.0),
        (0.25, 0.770346547730997),
        (0.5, 0.6156903441929258),
        (1.0, 0.427583576155807),
        (5.0, 0.11070463773306861),
        (6.27, 0.08887906325483164),
        (6.29, 0.08860319804778068),
        (30.0, 0.018795888861416754),
        (1000.0, 0.0005641893014533876),
        (100000000.0, 5.641895835477563e-09),
        (1e200, 5.641895835477563e-201),
    ];
    for (x, expected) in table {
        assert_close(special::scaled_erfc(x), expected, 2e-15, &format!("erfcx({x})"));
    }
}

/// `special.gammaincc(shape, x)`
#[test]
fn the_incomplete_gamma_function_agrees_with_scipy() {
    let table = [
        (0.5, 0.1, 0.6547208460185768),
        (0.5, 3.0, 0.014305878435429641),
        (1.0, 2.0, 0.1353352832366127),
        (2.5, 0.001, 0.9999999904914654),
        (2.5, 40.0, 8.391825114831597e-16),
        (15.9, 16.0, 0.4567200502709668),
        (16.1, 16.0, 0.4767694064477337),
        (50.0, 49.0, 0.5378956063990598),
        (50.0, 300.0, 2.41882858334655e-72),
        (1000.0, 1050.0, 0.05867111137731806),
        (10000.0, 9900.0, 0.8413488078064354),
        (5.0, 680.0, 4.286818946315919e-286),
        (0.5, 690.0, 4.661158455674e-302),
    ];
    for (shape, x, expected) in table {
        let found = special::upper_regularised_gamma(shape, x).unwrap();
        assert_close(found, expected, 1e-12, &format!("Q({shape}, {x})"));
    }
}

/// `stats.norm.sf(z)`
#[test]
fn the_normal_tail_agrees_with_scipy_down_to_1e_300() {
    let table = [
        (-40.0, 1.0),
        (-8.0, 0.9999999999999993),
        (-1.959963984540054, 0.975),
        (-0.3, 0.6179114221889526),
        (0.0, 0.5),
        (0.3, 0.3820885778110474),
        (0.71, 0.2388520680899867),
        (1.0, 0.15865525393145707),
        (1.959963984540054, 0.025),
        (3.0, 0.0013498980316300933),
        (5.0, 2.866515718791933e-07),
        (8.0, 6.22096057427174e-16),
        (12.5, 3.732564298877714e-36),
        (20.0, 2.7536241186061556e-89),
        (30.0, 4.906713927147908e-198),
        (37.0, 5.7255712225239266e-300),
    ];
    for (z, expected) in table {
        // From z = 20 on SciPy itself is off by up to 2e-13; the next test holds the exact digits.
        assert_close(normal::survival(z), expected, 2e-13, &format!("sf({z})"));
    }
}

/// mpmath, `m.mp.dps = 60`, `float(m.erfc(m.mpf(z) / m.sqrt(2)) / 2)`
#[test]
fn the_normal_tail_is_exact_to_fifteen_digits() {
    let table = [
        (5.0, 2.866515718791939e-07),
        (8.0, 6.220960574271784e-16),
        (12.5, 3.732564298877713e-36),
        (20.0, 2.7536241186062337e-89),
        (30.0, 4.906713927148187e-198),
        (37.0, 5.725571222524577e-300),
    ];
    for (z, expected) in table {
        assert_close(normal::survival(z), expected, 1e-15, &format!("sf({z})"));
    }
}

/// `stats.norm.ppf(p)`
#[test]
fn the_normal_quantile_agrees_with_scipy() {
    let table = [
        (1e-300, -37.0470962993612),
        (1e-100, -21.273453560965322),
        (1e-20, -9.262340089798409),
        (1e-05, -4.264890793922825),
        (0.001, -3.090232306167813),
        (0.025, -1.9599639845400545),
        (0.1, -1.2815515655446004),
        (0.3, -0.5244005127080409),
        (0.49, -0.02506890825871106),
        (0.5, 0.0),
        (0.51, 0.02506890825871106),
        (0.8, 0.8416212335729143),
        (0.975, 1.959963984540054),
        (0.999, 3.090232306167813),
        (0.999999999999, 7.0344869100478356),
    ];
    for (p, expected) in table {
        assert_close(normal::quantile(p).unwrap(), expected, 1e-14, &format!("ppf({p})"));
    }
}

/// `stats.norm.isf(q)`
#[test]
fn the_upper_normal_quantile_agrees_with_scipy() {
    let table = [
        (1e-300, 37.0470962993612),
        (1e-100, 21.273453560965322),
        (1e-16, 8.222082216130435),
        (1e-08, 5.612001244174789),
        (0.005, 2.575829303548901),
        (0.025, 1.9599639845400545),
        (0.05, 1.6448536269514729),
        (0.25, 0.6744897501960817),
        (0.4, 0.2533471031357997),
        (0.6, -0.2533471031357997),
        (0.9, -1.2815515655446004),
    ];
    for (q, expected) in table {
        assert_close(normal::upper_quantile(q).unwrap(), expected, 1e-14, &format!("isf({q})"));
    }
}

/// `stats.chi2.sf(statistic, degrees_of_freedom)`
#[test]
fn the_chi_squared_tail_agrees_with_scipy() {
    let table = [
        (0.0, 1, 1.0),
        (3.841458820694124, 1, 0.04999999999999989),
        (5.991464547107979, 2, 0.05000000000000007),
        (0.01, 3, 0.9997348349413444),
        (7.8, 4, 0.09918536608444149),
        (100.0, 1, 1.5239706048320995e-23),
        (1370.0, 1, 6.942937364643681e-300),
        (1370.0, 2, 3.22314539085071e-298),
        (1300.0, 5, 6.3873752344737004e-279),
        (25.0, 30, 0.7250318841806004),
        (40.0, 31, 0.12904034912939039),
        (60.0, 33, 0.00276681179507791),
        (150.0, 100, 0.0009039320423540184),
        (950.0, 1000, 0.8691240657456883),
        (21000.0, 20000, 4.275872455059654e-07),
    ];
    for (statistic, degrees_of_freedom, expected) in table {
        let found = chi_squared::survival(statistic, degrees_of_freedom).unwrap();
        assert_close(found, expected, 1e-12, &format!("chi2.sf({statistic}, {degrees_of_freedom})"));
    }
}

/// `proportion_confint(successes, trials, alpha=1 - confidence, method="wilson")`
#[test]
fn wilson_intervals_agree_with_statsmodels() {
    let table = [
        (0, 1, 0.95, 0.0, 0.7934506856227626),
        (1, 1, 0.95, 0.20654931437723745, 1.0),
        (0, 10, 0.95, 0.0, 0.2775327998628892),
        (10, 10, 0.95, 0.7224672001371107, 0.9999999999999999),
        (1, 10, 0.95, 0.017876213095072896, 0.4041500267952385),
        (5, 10, 0.9, 0.26927182113826714, 0.7307281788617328),
        (27, 254, 0.95, 0.07408905378916539, 0.15024049773155315),
        (93, 246, 0.95, 0.3197678453732069, 0.44007985851383813),
        (93, 246, 0.99, 0.3026044243179353, 0.45989869458112875),
        (999, 1000, 0.95, 0.9943574414020421, 0.9998234536293739),
        (15, 100000, 0.95, 9.09079268645651e-05, 0.00024749366178469963),
        (350000000000, 1000000000000, 0.95, 0.34999906515733714, 0.35000093484381534),
        (1, 1000000000000, 0.95, 1.7652455493517475e-13, 5.6649342657365116e-12),
        (999999999999, 1000000000000, 0.95, 0.9999999999943353, 0.9999999999998236),
    ];
    for (successes, trials, confidence, low, high) in table {
        let found = proportion::wilson_interval(successes, trials, confidence).unwrap();
        let what = format!("wilson({successes}, {trials}, {confidence})");
        // statsmodels takes the difference of nearly equal numbers for the lower end, hence not 1e-15.
        assert_close(found.low, low, 1e-13, &what);
        assert_close(found.high, high, 1e-13, &what);
    }
}

/// `z, p = proportions_ztest([s2, s1], [n2, n1], alternative="two-sided")` for `[s1, n1], [s2, n2]`, and
/// `s2/n2 - s1/n1` before it
#[test]
fn the_two_proportion_test_agrees_with_statsmodels() {
    let table = [
        ([27, 254], [93, 246], 0.27174956788937965, 7.113049891456659, 1.1350622335659386e-12),
        ([31, 263], [86, 237], 0.2449984758787762, 6.461124568909976, 1.039277206660545e-10),
        ([15, 100], [15, 100], 0.0, 0.0, 1.0),
        ([1, 10], [2, 10], 0.1, 0.6262242910851495, 0.5311678365460141),
        ([0, 50], [7, 50], 0.14, 2.743516305843672, 0.006078502928914419),
        ([50, 50], [45, 50], -0.09999999999999998, -2.2941573387056162, 0.021781462791119557),
        ([100, 1000], [130, 1000], 0.03, 2.102740605622114, 0.03548845046647471),
        ([1500, 10000], [3500, 10000], 0.19999999999999998, 32.659863237109036, 5.804914357085864e-234),
        ([400, 2000], [1200, 2000], 0.39999999999999997, 25.81988897471611, 5.302850374626942e-147),
        ([150000, 1000000], [151000, 1000000], 0.0010000000000000009, 1.9775845505952327, 0.0479755935608931),
        ([3, 7], [900, 1300], 0.26373626373626374, 1.5058918457181028, 0.13209494018355675),
    ];
    for ([s1, n1], [s2, n2], difference, z, p_value) in table {
        let found = test(s1, n1, s2, n2);
        let what = format!("{s1} of {n1} against {s2} of {n2}");
        assert_close(found.difference, difference, 1e-12, &what);
        assert_close(found.z, z, 1e-12, &what);
        assert_close(found.p_value, p_value, 1e-10, &what);
    }
}

/// statsmodels subtracts two rounded rates here and keeps eleven digits; exact, with mpmath, `m.mp.dps = 60`,
/// `p = (s1 + s2) / (n1 + n2)`, `z = (s2/n2 - s1/n1) / m.sqrt(p * (1 - p) * (1/n1 + 1/n2))`,
/// `float(z), float(m.erfc(abs(z) / m.sqrt(2)))`
#[test]
fn a_tiny_difference_of_huge_counts_keeps_its_digits() {
    let huge = test(100000000000, 1000000000000, 100003000000, 1000000000000);
    assert_close(huge.z, 7.071020671973182, 1e-14, "z of huge counts");
    assert_close(huge.p_value, 1.537982237510544e-12, 1e-12, "p of huge counts");
    let usual = test(27, 254, 93, 246);
    assert_close(usual.z, 7.113049891456661, 1e-14, "z of usual counts");
    assert_close(usual.p_value, 1.1350622335659295e-12, 1e-12, "p of usual counts");
}

/// `t = stats.chisquare(observed, [share * sum(observed) for share in shares])`, then `t.statistic, t.pvalue`
#[test]
fn the_goodness_of_fit_test_agrees_with_scipy() {
    let table: [(&[u64], &[f64], f64, f64); 9] = [
        (&[254, 246], &[0.5, 0.5], 0.128, 0.7205147871362552),
        (&[5000, 5300], &[0.5, 0.5], 8.737864077669903, 0.003116693839866867),
        (
            &[333, 333, 334],
            &[0.3333333333333333, 0.3333333333333333, 0.3333333333333333],
            0.002,
            0.999000499833375,
        ),
        (&[700, 100, 200], &[0.7, 0.1, 0.2], 0.0, 1.0),
        (&[800, 100, 100], &[0.7, 0.1, 0.2], 64.28571428571429, 1.097828523328732e-14),
        (&[0, 500], &[0.5, 0.5], 500.0, 9.505397766554137e-111),
        (&[10, 20, 30, 40, 50], &[0.2, 0.2, 0.2, 0.2, 0.2], 33.333333333333336, 1.020735571764047e-06),
        (&[500500000000, 499500000000], &[0.5, 0.5], 1000000.0, 0.0),
        (&[500000500000, 499999500000], &[0.5, 0.5], 1.0, 0.31731050786291115),
    ];
    for (observed, shares, statistic, p_value) in table {
        let found = multinomial::chi_square_test(observed, shares).unwrap();
        assert_close(found.statistic, statistic, 1e-9, &format!("statistic of {observed:?}"));
        assert_close(found.p_value, p_value, 1e-9, &format!("p-value of {observed:?}"));
    }
}

fn test(s1: u64, n1: u64, s2: u64, n2: u64) -> proportion::TwoProportionTest {
    let control = proportion::Proportion::new(s1, n1).unwrap();
    let treatment = proportion::Proportion::new(s2, n2).unwrap();
    proportion::two_proportion_test(control, treatment).unwrap()
}
