//! Laws of the evidence from all outcomes, of the mismatch evidence and of asymptotic intervals.

use crate::sequential_laws::{any_count, any_epoch, are_within_range, epoch, evidence};
use dashly_stats::proportion::Proportion;
use dashly_stats::sequential::*;
use proptest::prelude::*;

#[test]
fn the_mean_mismatch_evidence_over_all_sequences_is_one() {
    let shares: [&[f64]; 2] = [&[0.5, 0.3, 0.2], &[0.1, 0.2, 0.7]];
    for length in [1_u32, 2, 4, 8] {
        let mut mean = 0.0;
        for sequence in 0..3_u32.pow(length) {
            let mut probability = 1.0;
            let mut exposures = [[0_u64; 3]; 2];
            let mut rest = sequence;
            for place in 0..length {
                let now = usize::from(place % 3 == 2);
                let arm = usize::try_from(rest % 3).unwrap();
                rest /= 3;
                exposures[now][arm] += 1;
                probability *= shares[now][arm];
            }
            let [first, second] =
                [0, 1].map(|now| EpochExposures { shares: shares[now], exposures: &exposures[now] });
            mean += probability * log_mismatch_evidence(&[first, second]).unwrap().exp();
        }
        assert!((mean - 1.0).abs() < 1e-10, "length {length}: {mean}");
    }
}

fn outcomes(counts: [u64; 4], expected_rate: f64) -> EpochOutcomes {
    let [control, treatment, control_others, treatment_others] = counts;
    EpochOutcomes {
        converters: epoch(0.7, 0.3, control, treatment),
        control_others,
        treatment_others,
        expected_rate,
    }
}

/// For any outcomes, and for any expectation of their rate.
#[test]
fn the_mean_outcome_evidence_over_all_label_sequences_is_one() {
    for (converters, others, expected_rate) in [(3_u32, 7_u32, 0.3), (0, 9, 0.05), (6, 5, 0.9), (2, 10, 0.02)]
    {
        let mut mean = 0.0;
        for labels in 0..1_u32 << (converters + others) {
            let treatment = (labels & ((1 << converters) - 1)).count_ones();
            let treatment_others = labels.count_ones() - treatment;
            let [control, control_others] = [converters - treatment, others - treatment_others];
            let counts = [control, treatment, control_others, treatment_others].map(u64::from);
            let probability = f64::powf(0.7, f64::from(control + control_others))
                * f64::powf(0.3, f64::from(treatment + treatment_others));
            mean += probability * log_outcome_evidence(&[outcomes(counts, expected_rate)]).unwrap().exp();
        }
        assert!((mean - 1.0).abs() < 1e-10, "{converters} and {others}: {mean}");
    }
}

proptest! {
    #[test]
    fn the_next_visitor_is_a_fair_bet(counts in proptest::array::uniform3(0_u64..100_000), cut in 0.02..0.5) {
        let shares = [cut, 0.4 * (1.0 - cut), 0.6 * (1.0 - cut)];
        let of = |exposures: [u64; 3]| {
            log_mismatch_evidence(&[EpochExposures { shares: &shares, exposures: &exposures }]).unwrap()
        };
        let now = of(counts);
        let mean: f64 = (0..3)
            .map(|arm| {
                let mut next = counts;
                next[arm] += 1;
                shares[arm] * (of(next) - now).exp()
            })
            .sum();
        prop_assert!((mean - 1.0).abs() < 1e-8, "{mean}");
    }

    /// Of either kind, also far from the start.
    #[test]
    fn the_next_outcome_is_a_fair_bet(
        counts in proptest::array::uniform4(0_u64..20_000),
        expected_rate in 0.001..0.999,
        converts in any::<bool>(),
    ) {
        let of = |counts| log_outcome_evidence(&[outcomes(counts, expected_rate)]).unwrap();
        let (mut control, mut treatment) = (counts, counts);
        let first = if converts { 0 } else { 2 };
        control[first] += 1;
        treatment[first + 1] += 1;
        let mean = 0.7 * (of(control) - of(counts)).exp() + 0.3 * (of(treatment) - of(counts)).exp();
        prop_assert!((mean - 1.0).abs() < 1e-9, "{mean}");
    }

    #[test]
    fn outcomes_without_others_are_converters(one in any_epoch(), expected_rate in 0.001..0.999) {
        let same = EpochOutcomes { converters: one, control_others: 0, treatment_others: 0, expected_rate };
        prop_assert_eq!(log_outcome_evidence(&[same]).unwrap().to_bits(), evidence(&[one]).to_bits());
    }

    #[test]
    fn no_outcomes_give_anything_but_a_number(
        one in any_epoch(), control_others in any_count(), treatment_others in any_count(), expected_rate in 1e-9..0.999,
    ) {
        let all = [EpochOutcomes { converters: one, control_others, treatment_others, expected_rate }];
        let found = log_outcome_evidence(&all).unwrap();
        prop_assert!(found.is_finite());
        let counts = [one.control, one.treatment, control_others, treatment_others];
        let largest = largest_log_outcome_evidence(&all).unwrap();
        prop_assert!(found <= largest * (1.0 + 1e-9) + 1e-9 || !are_within_range(&counts));
    }

    #[test]
    fn no_exposures_give_anything_but_a_number(
        arms in proptest::collection::vec((prop_oneof![Just(1.0), 0.01..1.0, Just(1e-300), Just(0.0), Just(1e300)], any_count()), 0..5),
    ) {
        let (shares, exposures): (Vec<f64>, Vec<u64>) = arms.iter().copied().unzip();
        let found = log_mismatch_evidence(&[EpochExposures { shares: &shares, exposures: &exposures }]).unwrap();
        prop_assert!(found.is_finite());
        let impossible = arms.iter().any(|(share, visitors)| *share <= 0.0 && *visitors > 0);
        prop_assert!(!impossible || found >= CERTAIN_MISMATCH);
    }

    #[test]
    fn asymptotic_intervals_are_numbers_around_the_rate(successes in any_count(), more in any_count(), planned in 1_u64..1_000_000) {
        let arm = Proportion::new(successes, successes.saturating_add(more).max(1)).unwrap();
        let interval = rate_confidence_sequence(arm, 0.05, planned).unwrap();
        prop_assert!(0.0 <= interval.low && interval.contains(arm.rate()) && interval.high <= 1.0);
        let difference = rate_difference_confidence_sequence(arm, arm, 0.05, planned).unwrap();
        prop_assert!(difference.contains(0.0) && -1.0 <= difference.low && difference.high <= 1.0);
    }

    #[test]
    fn asymptotic_evidence_reaches_the_level_just_when_the_interval_leaves_zero(
        estimate in -1e3..1e3_f64, error in 1e-3..1e3_f64, observations in 1_u64..1_000_000_000, planned in 1_u64..1_000_000,
    ) {
        let found = NormalEstimate { estimate, standard_error: error, observations };
        let evidence = asymptotic_log_evidence(found, 0.05, planned).unwrap();
        prop_assert!(evidence.is_finite());
        let interval = asymptotic_confidence_sequence(found, 0.05, planned).unwrap();
        let distance = evidence + 0.05_f64.ln();
        // Within rounding of the level neither has to win.
        prop_assert!(distance.abs() < 1e-9 || (distance > 0.0) != interval.contains(0.0));
    }
}
