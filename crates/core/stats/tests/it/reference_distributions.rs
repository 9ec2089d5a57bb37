//! Reference digits of special functions and distributions: mpmath 1.4.1 with fifty or more digits under
//! Python 3.11.7, and SciPy 1.17.1 where it says so. Above each table stands the Python expression of its
//! last columns; each number is `repr(float(…))`.
#![expect(
    clippy::unreadable_literal,
    reason = "digits stand exactly as printed, so that they can be searched for"
)]

use dashly_stats::hypergeometric::Hypergeometric;
use dashly_stats::{beta, special, student_t};

use crate::close::assert_close;

/// `m.loggamma(m.mpf(x))`
#[test]
fn ln_gamma_agrees_with_mpmath() {
    let table = [
        (1e-300, 690.7755278982137),
        (1e-10, 23.025850929882736),
        (0.1, 2.252712651734206),
        (0.3, 1.0957979948180756),
        (0.4999, 0.5725613186041184),
        (0.5, 0.5723649429247001),
        (0.9, 0.06637623973474295),
        (0.999999, 5.772164873855652e-07),
        (1.0, 0.0),
        (1.0000001, -5.772155829918507e-08),
        (1.3, -0.10817480950786047),
        (1.4616321449683622, -0.12148629053584961),
        (1.5, -0.12078223763524522),
        (1.9999999, -4.2278430309861296e-08),
        (2.0, 0.0),
        (2.00001, 4.22787559764836e-06),
        (2.4, 0.21685932244884157),
        (2.6, 0.35741186354897986),
        (3.25, 0.9358019311087253),
        (7.5, 7.534364236758733),
        (15.9, 27.625493215168692),
        (16.1, 28.173694494813546),
        (100.0, 359.1342053695754),
        (1000000.0, 12815504.569147611),
        (1000000000000.0, 26631021115915.652),
        (1e+300, 6.897755278982137e+302),
    ];
    for (x, expected) in table {
        assert_close(special::ln_gamma(x).unwrap(), expected, 1e-14, &format!("ln_gamma({x})"));
    }
}

/// `m.betainc(a, b, 0, x, regularized=True), m.betainc(a, b, x, 1, regularized=True)`; above 3000 for the sum
/// of the shapes `m.quad` of the density from x outwards, the other tail being `1 - ` that
#[test]
fn the_incomplete_beta_function_agrees_with_mpmath() {
    let table = [
        (0.5, 0.5, 0.3, 0.36901011956554536, 0.6309898804344546),
        (0.5, 0.5, 1e-300, 6.366197723675813e-151, 1.0),
        (0.5, 2.0, 0.9, 0.9961174629530395, 0.0038825370469605085),
        (1.0, 1.0, 0.25, 0.25, 0.75),
        (1.0, 1000001.0, 1e-06, 0.6321211106476121, 0.3678788893523879),
        (2.0, 1000000.0, 3e-05, 0.9999999999971004, 2.8995579995080285e-12),
        (2.5, 3.5, 0.999, 0.9999999997548714, 2.451285660157063e-10),
        (3.0, 4.0, 1e-100, 2.0000000000000002e-299, 1.0),
        (10.0, 20.0, 0.05, 8.109121873645948e-07, 0.9999991890878126),
        (10.0, 20.0, 0.9, 0.9999999999999593, 4.072505681094833e-14),
        (28.0, 228.0, 0.15, 0.9742216112890814, 0.025778388710918643),
        (94.0, 154.0, 0.25, 3.9659144409662125e-06, 0.999996034085559),
        (94.0, 154.0, 0.7, 1.0, 9.264791563317124e-26),
        (500.0, 500.0, 0.65, 1.0, 1.3806994409575402e-22),
        (990.0, 1010.0, 0.45, 2.729013306936065e-05, 0.9999727098669307),
        (1010.0, 1010.0, 0.52, 0.9639331690991944, 0.036066830900805674),
        (1500.0, 4000.0, 0.25, 5.901154430430633e-05, 0.9999409884556957),
        (1500.0, 4000.0, 0.5, 1.0, 9.450364671390221e-259),
        (20000.0, 30000.0, 0.401, 0.6761340986578476, 0.3238659013421525),
        (20000.0, 30000.0, 0.35, 1.845099761067979e-119, 1.0),
        (200.0, 30000.0, 0.01, 0.9999999998583263, 1.41673678900899e-10),
        // Far below the mean, by the series of *NIST Digital Library of Mathematical Functions*, 8.17.8, with 60 digits.
        (1001.0, 1e6, 0.00023399976623399979, 4.739713180831017e-301, 1.0),
        (2000.0, 5e5, 0.0015936254980079682, 6.608367853278992e-278, 1.0),
    ];
    for (a, b, x, lower, upper) in table {
        let what = format!("beta({a}, {b}) at {x}");
        assert_close(special::lower_regularised_beta(a, b, x).unwrap(), lower, 1e-12, &what);
        assert_close(special::upper_regularised_beta(a, b, x).unwrap(), upper, 1e-12, &what);
        assert_close(beta::cdf(x, a, b).unwrap(), lower, 1e-12, &what);
        assert_close(beta::survival(x, a, b).unwrap(), upper, 1e-12, &what);
    }
}

