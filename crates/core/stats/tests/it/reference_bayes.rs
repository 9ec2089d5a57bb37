//! Reference digits of the comparison of two rates with uniform priors: mpmath 1.4.1 under Python 3.11.7.
#![expect(
    clippy::unreadable_literal,
    reason = "digits stand exactly as printed, so that they can be searched for"
)]

use dashly_stats::bayes::{BetaPosterior, BetaPrior, compare_rates, lift_interval};
use dashly_stats::proportion::Proportion;

use crate::close::assert_close;

fn posterior(counts: [u64; 2]) -> BetaPosterior {
    BetaPosterior::new(Proportion::new(counts[0], counts[1]).unwrap(), BetaPrior::default())
}

/// `[x1, n1], [x2, n2]`, then P(p2 > p1), E max(p1 - p2, 0), E max(p2 - p1, 0).
///
/// Up to some thousand trials the finite sum `Σ B(a1 + i, b1 + b2) / ((b2 + i) B(1 + i, b2) B(a1, b1))` over
/// i < a2 with 500 digits (E. Miller, *Formulas for Bayesian A/B Testing*, 2014), the losses from it with
/// raised shapes. Above, with 45 digits, the density of p2 - p1 by convolution of both beta densities
/// (trapezoidal rule), integrated over the difference by Gauss's rule; both ways agree to 1e-12 at ([3000,
/// 10000], [3100, 10000]).
#[test]
fn chance_and_losses_agree_with_mpmath() {
    let table = [
        ([27, 254], [93, 246], 0.9999999999997659, 1.2154165380796242e-15, 0.26965725806451735),
        ([0, 10], [0, 10], 0.5, 0.03985507246376811, 0.03985507246376811),
        ([0, 50], [7, 50], 0.9970963184218584, 5.150294061304069e-05, 0.13466688755599765),
        ([50, 50], [45, 50], 0.013374533329621623, 0.09639606604424446, 0.00024221989039830048),
        ([10, 10], [20, 20], 0.65625, 0.015151515151515152, 0.05303030303030303),
        ([1, 10], [2, 10], 0.706766917293233, 0.029503105590062112, 0.11283643892339544),
        ([3, 7], [900, 1300], 0.9350017966659271, 0.003894523963577099, 0.25146236830561497),
        ([100, 1000], [130, 1000], 0.9821650661163506, 9.237449150470706e-05, 0.03003249425198375),
        ([400, 2000], [700, 2000], 1.0, 9.155017885123053e-30, 0.14985014985014986),
        ([700, 2000], [100, 2000], 8.270947489979361e-137, 0.2997002997002997, 4.399422987822908e-140),
        ([0, 1], [0, 1000000], 1.999994000018e-06, 0.3333323333373333, 1.9999880000559998e-12),
        ([5, 20], [40, 3000], 4.0674510990023e-07, 0.25906971202960016, 9.279103738712011e-10),
        ([900, 1000], [5, 5], 0.47049702344240396, 0.06806394554106288, 0.02600520587753279),
        (
            [150000, 1000000],
            [151000, 1000000],
            0.9760121060236894,
            4.558328085951894e-06,
            0.0010045563280899519,
        ),
        (
            [100000000000, 1000000000000],
            [100003000000, 1000000000000],
            0.9999999999992311,
            4.4455961375434704e-20,
            2.9999999999940446e-06,
        ),
        (
            [500000000000, 1000000000000],
            [1000003000000, 2000000000000],
            0.9928470607823615,
            1.4336345058159231e-09,
            1.501433634504316e-06,
        ),
        (
            [100000, 1000000],
            [1001000000, 10000000000],
            0.6298443159039152,
            7.66059159526927e-05,
            0.00017580599753268947,
        ),
        (
            [350000, 1000000],
            [340000, 1000000],
            2.3909479005349964e-50,
            0.00999998000004,
            1.0710349965248909e-54,
        ),
    ];
    for (control, treatment, chance, of_treatment, of_control) in table {
        let found = compare_rates(posterior(control), posterior(treatment));
        let what = format!("{control:?}, {treatment:?}");
        assert_close(found.chance_to_beat_control, chance, 1e-11, &what);
        assert_close(found.expected_loss_of_treatment, of_treatment, 1e-11, &what);
        assert_close(found.expected_loss_of_control, of_control, 1e-11, &what);
    }
}

/// The roots r of `∫ f1(x) I_{r x}(a2, b2) dx = 0.025` and `0.975`, minus 1, by `m.quad` and `m.findroot`
#[test]
fn lift_intervals_agree_with_mpmath() {
    let table = [
        ([27, 254], [93, 246], 1.4165328579901908, 4.247649885238755),
        ([1, 10], [2, 10], -0.7101144117658217, 10.900884058605463),
        ([8, 10], [10, 10], -0.12392085094770877, 0.9336874403015315),
        ([5, 20], [0, 15], -0.9941945931815575, -0.022067124431711497),
        ([0, 10], [3, 10], -0.20445323061651566, 143.7351256131952),
    ];
    for (control, treatment, low, high) in table {
        let found = lift_interval(posterior(control), posterior(treatment), 0.95).unwrap();
        let what = format!("lift of {control:?}, {treatment:?}");
        assert_close(found.low, low, 1e-9, &what);
        assert_close(found.high, high, 1e-9, &what);
    }
}
