//! What the judge says of conversions: simulated visitors who are exposed by either version and convert later.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

use dashly_canary::{
    ArmLook, Criterion, CriterionState, Guardrail, GuardrailWindow, Judge, Limits, LookRecord, PodReading,
    VisitorCounts, parse_exposition,
};
use fastrand::Rng;
use std::collections::{BTreeMap, BTreeSet};

const LOOK_SECONDS: f64 = 30.0;
/// Looks before the canary, and beside it: ten minutes and half an hour.
const BEFORE: usize = 20;
const LOOKS: usize = 60;
const VISITORS: usize = 300;
const CANARY_SHARE: f64 = 0.25;

fn guardrail(margin: f64) -> Guardrail {
    Guardrail { test_id: "checkout".to_owned(), window: GuardrailWindow::TenMinutes, margin }
}

fn arm(version: &str) -> ArmLook {
    ArmLook { pods: 1, app_versions: BTreeSet::from([version.to_owned()]), ..ArmLook::default() }
}

/// Adds a visitor, or a conversion in a class of delays.
fn count(arm: &mut ArmLook, version: &str, class: Option<usize>) {
    let counts = arm.visitors.entry("checkout".to_owned()).or_default();
    match class {
        None => *counts.visitors.entry(version.to_owned()).or_default() += 1,
        Some(class) => counts.converters.entry(version.to_owned()).or_default()[class] += 1,
    }
}

/// A tenth of stable's visitors converts, two minutes after the exposure in the mean; of the canary's, `times` as many.
#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "looks are few"
)]
fn simulate_shares(rng: &mut Rng, times: f64, share: impl Fn(usize) -> f64) -> Vec<LookRecord> {
    let mut looks: Vec<LookRecord> = (0..BEFORE + LOOKS)
        .map(|look| LookRecord {
            at: LOOK_SECONDS * look as f64,
            stable: arm("1.0"),
            canary: if look < BEFORE { ArmLook::default() } else { arm("1.1") },
        })
        .collect();
    for look in 0..looks.len() {
        for _ in 0..VISITORS {
            let is_canary = look >= BEFORE && rng.f64() < share(look);
            let (version, rate) = if is_canary { ("1.1", 0.1 * times) } else { ("1.0", 0.1) };
            let exposing = &mut looks[look];
            count(if is_canary { &mut exposing.canary } else { &mut exposing.stable }, version, None);
            let delay = -120.0 * (1.0 - rng.f64()).ln();
            let class = [60.0, 600.0, 3_600.0].iter().position(|edge| delay <= *edge);
            let converts = look + ((rng.f64() + delay / LOOK_SECONDS) as usize);
            if rng.f64() < rate && class.is_some() && converts < looks.len() {
                // Whichever pod the visitor comes to stores the conversion.
                let storing = &mut looks[converts];
                let by_canary = converts >= BEFORE && rng.f64() < CANARY_SHARE;
                count(if by_canary { &mut storing.canary } else { &mut storing.stable }, version, class);
            }
        }
    }
    looks
}

fn simulate(rng: &mut Rng, times: f64) -> Vec<LookRecord> {
    simulate_shares(rng, times, |_| CANARY_SHARE)
}

/// What the guardrail says after each look.
fn judged(looks: &[LookRecord], margin: f64) -> Vec<Criterion> {
    let mut judge = Judge::new(Limits::default(), &[guardrail(margin)]).unwrap();
    looks
        .iter()
        .map(|look| {
            judge.observe(look, &BTreeMap::new()).unwrap();
            judge.decide().criteria.pop().unwrap()
        })
        .collect()
}

#[test]
fn a_canary_whose_visitors_convert_half_as_often_is_bad_and_one_as_good_is_not() {
    let mut rng = Rng::with_seed(7);
    let worse = judged(&simulate(&mut rng, 0.5), 0.5);
    let last = worse.last().unwrap();
    assert_eq!(
        (last.name.as_str(), last.state),
        ("conversions of checkout", CriterionState::Bad),
        "{last:?}"
    );

    let good = judged(&simulate(&mut rng, 1.0), 0.5);
    assert_eq!(good.last().unwrap().state, CriterionState::Good, "{:?}", good.last());
    let first = good.iter().position(|criterion| criterion.state == CriterionState::Good).unwrap();
    assert!(
        first >= BEFORE + 20,
        "nothing is known before the window has passed once, and look {first} knew"
    );
    assert_eq!(good[BEFORE - 1].state, CriterionState::Open);
    let strict = judged(&simulate(&mut rng, 1.0), 0.01);
    assert_eq!(strict.last().unwrap().state, CriterionState::Open, "one percent fewer cannot be excluded");
}

#[test]
fn a_better_canary_is_not_bad() {
    let better = judged(&simulate(&mut Rng::with_seed(8), 2.0), 0.5);
    assert_eq!(better.last().unwrap().state, CriterionState::Good);
}