/// `m.findroot(lambda t: m.log(m.betainc(a, b, 0, m.exp(t), regularized=True) / p), …)`; for a = 1
/// `-m.expm1(m.log1p(-p) / b)`; above 3000 for the sum of the shapes SciPy's `stats.beta.ppf(p, a, b)`
#[test]
fn beta_quantiles_agree_with_mpmath_and_scipy() {
    let table = [
        (0.025, 1.0, 11.0, 0.0022989722138142673),
        (0.975, 1.0, 11.0, 0.2849141529181544),
        (0.025, 28.0, 228.0, 0.0742152347427338),
        (0.975, 28.0, 228.0, 0.1503065784827399),
        (0.5, 94.0, 154.0, 0.3787065716944802),
        (1e-10, 94.0, 154.0, 0.2027000098375095),
        (1e-100, 5.0, 3.0, 5.439464428888785e-21),
        (0.025, 0.5, 10.5, 4.7890433157581896e-05),
        (0.999, 0.5, 0.5, 0.999997532600929),
        (0.025, 1.0, 1000000000001.0, 2.5317807984264238e-14),
        (0.3, 1501.0, 8501.0, 0.14818051992838377),
        (0.975, 150001.0, 850001.0, 0.15070121004059694),
    ];
    for (p, a, b, expected) in table {
        assert_close(beta::quantile(p, a, b).unwrap(), expected, 1e-12, &format!("ppf({p}, {a}, {b})"));
    }
}

/// `m.betainc(v / 2, 1 / 2, 0, v / (v + t * t), regularized=True) / 2`; from v = 20000 on `m.quad` of the
/// density
#[test]
fn the_t_tail_agrees_with_mpmath() {
    let table = [
        (0.0, 5.0, 0.5),
        (0.5, 1.0, 0.35241638234956674),
        (1e-08, 3.0, 0.499999996324474),
        (1.0, 1.0, 0.25),
        (2.0, 1.5, 0.11209416517802553),
        (2.228, 10.0, 0.025005885908555684),
        (-2.228, 10.0, 0.9749941140914443),
        (40.0, 3.0, 1.7190340394579263e-05),
        (10000000000.0, 1.0, 3.1830988618379065e-11),
        (1e+200, 1.0, 3.1830988618379067e-201),
        (12.0, 30.0, 2.790092707599628e-13),
        (8.0, 100.5, 1.1061826442320778e-12),
        (1.96, 10000.0, 0.025011760115916524),
        (20.0, 1000.0, 2.0311442497623856e-75),
        (37.0, 100000.0, 5.98731412171233e-298),
        (5.0, 1000000000.0, 2.8665162019758144e-07),
        (36.0, 10000000000000.0, 4.1826242416982747e-284),
    ];
    for (t, v, expected) in table {
        assert_close(student_t::survival(t, v).unwrap(), expected, 1e-12, &format!("sf({t}, {v})"));
    }
}

/// The root of the function above; for v above 1e5 SciPy's `stats.t.isf(q, v)`
#[test]
fn t_quantiles_agree_with_mpmath_and_scipy() {
    let table = [
        (0.025, 1.0, 12.706204736174705),
        (0.025, 2.3, 3.807163208232132),
        (0.025, 10.0, 2.228138851986275),
        (0.3, 10.0, 0.5415280387550157),
        (0.45, 4.0, 0.13383036711194332),
        (0.4999999, 7.0, 2.597460275720376e-07),
        (0.9, 3.0, -1.6377443536962104),
        (1e-10, 5.0, 156.8255927088943),
        (1e-300, 1.0, 3.1830988618379066e+299),
        (1e-200, 30.0, 23290831.507991146),
        (0.005, 1000000.0, 2.5758342201053344),
        (0.025, 1000000000000000.0, 1.9599639845400567),
        (1e-12, 499.37, 7.216164444090271),
    ];
    for (q, v, expected) in table {
        let found = student_t::upper_quantile(q, v).unwrap();
        // Near the median the value itself is a difference: absolute there.
        let tolerance = if q > 0.49 { 1e-8 } else { 1e-12 };
        assert_close(found, expected, tolerance, &format!("isf({q}, {v})"));
    }
}

/// Exact fractions of Python's `math.comb`: probability of `hits`, of at most and of at least so many
#[test]
fn the_hypergeometric_distribution_agrees_with_exact_fractions() {
    let table = [
        (5, 5, 5, 2, 0.3968253968253968, 0.5, 0.8968253968253969),
        (10, 90, 20, 5, 0.021531469960251768, 0.9960669235332087, 0.025464546427043124),
        (10, 90, 20, 0, 0.09511627243078842, 0.09511627243078842, 1.0),
        (3, 100, 50, 3, 0.11082775896093322, 1.0, 0.11082775896093322),
        (120, 380, 254, 27, 3.5311694991435815e-13, 4.36057272685744e-13, 0.9999999999999171),
        (120, 380, 254, 93, 5.808706720085197e-12, 0.9999999999984824, 7.326217946412876e-12),
        (0, 10, 5, 0, 1.0, 1.0, 1.0),
        (700, 1300, 1000, 351, 0.037225738535555795, 0.5559205044281119, 0.48130523410744386),
        (2000, 2000, 2000, 1100, 5.079227150214091e-11, 0.999999999900048, 1.5074436257524568e-10),
    ];
    for (marked, unmarked, drawn, hits, probability, lower, upper) in table {
        let found = Hypergeometric::new(marked, unmarked, drawn).unwrap();
        let what = format!("{hits} of {marked} + {unmarked}, {drawn} drawn");
        assert_close(found.probability(hits), probability, 1e-12, &what);
        assert_close(found.lower_tail(hits), lower, 1e-12, &what);
        assert_close(found.upper_tail(hits), upper, 1e-12, &what);
    }
}
