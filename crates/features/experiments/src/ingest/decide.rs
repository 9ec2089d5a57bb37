//! What counts: a pure function from a batch and what the database knows to the rows and totals to store.
//!
//! The order of the records is the order of truth: the ingest lock makes it the same for every process. So "first
//! exposure", "before the exposure" and "first conversion" are facts of that order, not of clocks.

use super::evidence::{Step, StepKind};
use super::metric_store::CountedFrom;
use super::metrics::MetricEvent;
use super::published::{CounterKey, Delay};
use super::record::{
    CountedAs, EventOutcome, EventRecord, EventSubject, ExposureOutcome, ExposureRecord, Outcome, Record,
};
use super::version_totals::VersionKey;
use crate::definitions::{Experiment, Metric};
use crate::segments::Device;
use dashly_kernel::Timestamp;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

/// A visitor in an experiment.
pub(super) type SubjectKey = (Arc<str>, Arc<str>);

/// What the database knows of the visitors of a batch.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// By visitor and experiment.
    pub subjects: HashMap<SubjectKey, Subject>,
    /// Event ids already stored, with their visitor; empty while all are taken to be new.
    pub event_ids: HashSet<(Arc<str>, String)>,
    /// Since when each metric counts.
    pub metrics: Arc<CountedFrom>,
}

/// One visitor of one experiment, as far as stored.
#[derive(Debug, Clone, Default)]
pub(super) struct Subject {
    /// The first exposure; the only one that counts.
    pub first: Option<FirstExposure>,
    /// All variants the visitor was shown.
    pub variants: Vec<Arc<str>>,
}

/// The exposure that decides where a visitor counts.
#[derive(Debug, Clone)]
pub(super) struct FirstExposure {
    pub variant: Arc<str>,
    pub drawn_variant: Arc<str>,
    pub epoch: Arc<str>,
    pub recorded_at: Timestamp,
    pub device: Arc<str>,
    pub visitor_kind: Arc<str>,
    /// '' when it was not recorded.
    pub app_version: Arc<str>,
    pub converted: bool,
    /// The row of this batch, if it is new.
    row: Option<usize>,
}

impl FirstExposure {
    /// As read from the database.
    pub(super) fn stored(
        [variant, drawn_variant, epoch, device, visitor_kind, app_version]: [Arc<str>; 6],
        recorded_at: Timestamp,
        converted: bool,
    ) -> Self {
        Self {
            variant,
            drawn_variant,
            epoch,
            recorded_at,
            device,
            visitor_kind,
            app_version,
            converted,
            row: None,
        }
    }

    fn elapsed_micros(&self, now: Timestamp) -> i64 {
        now.unix_micros().saturating_sub(self.recorded_at.unix_micros())
    }

    /// Whether the visitor called itself a program when it was first exposed. That verdict stays: a later one could
    /// depend on the variant, and would then bias who is counted.
    fn is_bot(&self) -> bool {
        *self.device == *Device::Bot.as_str()
    }
}

/// An exposure to insert.
#[derive(Debug)]
pub(super) struct ExposureRow<'a> {
    pub record: &'a ExposureRecord,
    pub variant: Arc<str>,
    pub drawn_variant: Arc<str>,
    pub is_first: bool,
    pub converted_at: Option<Timestamp>,
}

/// An event to insert.
#[derive(Debug)]
pub(super) struct EventRow<'a> {
    pub record: &'a EventRecord,
    pub variant: Option<Arc<str>>,
    pub counted_as: CountedAs,
}

/// What is added to one cell of the totals.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tally {
    pub exposures: i64,
    pub events: i64,
    pub converters: i64,
}

/// A cell of the totals. Ordered, so that every process takes the rows' locks in the same order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct TotalKey {
    pub test_id: Arc<str>,
    pub variant: Arc<str>,
    pub drawn_variant: Arc<str>,
    pub epoch: Arc<str>,
    pub day: Timestamp,
    pub device: Arc<str>,
    pub visitor_kind: Arc<str>,
}

/// A cell of the history.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct TimelineKey {
    pub test_id: Arc<str>,
    pub variant: Arc<str>,
    pub drawn_variant: Arc<str>,
    pub epoch: Arc<str>,
    pub hour: Timestamp,
}

/// A cell of the visitors by drawn label: experiment, epoch and label.
pub(super) type DrawKey = (Arc<str>, Arc<str>, Arc<str>);