#[test]
fn equally_good_canaries_are_hardly_ever_bad() {
    let mut rng = Rng::with_seed(9);
    // At one percent three of 300 are expected at the most; nine or more have a probability below 0.4 %.
    let bad = (0..300)
        .filter(|_| judged(&simulate(&mut rng, 1.0), 0.5).last().unwrap().state == CriterionState::Bad)
        .count();
    assert!(bad < 9, "{bad} of 300");
}

/// As when `is_away` says that the canary's pods did not answer at a look: what they counted comes with the next answer.
fn without_answers(looks: &[LookRecord], is_away: impl Fn(usize) -> bool) -> Vec<LookRecord> {
    let mut kept = ArmLook::default();
    let mut seen = looks.to_vec();
    for (place, look) in seen.iter_mut().enumerate() {
        for (test_id, counts) in std::mem::take(&mut look.canary.visitors) {
            let sums = kept.visitors.entry(test_id).or_default();
            for (version, count) in counts.visitors {
                *sums.visitors.entry(version).or_default() += count;
            }
            for (version, classes) in counts.converters {
                let sums = sums.converters.entry(version).or_default();
                sums.iter_mut().zip(classes).for_each(|(sum, count)| *sum += count);
            }
        }
        if is_away(place) {
            look.canary.app_versions.clear();
        } else {
            look.canary.visitors = std::mem::take(&mut kept.visitors);
        }
    }
    seen
}

#[test]
fn looks_without_an_answer_do_not_speak_against_an_equally_good_canary() {
    let mut rng = Rng::with_seed(10);
    // Six of 100 have a probability below 0.1 % where one percent is allowed.
    let bad = (0..100)
        .map(|_| without_answers(&simulate(&mut rng, 1.0), |look| look % 4 == 1))
        .filter(|looks| judged(looks, 0.5).last().unwrap().state == CriterionState::Bad)
        .count();
    assert!(bad < 6, "{bad} of 100");
}

/// Looks put together, as when nobody looked in between.
fn with_a_gap(looks: &[LookRecord], gap: std::ops::Range<usize>) -> Vec<LookRecord> {
    let until = gap.end;
    without_stable_answers(&without_answers(looks, |look| gap.contains(&look)), &gap)
        .into_iter()
        .enumerate()
        .filter(|(place, _)| !gap.contains(place) || *place == until)
        .map(|(_, look)| look)
        .collect()
}

fn without_stable_answers(looks: &[LookRecord], gap: &std::ops::Range<usize>) -> Vec<LookRecord> {
    let swap = |look: &LookRecord| LookRecord {
        at: look.at,
        stable: look.canary.clone(),
        canary: look.stable.clone(),
    };
    let swapped: Vec<LookRecord> = looks.iter().map(swap).collect();
    without_answers(&swapped, |look| gap.contains(&look)).iter().map(swap).collect()
}

#[test]
fn a_judge_who_was_away_for_a_while_is_not_misled() {
    let mut rng = Rng::with_seed(11);
    let bad = (0..100)
        .map(|_| with_a_gap(&simulate(&mut rng, 1.0), BEFORE + 1..BEFORE + 25))
        .filter(|looks| judged(looks, 0.5).last().unwrap().state == CriterionState::Bad)
        .count();
    assert!(bad < 6, "{bad} of 100");
}

#[test]
fn a_share_that_falls_does_not_speak_against_the_canary() {
    let mut rng = Rng::with_seed(12);
    let falling = |look: usize| if look < BEFORE + 40 { 0.4 } else { 0.1 };
    let bad = (0..100)
        .map(|_| simulate_shares(&mut rng, 1.0, falling))
        .filter(|looks| judged(looks, 0.5).last().unwrap().state == CriterionState::Bad)
        .count();
    assert!(bad < 6, "{bad} of 100");
}

#[test]
fn versions_of_one_name_are_told() {
    let look = LookRecord { at: 1.0, stable: arm("1.0"), canary: arm("1.0") };
    let said = judged(&[look], 0.5).pop().unwrap();
    assert!(said.state == CriterionState::Open && said.reason.contains("APP_VERSION"), "{said:?}");
}

#[test]
fn what_pods_publish_is_read_by_version_and_delay() {
    let text = "\
process_start_time_seconds 1700000000
build_info{version=\"canary\",exported_version=\"1.1\",revision=\"abc\"} 1
dashly_experiment_visitors_total{test_id=\"checkout\",app_version=\"1.1\"} 40
dashly_experiment_converters_total{test_id=\"checkout\",app_version=\"1.0\",delay=\"1m\"} 3
dashly_experiment_converters_total{test_id=\"checkout\",app_version=\"1.0\",delay=\"1h\"} 2
dashly_experiment_converters_total{test_id=\"checkout\",app_version=\"1.0\",delay=\"longer\"} 9
";
    let reading = PodReading::from_samples(&parse_exposition(text)).unwrap();
    assert_eq!(reading.app_version.as_deref(), Some("1.1"));
    let expected = VisitorCounts {
        visitors: BTreeMap::from([("1.1".to_owned(), 40)]),
        converters: BTreeMap::from([("1.0".to_owned(), [3, 0, 2])]),
    };
    assert_eq!(reading.visitors, BTreeMap::from([("checkout".to_owned(), expected)]));
}
