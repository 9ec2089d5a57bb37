//! The definitions of the words, applied to a whole history at once. Slow and plain on purpose.

use crate::definitions::{Experiment, MetricKind};
use crate::ingest::{EventRecord, ExposureRecord, Record};
use dashly_kernel::Timestamp;
use std::collections::BTreeMap;

/// Everything that is counted.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Counts {
    pub totals: BTreeMap<String, [i64; 3]>,
    pub timeline: BTreeMap<String, [i64; 3]>,
    pub draws: BTreeMap<String, [i64; 2]>,
    pub versions: BTreeMap<String, [i64; 2]>,
    pub signals: BTreeMap<(String, String), i64>,
    /// Stored events by what they count as.
    pub events: BTreeMap<&'static str, u64>,
    /// Converters, sum and sum of squares.
    pub metrics: BTreeMap<String, (i64, f64, f64)>,
    /// Steps of evidence: exposed and converted.
    pub steps: [i64; 2],
    /// Events that were not stored, since their id was.
    pub repeated: u64,
}

impl Counts {
    pub(super) fn add_total(&mut self, cell: String, change: [i64; 3]) {
        add(self.totals.entry(cell).or_default(), change);
    }

    pub(super) fn add_hour(&mut self, cell: String, change: [i64; 3]) {
        add(self.timeline.entry(cell).or_default(), change);
    }

    pub(super) fn add_draw(&mut self, cell: String, change: [i64; 2]) {
        add(self.draws.entry(cell).or_default(), change);
    }

    pub(super) fn add_version(&mut self, cell: String, change: [i64; 2]) {
        add(self.versions.entry(cell).or_default(), change);
    }

    pub(super) fn add_signal(&mut self, test_id: &str, signal: &str, count: i64) {
        *self.signals.entry((test_id.to_owned(), signal.to_owned())).or_default() += count;
    }

    pub(super) fn count_of(&self, counted_as: &str) -> u64 {
        self.events.get(counted_as).copied().unwrap_or(0)
    }

    pub(super) fn signal_of(&self, signal: &str) -> u64 {
        let of_signal = self.signals.iter().filter(|((_, name), _)| name == signal);
        of_signal.map(|(_, count)| u64::try_from(*count).unwrap()).sum()
    }
}

fn add<const N: usize>(sum: &mut [i64; N], change: [i64; N]) {
    sum.iter_mut().zip(change).for_each(|(sum, more)| *sum += more);
}

/// A visitor's first exposure in an experiment, with its place in the history.
struct First<'a> {
    place: usize,
    exposure: &'a ExposureRecord,
}

/// Counts `records` as the documentation defines the words.
pub(super) fn recounted(records: &[Record]) -> Counts {
    let mut counts = Counts::default();
    let exposures: Vec<(usize, &ExposureRecord)> = records
        .iter()
        .enumerate()
        .filter_map(|(place, record)| match record {
            Record::Exposure(exposure) => Some((place, exposure)),
            Record::Event(_) => None,
        })
        .collect();
    let first_of = |visitor: &str, test_id: &str| {
        let of_both = |(_, exposure): &&(usize, &ExposureRecord)| {
            *exposure.visitor == *visitor && *exposure.experiment.test_id == *test_id
        };
        exposures.iter().find(of_both).map(|(place, exposure)| First { place: *place, exposure })
    };
    count_exposures(&exposures, &first_of, &mut counts);

    let mut stored: Vec<(&EventRecord, &str)> = Vec::new();
    for (place, record) in records.iter().enumerate() {
        let Record::Event(event) = record else { continue };
        let is_same = |(other, _): &(&EventRecord, &str)| {
            event.event_id.is_some() && other.event_id == event.event_id && other.visitor == event.visitor
        };
        if stored.iter().any(is_same) {
            counts.repeated += 1;
            continue;
        }
        let first = event
            .subject
            .as_ref()
            .and_then(|subject| first_of(&event.visitor, &subject.experiment.test_id))
            .filter(|first| first.place < place);
        let word = word_of(event, first.as_ref(), &stored);
        count_event(event, first.as_ref(), word, &mut counts);
        stored.push((event, word));
    }
    if !exposures.is_empty() {
        let mut rows: Vec<_> = exposures
            .iter()
            .map(|(_, exposure)| (&exposure.visitor, &exposure.experiment.test_id, variant_of(exposure)))
            .collect();
        rows.sort();
        rows.dedup();
        counts.add_signal("", "exposure_rows", i64::try_from(rows.len()).unwrap());
    }
    if !stored.is_empty() {
        counts.add_signal("", "event_rows", i64::try_from(stored.len()).unwrap());
    }
    count_metrics(records, &stored, &exposures, &first_of, &mut counts);
    counts
}