/// Everything that one commit stores.
#[derive(Debug, Default)]
pub(super) struct Plan<'a> {
    pub exposures: Vec<ExposureRow<'a>>,
    pub events: Vec<EventRow<'a>>,
    /// First conversions of visitors whose exposure is already stored.
    pub conversions: Vec<(SubjectKey, Timestamp)>,
    pub totals: BTreeMap<TotalKey, Tally>,
    pub timeline: BTreeMap<TimelineKey, Tally>,
    /// Visitors without bots, by the version that exposed them; `events` is not used.
    pub version_totals: BTreeMap<VersionKey, Tally>,
    /// What the process publishes of it once it is stored.
    pub counters: BTreeMap<CounterKey, u64>,
    /// Visitors without bots; `events` is not used.
    pub draws: BTreeMap<DrawKey, Tally>,
    /// What metrics take, in order.
    pub metric_events: Vec<MetricEvent>,
    /// What evidence is made of, in order.
    pub steps: Vec<Step>,
    /// By experiment and signal.
    pub signals: BTreeMap<(Arc<str>, &'static str), i64>,
    /// One for each record of the batch, in order.
    pub outcomes: Vec<Outcome>,
}

/// Signals: things that deserve attention and enter no rate.
pub(crate) mod signal {
    /// Events whose client claimed another variant than the visitor has.
    pub(crate) const FALSE_VARIANTS: &str = "false_variants";
    /// Target events without an exposure before them.
    pub(crate) const EARLY_EVENTS: &str = "early_events";
    /// Visitors who were shown a second variant.
    pub(crate) const SEVERAL_VARIANTS: &str = "several_variants";
    /// Target events while the experiment was not running.
    pub(crate) const STOPPED_EVENTS: &str = "stopped_events";
    /// Target events after the conversion window.
    pub(crate) const LATE_EVENTS: &str = "late_events";
    /// Events for the experiment that it knows nothing of.
    pub(crate) const UNKNOWN_EVENTS: &str = "unknown_events";
    /// Visitors who called themselves programs; they enter nothing else.
    pub(crate) const BOTS: &str = "bots";
    /// Visitors whose browser took over a person's visitor id at a sign-in; what they were counted for stays.
    pub(crate) const JOINED_VISITORS: &str = "joined_visitors";
    /// All exposure rows that were ever stored in the installation.
    pub(crate) const EXPOSURE_ROWS: &str = "exposure_rows";
    /// All event rows that were ever stored in the installation.
    pub(crate) const EVENT_ROWS: &str = "event_rows";
    /// Of them, removed since they became too old.
    pub(crate) const REMOVED_EXPOSURE_ROWS: &str = "removed_exposure_rows";
    /// Likewise of events.
    pub(crate) const REMOVED_EVENT_ROWS: &str = "removed_event_rows";
    /// The key of counts that belong to no experiment.
    pub(crate) const INSTALLATION: &str = "";
}

/// Decides what becomes of each record, in order, given what is `known`.
pub(super) fn decide(records: &[Record], known: Known) -> Plan<'_> {
    let mut decision = Decision { known, plan: Plan::default() };
    for record in records {
        let outcome = match record {
            Record::Exposure(exposure) => Outcome::Exposure(decision.exposure(exposure)),
            Record::Event(event) => Outcome::Event(decision.event(event)),
        };
        decision.plan.outcomes.push(outcome);
    }
    let installation: Arc<str> = Arc::from(signal::INSTALLATION);
    let rows = [
        (signal::EXPOSURE_ROWS, decision.plan.exposures.len()),
        (signal::EVENT_ROWS, decision.plan.events.len()),
    ];
    for (name, count) in rows {
        if count > 0 {
            let count = i64::try_from(count).unwrap_or(i64::MAX);
            decision.plan.signals.insert((Arc::clone(&installation), name), count);
        }
    }
    decision.plan
}

struct Decision<'a> {
    known: Known,
    plan: Plan<'a>,
}

impl<'a> Decision<'a> {
    fn exposure(&mut self, record: &'a ExposureRecord) -> ExposureOutcome {
        let experiment = &record.experiment;
        let variant = Arc::clone(&experiment.variant(record.served).key);
        let key = (Arc::clone(&record.visitor), Arc::clone(&experiment.test_id));
        let subject = self.known.subjects.entry(key).or_default();
        if subject.variants.contains(&variant) {
            return ExposureOutcome::Known;
        }
        let drawn = experiment.draw_variant(&record.visitor);
        let drawn_variant = Arc::clone(&experiment.variant(drawn).key);
        let is_first = subject.first.is_none();
        if is_first {
            let first = FirstExposure {
                variant: Arc::clone(&variant),
                drawn_variant: Arc::clone(&drawn_variant),
                epoch: Arc::clone(&experiment.epoch),
                recorded_at: record.recorded_at,
                device: Arc::from(record.device.as_str()),
                visitor_kind: Arc::from(record.visitor_kind.as_str()),
                app_version: Arc::clone(&record.app_version),
                converted: false,
                row: Some(self.plan.exposures.len()),
            };
            let tally = Tally { exposures: 1, ..Tally::default() };
            self.plan.count(experiment, &first, record.recorded_at, tally);
            subject.first = Some(first);
        } else if subject.variants.len() == 1 {
            self.plan.signal(&experiment.test_id, signal::SEVERAL_VARIANTS);
        }
        subject.variants.push(Arc::clone(&variant));
        self.plan.exposures.push(ExposureRow {
            record,
            variant,
            drawn_variant,
            is_first,
            converted_at: None,
        });
        ExposureOutcome::Stored
    }

