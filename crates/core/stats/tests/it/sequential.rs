//! Always-valid inference against the digits of an independent oracle: mpmath 1.4.1 in 50 digits.
//!
//! The oracle integrates the mixture by adaptive Gauss-Legendre quadrature in panels around the mode, finds the ends of
//! intervals by bisection, and takes the Dirichlet ratio from `loggamma`:
//!
//! ```python
//! ell = lambda th: sum(t * th - (c + t) * log(wc + wt * e**th) for wc, wt, c, t in epochs)  # wc + wt = 1
//! part = lambda mu, sd: quad(lambda th: e**(ell(th) - (th - mu)**2 / (2 * sd**2)), panels) / (sd * sqrt(2 * pi))
//! mixture = [(.375, .22, .12), (.375, -.22, .12), (.11, .8, .3), (.11, -.8, .3), (.03, 0, 1.2)]
//! log_evidence = log(sum(weight * part(mu, sd) for weight, mu, sd in mixture))
//! ends = solutions of ell(log(r)) == log_evidence + log(0.05)
//! ratio = lambda A: gamma(A) / gamma(A + n) * prod(gamma(A*s + x) / gamma(A*s) / s**x for s, x in zip(shares, counts))
//! mismatch = log((ratio(100) + ratio(10000)) / 2)
//! ```

use dashly_stats::sequential::{
    EpochConverters, EpochExposures, EpochOutcomes, NormalEstimate, asymptotic_confidence_sequence,
    log_evidence, log_mismatch_evidence, log_outcome_evidence, relative_rate_interval,
};

type Epochs = &'static [(f64, f64, u64, u64)];
type Exposures = &'static [(&'static [f64], &'static [u64])];

fn converters(epochs: Epochs) -> Vec<EpochConverters> {
    let epoch = |&(control_share, treatment_share, control, treatment)| EpochConverters {
        control_share,
        treatment_share,
        control,
        treatment,
    };
    epochs.iter().map(epoch).collect()
}

/// Within 1e-9 of the expected value, or of 1 where that is larger.
fn assert_close(found: f64, expected: f64, what: &str) {
    let error = (found - expected).abs();
    assert!(error <= 1e-9 * expected.abs().max(1.0), "{what}: {found:?}, expected {expected:?}");
}

