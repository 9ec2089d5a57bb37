//! Laws of the converters' evidence and interval: fair bets under the null, symmetries, agreement, extremes.

use dashly_stats::StatsError;
use dashly_stats::sequential::*;
use proptest::prelude::*;

pub(crate) fn epoch(
    control_share: f64,
    treatment_share: f64,
    control: u64,
    treatment: u64,
) -> EpochConverters {
    EpochConverters { control_share, treatment_share, control, treatment }
}

pub(crate) fn evidence(epochs: &[EpochConverters]) -> f64 {
    log_evidence(epochs).unwrap()
}

pub(crate) fn any_count() -> impl Strategy<Value = u64> {
    prop_oneof![
        Just(0),
        Just(1),
        0_u64..30,
        0_u64..5_000,
        0_u64..1_000_000_000,
        Just(1_000_000_000_000),
        Just(u64::MAX)
    ]
}

/// Whether accuracy is promised; beyond it, only a number is.
pub(crate) fn are_within_range(counts: &[u64]) -> bool {
    counts.iter().all(|count| *count <= 1_000_000_000_000)
}

pub(crate) fn any_epoch() -> impl Strategy<Value = EpochConverters> {
    let share =
        || prop_oneof![Just(1.0), Just(0.1), 0.01..1.0, Just(1e-6), Just(1e6), Just(1e-300), Just(1e300)];
    (share(), share(), any_count(), any_count()).prop_map(
        |(control_share, treatment_share, control, treatment)| {
            epoch(control_share, treatment_share, control, treatment)
        },
    )
}

fn usual_epoch() -> impl Strategy<Value = EpochConverters> {
    (0.05..0.95, 0_u64..3_000, 0_u64..3_000)
        .prop_map(|(share, control, treatment)| epoch(1.0 - share, share, control, treatment))
}

fn swapped(epochs: &[EpochConverters]) -> Vec<EpochConverters> {
    epochs.iter().map(|e| epoch(e.treatment_share, e.control_share, e.treatment, e.control)).collect()
}

/// The definition of an e-process, with nothing left out: the mean over all label sequences, each with its
/// probability under the design, is 1 at every length.
#[test]
fn the_mean_evidence_over_all_label_sequences_is_one() {
    let shares = [0.3, 0.85];
    for length in [1_u32, 2, 3, 5, 8, 14] {
        let mut mean = 0.0;
        for labels in 0..1_u32 << length {
            let mut probability = 1.0;
            let mut epochs = shares.map(|share| epoch(1.0 - share, share, 0, 0));
            for place in 0..length {
                // The epochs take turns: one, one, the other, one, one, …
                let now = usize::from(place % 3 == 2);
                if labels >> place & 1 == 1 {
                    epochs[now].treatment += 1;
                    probability *= epochs[now].treatment_share;
                } else {
                    epochs[now].control += 1;
                    probability *= epochs[now].control_share;
                }
            }
            mean += probability * evidence(&epochs).exp();
        }
        assert!((mean - 1.0).abs() < 1e-10, "length {length}: {mean}");
    }
}