    fn event(&mut self, record: &'a EventRecord) -> EventOutcome {
        let key = record
            .subject
            .as_ref()
            .map(|subject| (Arc::clone(&record.visitor), Arc::clone(&subject.experiment.test_id)));
        let first = key
            .as_ref()
            .and_then(|key| self.known.subjects.get_mut(key))
            .and_then(|subject| subject.first.as_mut());
        let assigned = record.subject.as_ref().and_then(|subject| subject.assigned.clone());
        let is_qa = record.subject.as_ref().is_some_and(|subject| subject.is_qa);
        let variant = match &first {
            Some(first) if !is_qa => Some(Arc::clone(&first.variant)),
            _ => assigned,
        };
        let variant_mismatch = match (&record.reported_variant, &variant) {
            (Some(reported), Some(truth)) => **truth != **reported,
            _ => false,
        };
        if let Some(event_id) = &record.event_id {
            let id = (Arc::clone(&record.visitor), event_id.clone());
            if !self.known.event_ids.insert(id) {
                let counted_as = CountedAs::Other;
                return EventOutcome { variant, deduplicated: true, counted_as, variant_mismatch };
            }
        }
        let counted_as = count_event(record, first.as_deref());
        if let (Some(key), Some(first), Some(subject)) = (&key, first, &record.subject)
            && counted_as.is_counted()
        {
            let is_conversion = counted_as == CountedAs::Conversion;
            if is_conversion {
                first.converted = true;
                match first.row.and_then(|row| self.plan.exposures.get_mut(row)) {
                    Some(row) => row.converted_at = Some(record.recorded_at),
                    None => self.plan.conversions.push((key.clone(), record.recorded_at)),
                }
            }
            let tally = Tally { exposures: 0, events: 1, converters: i64::from(is_conversion) };
            self.plan.count(&subject.experiment, first, record.recorded_at, tally);
        }
        if let (Some(key), Some(subject)) = (&key, &record.subject)
            && subject.is_running
            && !is_qa
            && let Some(first) = self.known.subjects.get(key).and_then(|subject| subject.first.as_ref())
        {
            let events = metric_events(record, &subject.experiment, first, &self.known.metrics);
            self.plan.metric_events.extend(events);
        }
        if let Some(subject) = &record.subject {
            self.plan.signal_event(&subject.experiment.test_id, counted_as, variant_mismatch);
        }
        self.plan.events.push(EventRow { record, variant: variant.clone(), counted_as });
        EventOutcome { variant, deduplicated: false, counted_as, variant_mismatch }
    }
}

fn count_event(record: &EventRecord, first: Option<&FirstExposure>) -> CountedAs {
    let Some(subject) = &record.subject else { return CountedAs::Other };
    if subject.is_qa {
        return CountedAs::Qa;
    }
    if record.event_name != subject.experiment.target_event {
        return count_metric_event(record, subject, first);
    }
    let is_late = |first: &FirstExposure| {
        subject
            .experiment
            .conversion_window_seconds
            .is_some_and(|seconds| record.recorded_at > first.recorded_at.plus_seconds(seconds))
    };
    match first {
        _ if !subject.is_running => CountedAs::Stopped,
        None => CountedAs::Early,
        Some(first) if is_late(first) => CountedAs::Late,
        Some(first) if first.converted => CountedAs::Repeat,
        Some(_) => CountedAs::Conversion,
    }
}

/// An event that is not the target.
fn count_metric_event(
    record: &EventRecord,
    subject: &EventSubject,
    first: Option<&FirstExposure>,
) -> CountedAs {
    let mut metrics = subject.experiment.metrics_of(&record.event_name).peekable();
    if metrics.peek().is_none() {
        return CountedAs::Other;
    }
    match first {
        _ if !subject.is_running => CountedAs::Stopped,
        None => CountedAs::Early,
        Some(first) if metrics.all(|metric| metric.is_late(first.elapsed_micros(record.recorded_at))) => {
            CountedAs::Late
        }
        Some(_) => CountedAs::Metric,
    }
}