fn variant_of(exposure: &ExposureRecord) -> &str {
    &exposure.experiment.variant(exposure.served).key
}

fn drawn_of(exposure: &ExposureRecord) -> &str {
    let experiment: &Experiment = &exposure.experiment;
    &experiment.variant(experiment.draw_variant(&exposure.visitor)).key
}

fn count_exposures<'a>(
    exposures: &[(usize, &'a ExposureRecord)],
    first_of: &dyn Fn(&str, &str) -> Option<First<'a>>,
    counts: &mut Counts,
) {
    for (place, exposure) in exposures {
        let (visitor, test_id) = (&*exposure.visitor, &*exposure.experiment.test_id);
        if first_of(visitor, test_id).is_none_or(|first| first.place != *place) {
            continue;
        }
        change(counts, exposure, exposure.recorded_at, [1, 0, 0]);
        let mut variants: Vec<&str> = exposures
            .iter()
            .filter(|(_, other)| *other.visitor == *visitor && *other.experiment.test_id == *test_id)
            .map(|(_, other)| variant_of(other))
            .collect();
        variants.sort_unstable();
        variants.dedup();
        if variants.len() > 1 {
            counts.add_signal(test_id, "several_variants", 1);
        }
        if exposure.device.as_str() == "bot" {
            counts.add_signal(test_id, "bots", 1);
        }
    }
}

/// Adds to what is counted under a first exposure.
fn change(counts: &mut Counts, first: &ExposureRecord, at: Timestamp, change: [i64; 3]) {
    let (test_id, epoch) = (&first.experiment.test_id, &first.experiment.epoch);
    let (variant, drawn) = (variant_of(first), drawn_of(first));
    let (device, kind) = (first.device.as_str(), first.visitor_kind.as_str());
    let day = first.recorded_at.start_of_day().to_rfc3339_millis();
    counts.add_total(format!("{test_id} {variant} {drawn} {epoch} {day} {device} {kind}"), change);
    if device == "bot" {
        return;
    }
    let hour = at.start_of_hour().to_rfc3339_millis();
    counts.add_hour(format!("{test_id} {variant} {drawn} {epoch} {hour}"), change);
    let [exposed, _, converted] = change;
    if exposed + converted > 0 {
        counts.add_draw(format!("{test_id} {epoch} {drawn}"), [exposed, converted]);
        let cell = format!("{test_id} {} {epoch} {drawn} {day}", first.app_version);
        counts.add_version(cell, [exposed, converted]);
    }
    add(&mut counts.steps, [exposed, converted]);
}

fn elapsed_seconds(first: &First<'_>, at: Timestamp) -> i64 {
    (at.unix_micros() - first.exposure.recorded_at.unix_micros()) / 1_000_000
}

fn word_of(event: &EventRecord, first: Option<&First<'_>>, stored: &[(&EventRecord, &str)]) -> &'static str {
    let Some(subject) = &event.subject else { return "other" };
    let experiment = &subject.experiment;
    let is_target = event.event_name == experiment.target_event;
    let windows: Vec<Option<i64>> = if is_target {
        vec![experiment.conversion_window_seconds]
    } else {
        let asking = experiment.metrics.iter().filter(|metric| metric.event == event.event_name);
        asking.map(|metric| metric.window_seconds).collect()
    };
    if windows.is_empty() {
        return "other";
    }
    if !subject.is_running {
        return "stopped";
    }
    let Some(first) = first else { return "early" };
    let elapsed = elapsed_seconds(first, event.recorded_at);
    if windows.iter().all(|window| window.is_some_and(|seconds| elapsed > seconds)) {
        return "late";
    }
    if !is_target {
        return "metric";
    }
    let converted_before = stored.iter().any(|(other, word)| {
        *word == "conversion"
            && other.visitor == event.visitor
            && other.subject.as_ref().is_some_and(|other| other.experiment.test_id == experiment.test_id)
    });
    if converted_before { "repeat" } else { "conversion" }
}

fn count_event(event: &EventRecord, first: Option<&First<'_>>, word: &'static str, counts: &mut Counts) {
    *counts.events.entry(word).or_default() += 1;
    let Some(subject) = &event.subject else { return };
    let test_id = &subject.experiment.test_id;
    if let (Some(first), "conversion" | "repeat") = (first, word) {
        change(counts, first.exposure, event.recorded_at, [0, 1, i64::from(word == "conversion")]);
    }
    let signal = match word {
        "early" => Some("early_events"),
        "stopped" => Some("stopped_events"),
        "late" => Some("late_events"),
        "other" => Some("unknown_events"),
        _ => None,
    };
    if let Some(signal) = signal {
        counts.add_signal(test_id, signal, 1);
    }
    let truth = first.map(|first| variant_of(first.exposure)).or(subject.assigned.as_deref());
    if let (Some(reported), Some(truth)) = (event.reported_variant.as_deref(), truth)
        && reported != truth
    {
        counts.add_signal(test_id, "false_variants", 1);
    }
}

/// For each visitor and metric: what happened after the exposure, in time, while the experiment ran.
fn count_metrics<'a>(
    records: &[Record],
    stored: &[(&EventRecord, &str)],
    exposures: &[(usize, &'a ExposureRecord)],
    first_of: &dyn Fn(&str, &str) -> Option<First<'a>>,
    counts: &mut Counts,
) {
    let place_of = |event: &EventRecord| {
        let is_it = |record: &Record| matches!(record, Record::Event(other) if std::ptr::eq(other, event));
        records.iter().position(is_it).unwrap()
    };
    for (place, exposure) in exposures {
        let test_id = &exposure.experiment.test_id;
        let Some(first) = first_of(&exposure.visitor, test_id).filter(|first| first.place == *place) else {
            continue;
        };
        if exposure.device.as_str() == "bot" {
            continue;
        }
        for metric in &exposure.experiment.metrics {
            let is_taken = |event: &&EventRecord| {
                let subject = event.subject.as_ref();
                event.event_name == metric.event
                    && event.visitor == exposure.visitor
                    && subject
                        .is_some_and(|subject| subject.is_running && subject.experiment.test_id == *test_id)
                    && place_of(event) > first.place
                    && metric
                        .window_seconds
                        .is_none_or(|seconds| elapsed_seconds(&first, event.recorded_at) <= seconds)
            };
            let taken: Vec<&EventRecord> = stored.iter().map(|(event, _)| *event).filter(is_taken).collect();
            if taken.is_empty() {
                continue;
            }
            let times: f64 = taken.iter().map(|_| 1.0).sum();
            let values: f64 = taken.iter().filter_map(|event| event.value).sum();
            let amount = match metric.kind {
                MetricKind::Conversion => 0.0,
                MetricKind::Count => times.min(metric.cap.unwrap()),
                MetricKind::Value => values.clamp(-metric.cap.unwrap(), metric.cap.unwrap()),
            };
            let day = exposure.recorded_at.start_of_day().to_rfc3339_millis();
            let (key, epoch) = (&metric.key, &exposure.experiment.epoch);
            let cell = format!("{test_id} {key} {epoch} {} {day}", drawn_of(exposure));
            let sums = counts.metrics.entry(cell).or_default();
            *sums = (sums.0 + 1, sums.1 + amount, sums.2 + amount * amount);
        }
    }
}