/// Epochs (control share, treatment share, control converters, treatment converters), log evidence, interval at 5 %.
#[rustfmt::skip]
#[expect(clippy::unreadable_literal, reason = "digits as printed by mpmath, so that they can be searched for")]
const EVIDENCE: [(Epochs, f64, f64, Option<f64>); 23] = [
    (&[(0.5, 0.5, 0, 1)], -2.6765322818985096e-32, 0.02564102564102564, None),
    (&[(0.5, 0.5, 1, 0)], -2.6765322818985096e-32, 0.0, Some(39.0)),
    (&[(0.9, 0.1, 0, 1)], 0.08443432708133129, 0.049232411514442936, None),
    (&[(0.9, 0.1, 1, 0)], -0.009837270236180789, 0.0, Some(192.9771630463729)),
    (&[(0.5, 0.5, 0, 10)], 1.849585740265517, 0.8045813367735282, None),
    (&[(0.5, 0.5, 27, 93)], 15.835794243441933, 1.6533890877378739, Some(8.034378993058931)),
    (&[(0.5, 0.5, 100, 100)], -1.2309191177632317, 0.6619096603195052, Some(1.5107801864038335)),
    (&[(0.5, 0.5, 450, 540)], 2.361926211259207, 0.9865141440629132, Some(1.4613926424685584)),
    (&[(0.9, 0.1, 900, 130)], 2.212437080326946, 0.972677066306564, Some(1.7038549160922727)),
    (&[(0.5, 0.5, 0, 1000)], 674.1362395211506, 44.94259567478345, None),
    (&[(0.9, 0.1, 1000, 0)], 93.59213270472985, 0.0, Some(0.1338627882563856)),
    (&[(0.001, 0.999, 3, 700)], 0.3773026501139553, 0.05909954601805633, Some(2.781359766726643)),
    (&[(1.0, 1000000.0, 5, 1)], 14.477424686268403, 9.69243845454841e-32, Some(0.1006255368717274)),
    (&[(0.5, 0.5, 100, 150), (0.9, 0.1, 700, 100)], 5.4954024429867845, 1.063104340808397, Some(1.7470688551844995)),
    (&[(0.5, 0.5, 0, 40), (0.999, 0.001, 900, 1)], 13.664471825441808, 1.9037547979668992, Some(21.530484089776365)),
    (&[(0.5, 0.5, 3, 9), (0.25, 0.75, 20, 90), (0.875, 0.125, 60, 2)], -0.5702156546072215, 0.704448948923845, Some(1.9797300506741236)),
    (&[(0.5, 0.5, 1_000_000, 1_003_000)], -4.1236932500997305, 0.9968841537924236, Some(1.009153385537517)),
    (&[(0.5, 0.5, 1_000_000_000, 1_000_000_000)], -9.82432440947459, 0.9997735742596403, Some(1.0002264770205869)),
    (&[(0.5, 0.5, 500_000_000_000, 500_000_000_000)], -12.931628617394043, 0.9999887120662283, Some(1.0000112880611907)),
    (&[(0.5, 0.5, 500_000_000_000, 500_004_000_000)], -4.931662612147908, 0.9999967119977938, Some(1.0000192881296257)),
    (&[(0.75, 0.25, 750_000_000_000, 250_003_000_000)], 0.7121404308376483, 0.9999990247043213, Some(1.0000249754359773)),
    (&[(0.9, 0.1, 1_000_000_000_000, 1_000_000_000_000)], 1021651247513.1487, 8.999915902936651, Some(9.000084097849168)),
    (&[(0.5, 0.5, 1_000_000_000_000, 1), (0.9, 0.1, 0, 1_000_000_000_000)], 223143551299.86243, 2.9999708123310005, Some(3.0000291879569754)),
];

/// The same without the interval, whose ends keep five digits only where the ratio passes 1e9.
#[rustfmt::skip]
#[expect(clippy::unreadable_literal, reason = "digits as printed by mpmath, so that they can be searched for")]
const LOPSIDED: [(Epochs, f64); 2] = [
    (&[(0.5, 0.5, 1_000_000_000_000, 0)], 693147180324.3014),
    (&[(0.5, 0.5, 1, 1_000_000_000_000)], 693147180300.2103),
];

/// Epochs (shares, visitors) and log evidence of a mismatch.
#[rustfmt::skip]
#[expect(clippy::unreadable_literal, reason = "digits as printed by mpmath, so that they can be searched for")]
const MISMATCH: [(Exposures, f64); 16] = [
        (&[(&[0.5, 0.5], &[0, 1])], -3.0656611224757484e-47),
        (&[(&[0.5, 0.5], &[5, 5])], -0.023910451377338243),
        (&[(&[0.5, 0.5], &[400, 600])], 16.4057934562187),
        (&[(&[0.5, 0.5], &[0, 1000])], 558.046469061976),
        (&[(&[0.9, 0.1], &[900, 130])], 1.5121495583448152),
        (&[(&[0.9, 0.1], &[0, 7])], 1.0496526178755743),
        (&[(&[2.0, 1.0, 1.0], &[5000, 2600, 2400])], 0.7448623009133262),
        (&[(&[0.001, 0.999], &[12, 1000])], 14.357856587240041),
        (&[(&[0.5, 0.5], &[100, 130]), (&[0.9, 0.1], &[700, 60])], 0.9556582844168491),
        (&[(&[0.5, 0.5], &[1_000_000, 1_004_000])], 0.7234896589288876),
        (&[(&[0.5, 0.5], &[500_000_000_000, 500_000_000_000])], -9.80842712054941),
        (&[(&[0.5, 0.5], &[500_000_000_000, 500_004_000_000])], -1.8084611932036587),
        (&[(&[1.0, 2.0, 5.0], &[125_000_000_000, 250_003_000_000, 624_997_000_000])], 6.095850690173489),
        (&[(&[0.5, 0.5], &[1_000_000_000_000, 0])], 693147179392.2695),
        (&[(&[1.0, 1000000.0], &[1_000_000, 1_000_000_000_000])], -11.327044811358197),
        (&[(&[1.0, 1000000000.0], &[3, 1_000_000_000_000])], 967.7735909479974),
];