/// What the metrics of `experiment` take of an event, for a visitor who is no bot.
fn metric_events(
    record: &EventRecord,
    experiment: &Experiment,
    first: &FirstExposure,
    counted_from: &CountedFrom,
) -> Vec<MetricEvent> {
    let elapsed = first.elapsed_micros(record.recorded_at);
    let counts_visitor = |metric: &&Metric| {
        let key = (Arc::clone(&experiment.test_id), Arc::clone(&metric.key));
        // One that is not noted yet cannot be: the writer notes all of a batch before.
        counted_from.get(&key).is_some_and(|from| from.is_none_or(|from| first.recorded_at >= from))
    };
    if first.is_bot() {
        return Vec::new();
    }
    experiment
        .metrics_of(&record.event_name)
        .filter(|metric| !metric.is_late(elapsed))
        .filter(counts_visitor)
        .map(|metric| MetricEvent {
            visitor: Arc::clone(&record.visitor),
            test_id: Arc::clone(&experiment.test_id),
            metric: metric.clone(),
            epoch: Arc::clone(&first.epoch),
            drawn_variant: Arc::clone(&first.drawn_variant),
            day: first.recorded_at.start_of_day(),
            value: record.value,
        })
        .collect()
}

impl Plan<'_> {
    fn count(&mut self, experiment: &Arc<Experiment>, first: &FirstExposure, at: Timestamp, tally: Tally) {
        let key = TotalKey {
            test_id: Arc::clone(&experiment.test_id),
            variant: Arc::clone(&first.variant),
            drawn_variant: Arc::clone(&first.drawn_variant),
            epoch: Arc::clone(&first.epoch),
            day: first.recorded_at.start_of_day(),
            device: Arc::clone(&first.device),
            visitor_kind: Arc::clone(&first.visitor_kind),
        };
        self.totals.entry(key).or_default().add(tally);
        if first.is_bot() {
            if tally.exposures > 0 {
                self.signal(&experiment.test_id, signal::BOTS);
            }
            return;
        }
        let key = TimelineKey {
            test_id: Arc::clone(&experiment.test_id),
            variant: Arc::clone(&first.variant),
            drawn_variant: Arc::clone(&first.drawn_variant),
            epoch: Arc::clone(&first.epoch),
            hour: at.start_of_hour(),
        };
        self.timeline.entry(key).or_default().add(tally);
        for (count, kind) in [(tally.exposures, StepKind::Exposed), (tally.converters, StepKind::Converted)] {
            if count > 0 {
                self.step(experiment, first, kind, at);
            }
        }
    }

    fn step(&mut self, experiment: &Arc<Experiment>, first: &FirstExposure, kind: StepKind, at: Timestamp) {
        let (epoch, drawn_variant) = (Arc::clone(&first.epoch), Arc::clone(&first.drawn_variant));
        let key = (Arc::clone(&experiment.test_id), Arc::clone(&epoch), Arc::clone(&drawn_variant));
        let of_version = VersionKey {
            test_id: Arc::clone(&experiment.test_id),
            app_version: Arc::clone(&first.app_version),
            day: first.recorded_at.start_of_day(),
            epoch: Arc::clone(&epoch),
            drawn_variant: Arc::clone(&drawn_variant),
        };
        for tally in [self.draws.entry(key).or_default(), self.version_totals.entry(of_version).or_default()]
        {
            match kind {
                StepKind::Exposed => tally.exposures += 1,
                StepKind::Converted => tally.converters += 1,
            }
        }
        let delay = Delay::between(first.recorded_at, at);
        if kind == StepKind::Exposed || delay.is_some() {
            let (test_id, app_version) = (Arc::clone(&experiment.test_id), Arc::clone(&first.app_version));
            let delay = delay.filter(|_| kind == StepKind::Converted);
            *self.counters.entry(CounterKey { test_id, app_version, delay }).or_default() += 1;
        }
        self.steps.push(Step { experiment: Arc::clone(experiment), epoch, drawn_variant, kind, at });
    }

    fn signal(&mut self, test_id: &Arc<str>, name: &'static str) {
        *self.signals.entry((Arc::clone(test_id), name)).or_default() += 1;
    }

    fn signal_event(&mut self, test_id: &Arc<str>, counted_as: CountedAs, variant_mismatch: bool) {
        match counted_as {
            CountedAs::Early => self.signal(test_id, signal::EARLY_EVENTS),
            CountedAs::Stopped => self.signal(test_id, signal::STOPPED_EVENTS),
            CountedAs::Late => self.signal(test_id, signal::LATE_EVENTS),
            CountedAs::Other => self.signal(test_id, signal::UNKNOWN_EVENTS),
            CountedAs::Conversion | CountedAs::Repeat | CountedAs::Metric | CountedAs::Qa => {}
        }
        if variant_mismatch {
            self.signal(test_id, signal::FALSE_VARIANTS);
        }
    }
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.exposures += other.exposures;
        self.events += other.events;
        self.converters += other.converters;
    }
}
