//! Whether a difference between two variants is detected, in a sentence.

use dashly_stats::proportion::{Proportion, detectable_difference, two_proportion_test};
use serde::Serialize;

use crate::wording::{p_value, percent, points};

/// Two-sided significance of the verdict.
const SIGNIFICANCE: f64 = 0.05;

/// What "likely to be seen" means: four runs of five.
const POWER: f64 = 0.8;

/// Visitors and conversions of one variant.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arm<'a> {
    pub(super) variant: &'a str,
    pub(super) visitors: u64,
    pub(super) conversions: u64,
}

/// The comparison of one variant with the control, from the acknowledged visitors and conversions.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// The control.
    pub control: String,
    /// The other variant.
    pub treatment: String,
    /// Rate of the other variant minus rate of the control; nothing if one of them had no visitors.
    pub difference: Option<f64>,
    /// Two-sided p-value of the pooled test of two proportions; nothing if one of them had no visitors.
    pub p_value: Option<f64>,
    /// Whether the p-value is below 5 %.
    pub detected: bool,
    /// The same in words.
    pub sentence: String,
}

/// Compares `treatment` with `control`.
pub(super) fn compare(control: Arm<'_>, treatment: Arm<'_>) -> Finding {
    let test = proportion(control).zip(proportion(treatment)).and_then(|(one, other)| {
        let test = two_proportion_test(one, other).ok()?;
        let detectable = detectable_difference(one, other, SIGNIFICANCE, POWER).ok()?;
        Some((test, one, other, detectable))
    });
    let (name, reference) = (treatment.variant, control.variant);
    let Some((test, one, other, detectable)) = test else {
        let empty = if control.visitors == 0 { reference } else { name };
        let sentence = format!("{name} cannot be compared with {reference}: {empty} has no visitors.");
        let (control, treatment) = (reference.to_owned(), name.to_owned());
        return Finding { control, treatment, difference: None, p_value: None, detected: false, sentence };
    };
    let p = p_value(test.p_value);
    let detected = test.p_value < SIGNIFICANCE;
    let sentence = if detected {
        let direction = if test.difference > 0.0 { "more" } else { "less" };
        format!(
            "{name} converts {direction} often than {reference}: {} against {} (difference {}, {p}): detected at 5 %.",
            percent(Some(other.rate())),
            percent(Some(one.rate())),
            points(test.difference),
        )
    } else {
        let visitors = control.visitors.saturating_add(treatment.visitors);
        let prospect = if detectable < 1.0 {
            format!("only differences above about {:.1} points are likely to be seen", 100.0 * detectable)
        } else {
            "no difference at all is likely to be seen".to_owned()
        };
        format!(
            "{name} against {reference}: no difference detected at 5 % ({p}): with {visitors} visitors {prospect}."
        )
    };
    Finding {
        control: reference.to_owned(),
        treatment: name.to_owned(),
        difference: Some(test.difference),
        p_value: Some(test.p_value),
        detected,
        sentence,
    }
}

fn proportion(arm: Arm<'_>) -> Option<Proportion> {
    Proportion::new(arm.conversions, arm.visitors).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arm(variant: &str, conversions: u64, visitors: u64) -> Arm<'_> {
        Arm { variant, visitors, conversions }
    }

    #[test]
    fn a_large_difference_is_detected() {
        let finding = compare(arm("A", 38, 254), arm("B", 86, 246));
        assert!(finding.detected);
        assert_eq!(
            finding.sentence,
            "B converts more often than A: 35.0 % against 15.0 % (difference +20.0 points, p = 2e-7): detected at 5 %."
        );
    }

    #[test]
    fn a_loss_is_detected_too() {
        let finding = compare(arm("A", 86, 246), arm("C", 38, 254));
        assert!(finding.sentence.starts_with("C converts less often than A:"), "{}", finding.sentence);
    }

    #[test]
    fn equal_rates_are_not_detected_and_the_reader_learns_what_could_have_been_seen() {
        let finding = compare(arm("A", 38, 250), arm("B", 40, 250));
        assert!(!finding.detected);
        assert_eq!(
            finding.sentence,
            "B against A: no difference detected at 5 % (p = 0.81): with 500 visitors only differences above about \
             9.1 points are likely to be seen."
        );
    }

    #[test]
    fn a_handful_of_visitors_shows_nothing() {
        let finding = compare(arm("A", 0, 1), arm("B", 1, 4));
        assert!(
            finding.sentence.ends_with("with 5 visitors no difference at all is likely to be seen."),
            "{}",
            finding.sentence
        );
    }

    #[test]
    fn a_variant_nobody_saw_is_not_compared() {
        let finding = compare(arm("A", 38, 250), arm("B", 0, 0));
        assert_eq!((finding.detected, finding.p_value), (false, None));
        assert_eq!(finding.sentence, "B cannot be compared with A: B has no visitors.");
    }
}