proptest! {
    /// One more converter leaves the evidence as it is on average: also far from the start.
    #[test]
    fn the_next_label_is_a_fair_bet(one in usual_epoch(), other in usual_epoch()) {
        let now = evidence(&[one, other]);
        let with_control = evidence(&[EpochConverters { control: one.control + 1, ..one }, other]);
        let with_treatment = evidence(&[EpochConverters { treatment: one.treatment + 1, ..one }, other]);
        let mean = one.control_share * (with_control - now).exp() + one.treatment_share * (with_treatment - now).exp();
        prop_assert!((mean - 1.0).abs() < 1e-9, "{mean}");
    }

    #[test]
    fn exchanged_labels_of_one_epoch_give_the_same_bits(one in any_epoch()) {
        prop_assert_eq!(evidence(&[one]).to_bits(), evidence(&swapped(&[one])).to_bits());
    }

    #[test]
    fn exchanged_labels_turn_the_interval_over(epochs in proptest::collection::vec(usual_epoch(), 1..4)) {
        let there = relative_rate_interval(&epochs, 0.05).unwrap();
        let back = relative_rate_interval(&swapped(&epochs), 0.05).unwrap();
        if let Some(high) = there.high {
            prop_assert!((back.low * high - 1.0).abs() < 1e-9, "{there:?} {back:?}");
        }
        prop_assert_eq!(there.low > 0.0, back.high.is_some());
    }

    #[test]
    fn the_order_of_epochs_changes_no_bit(epochs in proptest::collection::vec(any_epoch(), 2..5)) {
        let mut turned = epochs.clone();
        turned.rotate_left(1);
        prop_assert_eq!(evidence(&epochs).to_bits(), evidence(&turned).to_bits());
        prop_assert_eq!(relative_rate_interval(&epochs, 0.05), relative_rate_interval(&turned, 0.05));
    }

    #[test]
    fn epochs_of_one_design_are_one_epoch(one in usual_epoch(), control in 0_u64..500, treatment in 0_u64..500) {
        // The same shares in other units: half of each weight.
        let again = epoch(0.5 * one.control_share, 0.5 * one.treatment_share, control, treatment);
        let together = EpochConverters {
            control: one.control + control,
            treatment: one.treatment + treatment,
            ..one
        };
        prop_assert_eq!(evidence(&[one, again]).to_bits(), evidence(&[together]).to_bits());
    }

    #[test]
    fn epochs_that_tell_nothing_change_no_bit(one in any_epoch(), visitors in 0_u64..99) {
        let silent = [epoch(1.0, 0.0, visitors, 0), one, epoch(0.3, 0.7, 0, 0), epoch(0.0, 2.0, 0, visitors)];
        prop_assert_eq!(evidence(&silent).to_bits(), evidence(&[one]).to_bits());
    }

    #[test]
    fn no_count_gives_anything_but_a_number(epochs in proptest::collection::vec(any_epoch(), 0..4)) {
        let found = evidence(&epochs);
        prop_assert!(found.is_finite());
        let counts: Vec<u64> = epochs.iter().flat_map(|epoch| [epoch.control, epoch.treatment]).collect();
        let largest = largest_log_evidence(&epochs).unwrap();
        prop_assert!(found <= largest * (1.0 + 1e-9) + 1e-9 || !are_within_range(&counts));
        prop_assert!((0.0..=1.0).contains(&anytime_p_value(found)));
        for alpha in [0.05, 1e-300, 0.999] {
            let interval = relative_rate_interval(&epochs, alpha).unwrap();
            prop_assert!(interval.low.is_finite() && interval.low >= 0.0, "{interval:?}");
            prop_assert!(interval.high.is_none_or(|high| high.is_finite() && high >= interval.low), "{interval:?}");
        }
    }

    #[test]
    fn one_is_outside_of_the_interval_exactly_when_the_evidence_decides(
        epochs in proptest::collection::vec(prop_oneof![usual_epoch(), any_epoch()], 0..4),
        alpha in prop_oneof![Just(0.05), 1e-6..0.999],
    ) {
        let decides = evidence(&epochs) >= -f64::ln(alpha);
        prop_assert_eq!(!relative_rate_interval(&epochs, alpha).unwrap().contains(1.0), decides);
    }

    /// Also where the evidence lies at the level within rounding.
    #[test]
    fn one_is_outside_exactly_when_the_evidence_decides_at_its_own_level(one in usual_epoch()) {
        let found = evidence(&[one]);
        prop_assume!(found > 0.01 && found < 700.0);
        for alpha in [(-found).exp(), (-found).exp().next_up(), (-found).exp().next_down()] {
            let decides = found >= -alpha.ln();
            prop_assert_eq!(!relative_rate_interval(&[one], alpha).unwrap().contains(1.0), decides);
        }
    }

    #[test]
    fn the_interval_contains_the_observed_ratio(one in usual_epoch(), alpha in 0.001..0.5) {
        prop_assume!(one.control > 0);
        let [control, treatment] = [one.control, one.treatment].map(|count| f64::from(u32::try_from(count).unwrap()));
        let ratio = (treatment / one.treatment_share) / (control / one.control_share);
        let interval = relative_rate_interval(&[one], alpha).unwrap();
        prop_assert!(interval.contains(ratio) || treatment < 1.0, "{interval:?} {ratio}");
    }

    #[test]
    fn a_smaller_alpha_never_narrows_an_interval(epochs in proptest::collection::vec(usual_epoch(), 1..3), alpha in 0.001..0.9) {
        let (wide, narrow) = (relative_rate_interval(&epochs, 0.5 * alpha).unwrap(), relative_rate_interval(&epochs, alpha).unwrap());
        prop_assert!(wide.low <= narrow.low);
        prop_assert!(wide.high.is_none_or(|wide| narrow.high.is_some_and(|narrow| narrow <= wide)));
    }

    /// Treatment labels in place of control labels move both ends upwards.
    #[test]
    fn the_ends_rise_with_the_treatment(one in usual_epoch(), moved in 1_u64..50) {
        prop_assume!(one.control > moved);
        let more = EpochConverters { control: one.control - moved, treatment: one.treatment + moved, ..one };
        let (before, after) = (relative_rate_interval(&[one], 0.05).unwrap(), relative_rate_interval(&[more], 0.05).unwrap());
        prop_assert!(before.low < after.low && before.high < after.high, "{before:?} {after:?}");
    }
}

