//! The totals once more, from the raw rows, by the rules as the documentation states them.
//!
//! Visitors of these tests do one thing after the other, so "before the exposure" can be told by the time of arrival.

use crate::installation::tests_file;
use crate::stored::{Draws, Signals, Stored, Timeline, Totals};
use dashly_kernel::Timestamp;
use dashly_testkit::{EventRow, ExposureRow};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};

const SECONDS_PER_HOUR: i64 = 3_600;
const SECONDS_PER_DAY: i64 = 24 * SECONDS_PER_HOUR;

type Subject<'a> = (&'a str, &'a str);

/// What is wrong with the totals; nothing when they equal the recount.
pub(crate) fn faults(stored: &Stored) -> Vec<String> {
    let mut recount = Recount::default();
    let firsts = recount.exposures(&stored.exposures);
    recount.events(&stored.events, &firsts);
    let mut faults = std::mem::take(&mut recount.faults);
    compare("totals", &stored.totals, &recount.totals, &mut faults);
    compare("timeline", &stored.timeline, &recount.timeline, &mut faults);
    compare("draws", &stored.draws, &recount.draws, &mut faults);
    let rows = [("exposure_rows", stored.exposures.len()), ("event_rows", stored.events.len())];
    for (signal, count) in rows {
        for _ in 0..count {
            recount.signal("", signal);
        }
    }
    compare("signals", &stored.signals, &recount.signals, &mut faults);
    faults
}

fn compare<K: Ord + std::fmt::Debug, V: PartialEq + std::fmt::Debug>(
    what: &str,
    stored: &BTreeMap<K, V>,
    recounted: &BTreeMap<K, V>,
    faults: &mut Vec<String>,
) {
    for (key, value) in recounted {
        if stored.get(key) != Some(value) {
            faults.push(format!("{what} {key:?}: stored {:?}, recounted {value:?}", stored.get(key)));
        }
    }
    let extra = stored.iter().filter(|(key, _)| !recounted.contains_key(key));
    faults.extend(extra.map(|(key, value)| format!("{what} {key:?}: stored {value:?}, no rows for it")));
}

#[derive(Default)]
struct Recount {
    totals: Totals,
    timeline: Timeline,
    draws: Draws,
    signals: Signals,
    faults: Vec<String>,
}

impl Recount {
    /// Counts each visitor under his first variant.
    fn exposures<'a>(&mut self, rows: &'a [ExposureRow]) -> HashMap<Subject<'a>, &'a ExposureRow> {
        let mut firsts: HashMap<Subject<'a>, &ExposureRow> = HashMap::new();
        let mut seen: HashMap<Subject<'a>, Vec<&str>> = HashMap::new();
        for row in rows {
            let subject = (row.visitor.as_str(), row.test_id.as_str());
            let variants = seen.entry(subject).or_default();
            if variants.contains(&row.variant.as_str()) {
                self.faults.push(format!("stored twice: {row:?}"));
            }
            variants.push(&row.variant);
            if row.is_first != (variants.len() == 1) {
                self.faults.push(format!("is_first is wrong: {row:?}"));
            }
            match variants.len() {
                1 => {
                    firsts.insert(subject, row);
                    self.count(row, row.recorded_at, 0);
                }
                2 => self.signal(&row.test_id, "several_variants"),
                _ => {}
            }
        }
        firsts
    }

    fn events<'a>(&mut self, rows: &'a [EventRow], firsts: &HashMap<Subject<'a>, &'a ExposureRow>) {
        let targets = targets();
        let mut converted: HashMap<Subject<'a>, Timestamp> = HashMap::new();
        for row in rows {
            let Some(test) = row.test_id.as_deref() else {
                self.expect(row, "other");
                continue;
            };
            let subject = (row.visitor.as_str(), test);
            let first = firsts.get(&subject).filter(|first| first.recorded_at <= row.recorded_at);
            if let Some(first) = first
                && row.variant.as_ref() != Some(&first.variant)
            {
                self.faults.push(format!("not the variant of the first exposure {}: {row:?}", first.variant));
            }
            if row.reported_variant.is_some() && row.reported_variant != row.variant {
                self.signal(test, "false_variants");
            }
            if targets.get(test) != Some(&row.name) {
                self.signal(test, "unknown_events");
                self.expect(row, "other");
            } else if let Some(first) = first {
                self.count(first, row.recorded_at, 1);
                if let std::collections::hash_map::Entry::Vacant(entry) = converted.entry(subject) {
                    entry.insert(row.recorded_at);
                    self.count(first, row.recorded_at, 2);
                    self.expect(row, "conversion");
                } else {
                    self.expect(row, "repeat");
                }
            } else {
                self.signal(test, "early_events");
                self.expect(row, "early");
            }
        }
        for (subject, first) in firsts {
            if first.converted_at != converted.get(subject).copied() {
                self.faults.push(format!("converted at {:?}: {first:?}", converted.get(subject)));
            }
        }
    }

    fn expect(&mut self, row: &EventRow, counted_as: &str) {
        if row.counted_as != counted_as {
            self.faults.push(format!("must count as {counted_as}: {row:?}"));
        }
    }

    /// Adds 1 to exposures (0), events (1) or converters (2).
    fn count(&mut self, first: &ExposureRow, at: Timestamp, column: usize) {
        let ExposureRow { test_id, variant, drawn_variant, epoch, device, visitor_kind, .. } = first;
        let key = [test_id, variant, drawn_variant, epoch, device, visitor_kind].map(Clone::clone);
        let day = beginning(first.recorded_at, SECONDS_PER_DAY);
        self.totals.entry((key, day)).or_default()[column] += 1;
        let hour = beginning(at, SECONDS_PER_HOUR);
        let key = [test_id, variant, drawn_variant, epoch].map(Clone::clone);
        self.timeline.entry((key, hour)).or_default()[column] += 1;
        let key = [test_id, epoch, drawn_variant].map(Clone::clone);
        match column {
            0 => self.draws.entry(key).or_default()[0] += 1,
            2 => self.draws.entry(key).or_default()[1] += 1,
            _ => {}
        }
    }

    fn signal(&mut self, test: &str, name: &str) {
        *self.signals.entry([test.to_owned(), name.to_owned()]).or_default() += 1;
    }
}

fn beginning(moment: Timestamp, seconds: i64) -> Timestamp {
    let length = seconds * 1_000_000;
    Timestamp::from_unix_micros(moment.unix_micros().div_euclid(length) * length)
}

/// The target event of each experiment.
fn targets() -> HashMap<String, String> {
    let file: Value = std::fs::read_to_string(tests_file()).unwrap().parse().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let tests = file["experiments"].as_array().unwrap();
    tests.iter().map(|test| (text(&test["test_id"]), text(&test["target_event"]))).collect()
}