#[test]
fn the_evidence_agrees_with_quadrature_in_fifty_digits() {
    let all = EVIDENCE.iter().map(|(epochs, evidence, _, _)| (*epochs, *evidence)).chain(LOPSIDED);
    for (epochs, expected) in all {
        assert_close(log_evidence(&converters(epochs)).unwrap(), expected, &format!("{epochs:?}"));
    }
}

#[test]
fn the_ends_of_the_interval_agree_with_bisection_in_fifty_digits() {
    for (epochs, _, low, high) in EVIDENCE {
        let found = relative_rate_interval(&converters(epochs), 0.05).unwrap();
        assert!((found.low - low).abs() <= 1e-9 * low, "{epochs:?}: low {found:?}, expected {low:?}");
        assert_eq!(found.high.is_some(), high.is_some(), "{epochs:?}: {found:?}");
        if let (Some(found), Some(high)) = (found.high, high) {
            assert!((found - high).abs() <= 1e-9 * high, "{epochs:?}: high {found:?}, expected {high:?}");
        }
    }
}

#[test]
fn the_mismatch_evidence_agrees_with_gamma_functions_in_fifty_digits() {
    for (epochs, expected) in MISMATCH {
        let given: Vec<_> =
            epochs.iter().map(|(shares, exposures)| EpochExposures { shares, exposures }).collect();
        assert_close(log_mismatch_evidence(&given).unwrap(), expected, &format!("{epochs:?}"));
    }
}

/// mpmath as above, with `ell(th) = ell_converters(th) + ell_others(-odds * th)` and `odds = min(p / (1 - p), 1)`
#[test]
fn the_outcome_evidence_agrees_with_quadrature_in_forty_digits() {
    let table = [
        ([0.5, 0.5], [12, 31, 75, 60], 0.25, 2.901_963_799_589_626_4),
        ([0.9, 0.1], [900, 130, 8_100, 870], 0.1, 2.623_703_858_141_193_6),
        ([0.5, 0.5], [5, 5, 100, 100], 0.9, -1.261_516_621_995_437_7),
        ([0.5, 0.5], [1_000_000, 1_003_000, 9_000_000, 8_997_000], 0.1, -3.926_264_951_780_455),
        ([0.7, 0.3], [0, 9, 40, 3], 0.2, 7.954_134_295_883_144),
    ];
    for ([control_share, treatment_share], counts, expected_rate, expected) in table {
        let [control, treatment, control_others, treatment_others] = counts;
        let converters = EpochConverters { control_share, treatment_share, control, treatment };
        let given = EpochOutcomes { converters, control_others, treatment_others, expected_rate };
        assert_close(log_outcome_evidence(&[given]).unwrap(), expected, &format!("{given:?}"));
    }
}

/// The formula of the paper in 50 digits, with `rho2 = (-2 * log(alpha) + log(1 - 2 * log(alpha))) / planned`.
#[test]
fn asymptotic_intervals_agree_with_the_formula_in_fifty_digits() {
    let table = [
        (0.0, 1.0, 1, 0.05, 1_000, -27.603_506_407_296_14, 27.603_506_407_296_14),
        (2.5, 0.25, 1_000, 0.05, 1_000, 1.741_197_752_405_936_8, 3.258_802_247_594_063_2),
        (-0.01, 0.004, 5_000, 0.05, 20_000, -0.023_057_173_487_305_62, 0.003_057_173_487_305_620_6),
        (1.0, 0.001, 1_000_000, 0.001, 10_000, 0.995_391_510_076_894_6, 1.004_608_489_923_105_4),
    ];
    for (estimate, standard_error, observations, alpha, planned, low, high) in table {
        let given = NormalEstimate { estimate, standard_error, observations };
        let found = asymptotic_confidence_sequence(given, alpha, planned).unwrap();
        assert_close(found.low, low, &format!("{given:?}"));
        assert_close(found.high, high, &format!("{given:?}"));
    }
}