#[test]
fn without_converters_nothing_is_known() {
    let interval = relative_rate_interval(&[], 0.05).unwrap();
    assert_eq!((interval.low.to_bits(), interval.high), (0.0_f64.to_bits(), None));
    assert_eq!(evidence(&[epoch(0.5, 0.5, 0, 0)]).to_bits(), 0.0_f64.to_bits());
    assert_eq!(anytime_p_value(0.0).to_bits(), 1.0_f64.to_bits());
}

#[test]
fn impossible_labels_and_shares_are_refused() {
    let refused = |epochs: &[EpochConverters]| log_evidence(epochs).unwrap_err();
    assert_eq!(refused(&[epoch(1.0, 0.0, 5, 3)]), StatsError::CountWithoutShare { visitors: 3 });
    assert!(matches!(refused(&[epoch(f64::NAN, 1.0, 0, 0)]), StatsError::Negative { .. }));
    assert!(matches!(refused(&[epoch(1.0, -1.0, 0, 0)]), StatsError::Negative { .. }));
    assert!(relative_rate_interval(&[], 1.0).is_err());
    let uneven = EpochExposures { shares: &[1.0, 1.0], exposures: &[1] };
    assert!(matches!(log_mismatch_evidence(&[uneven]), Err(StatsError::LengthsDiffer { .. })));
    let given = NormalEstimate { estimate: 1.0, standard_error: 1.0, observations: 0 };
    assert_eq!(asymptotic_confidence_sequence(given, 0.05, 10), Err(StatsError::NoTrials));
    let endless = NormalEstimate { estimate: f64::NAN, observations: 1, ..given };
    assert!(matches!(asymptotic_confidence_sequence(endless, 0.05, 10), Err(StatsError::NotFinite { .. })));
}

/// 400 A/A tests at 90/10 with a look after each of 1,000 converters; `make bench-experiments` does it in full.
#[test]
fn equal_rates_are_seldom_called_different() {
    let mut state = 20_260_101_u64;
    let mut uniform = move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        f64::from(u32::try_from((mixed ^ (mixed >> 31)) >> 32).unwrap()) / 4_294_967_296.0
    };
    let needed = -f64::ln(0.05);
    let mut decided = 0;
    for _ in 0..400 {
        let mut counts = epoch(0.9, 0.1, 0, 0);
        for _ in 0..1_000 {
            if uniform() < 0.1 {
                counts.treatment += 1;
            } else {
                counts.control += 1;
            }
            if largest_log_evidence(&[counts]).unwrap() >= needed && evidence(&[counts]) >= needed {
                decided += 1;
                break;
            }
        }
    }
    assert!((1..=20).contains(&decided), "{decided} of 400");
}
