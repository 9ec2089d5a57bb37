//! Events as visitors send them: good ones, and ones that break a rule.

use fastrand::Rng;
use serde_json::{Value, json};

/// The experiments of the tests with their target events.
const TARGETS: [(&str, &str); 3] = [
    ("kpi_scorecard_layout", "kpi_click"),
    ("guided_onboarding", "tooltip_open"),
    ("pricing_cta_upgrade", "subscription_upgrade"),
];
const VARIANTS: [&str; 2] = ["A", "B"];

fn chance(rng: &mut Rng, percent: u8) -> bool {
    rng.u8(..100) < percent
}

/// Mostly a target event; sometimes another one, with a claimed variant, with a value, or of no experiment.
pub(crate) fn good(rng: &mut Rng, id: &str) -> Value {
    let mut event = json!({ "event": "scroll", "event_id": id });
    if chance(rng, 90) {
        let (test, target) = TARGETS[rng.usize(..TARGETS.len())];
        event["testId"] = json!(test);
        if chance(rng, 75) {
            event["event"] = json!(target);
        }
        if chance(rng, 20) {
            event["variant"] = json!(VARIANTS[rng.usize(..VARIANTS.len())]);
        }
    }
    if chance(rng, 10) {
        event["value"] = json!(f64::from(rng.u16(..)) / 4.0);
    }
    event
}

/// One that must not be stored.
pub(crate) fn bad(rng: &mut Rng, id: &str) -> Value {
    match rng.u8(..4) {
        0 => json!({ "event": "kpi_click", "testId": "no_such_test", "event_id": id }),
        1 => json!({ "testId": "kpi_scorecard_layout", "event_id": id }),
        2 => json!({ "event": "with\u{0}nul", "event_id": id }),
        _ => json!({ "event": "kpi_click", "value": "much", "event_id": id }),
    }
}

/// Tells the good from the bad.
pub(crate) fn is_valid(item: &Value) -> bool {
    item["event"].as_str().is_some_and(|event| !event.contains('\0'))
        && item["testId"] != "no_such_test"
        && !item["value"].is_string()
}

/// The ids of what a bulk request may store.
pub(crate) fn valid_ids(bulk: &Value) -> Vec<String> {
    let items = bulk["events"].as_array().unwrap();
    items
        .iter()
        .filter(|item| is_valid(item))
        .map(|item| item["event_id"].as_str().unwrap().to_owned())
        .collect()
}
