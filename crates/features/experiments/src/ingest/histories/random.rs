//! What happens in a history: visits, events, edits of the file, and people who sign in.

use crate::definitions::{Definitions, Phase, parse_definitions};
use crate::ingest::{EventRecord, EventSubject, ExposureRecord, Record};
use crate::segments::{Device, VisitorKind};
use dashly_kernel::Timestamp;
use std::sync::{Arc, LazyLock};

/// 2026-11-22T19:00:00Z.
const START_MICROS: i64 = 1_795_374_000_000_000;
const MOST_STEPS: usize = 24;

/// SplitMix64 (G. Steele, D. Lea and C. Flood, *Fast splittable pseudorandom number generators*, OOPSLA 2014).
pub(super) struct Chance(u64);

impl Chance {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 up to `end`, without it.
    pub(super) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end).unwrap()).unwrap()
    }

    fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }
}

/// The versions of the file that a history moves through: other shares, an experiment that stops, a window.
static VERSIONS: LazyLock<Vec<Arc<Definitions>>> = LazyLock::new(|| {
    let version = |weights: &str, status: &str| {
        let text = format!(
            r#"{{"experiments": [
              {{"test_id": "one", "description": "d", "target_event": "click", "variants": {{"A": "a", "B": "b"}},
                "weights": {weights},
                "metrics": [{{"event": "buy", "kind": "value", "direction": "increase", "cap": 50, "window": "36h"}}],
                "guardrails": [{{"event": "click", "kind": "count", "direction": "decrease", "cap": 2, "window": "24h"}}]}},
              {{"test_id": "two", "description": "d", "target_event": "click", "conversion_window": "12h",
                "variants": {{"A": "a", "B": "b", "C": "c"}}, "status": "{status}",
                "metrics": [{{"event": "buy", "kind": "conversion", "direction": "increase"}}]}}
            ]}}"#
        );
        Arc::new(parse_definitions(text.as_bytes()).unwrap().definitions)
    };
    vec![
        version(r#"{"A": 1, "B": 1}"#, "running"),
        version(r#"{"A": 3, "B": 1}"#, "running"),
        version(r#"{"A": 1, "B": 1}"#, "stopped"),
    ]
});

/// One history.
pub(super) struct History {
    /// In the order in which they were stored.
    pub records: Vec<Record>,
    /// How often somebody signed in at a second device.
    pub joins: u64,
}

/// Up to [`MOST_STEPS`] records of four browsers.
pub(super) fn history(chance: &mut Chance) -> History {
    let number = chance.next();
    // What each browser's cookie says.
    let mut browsers: Vec<Arc<str>> =
        (0..4).map(|browser| format!("v_{number:x}_{browser}").into()).collect();
    let devices: Vec<Device> = (0..4)
        .map(|_| chance.pick(&[Device::Desktop, Device::Mobile, Device::Desktop, Device::Bot]))
        .collect();
    let (mut version, mut micros, mut joins) = (0, START_MICROS, 0);
    let mut records = Vec::new();
    for _ in 0..=chance.below(MOST_STEPS) {
        micros += i64::try_from(chance.below(10 * 3_600)).unwrap() * 1_000_000;
        let browser = chance.below(browsers.len());
        let at = Timestamp::from_unix_micros(micros);
        match chance.below(16) {
            0 => version = chance.below(VERSIONS.len()),
            1 => {
                let person = chance.below(browsers.len());
                joins += u64::from(browsers[person] != browsers[browser]);
                browsers[browser] = Arc::clone(&browsers[person]);
            }
            2..=7 => records.extend(exposure(chance, &browsers[browser], devices[browser], version, at)),
            _ => records.push(event(chance, &browsers[browser], version, at)),
        }
    }
    if records.is_empty() {
        records.push(event(chance, &browsers[0], version, Timestamp::from_unix_micros(micros)));
    }
    History { records, joins }
}

/// One in eight comes with a hand-made cookie.
fn exposure(
    chance: &mut Chance,
    visitor: &Arc<str>,
    device: Device,
    version: usize,
    at: Timestamp,
) -> Option<Record> {
    let test_id = chance.pick(&["one", "two"]);
    let experiment = VERSIONS[version].find(test_id).unwrap();
    if experiment.phase(at) != Phase::Running {
        return None;
    }
    let drawn = experiment.draw_variant(visitor);
    let served = if chance.below(8) == 0 { chance.below(experiment.variants.len()) } else { drawn };
    Some(Record::Exposure(ExposureRecord {
        visitor: Arc::clone(visitor),
        experiment: Arc::clone(experiment),
        served,
        device,
        visitor_kind: chance.pick(&[VisitorKind::New, VisitorKind::Returning]),
        app_version: Arc::from(chance.pick(&["1.0.0", "1.0.1"])),
        recorded_at: at,
    }))
}

fn event(chance: &mut Chance, visitor: &Arc<str>, version: usize, at: Timestamp) -> Record {
    let test_id = chance.pick(&["one", "one", "two", "two", ""]);
    let subject = VERSIONS[version].find(test_id).map(|experiment| EventSubject {
        experiment: Arc::clone(experiment),
        is_running: experiment.phase(at) == Phase::Running,
        is_qa: false,
        assigned: Some(Arc::from("A")),
    });
    Record::Event(EventRecord {
        visitor: Arc::clone(visitor),
        event_name: chance.pick(&["click", "click", "click", "buy", "buy", "hover"]).to_owned(),
        subject,
        reported_variant: chance.pick(&[None, None, None, Some("A"), Some("B")]).map(str::to_owned),
        event_id: chance.pick(&[None, None, Some("e1"), Some("e2")]).map(str::to_owned),
        // Quarters: their sums and squares are exact, whatever the order.
        value: chance.pick(&[None, Some(7.25), Some(30.5), Some(-2.75)]),
        recorded_at: at,
    })
}
