//! The results again, counted from the raw rows by other means than the server's.
//!
//! What is recounted: `experiment_totals`, `experiment_timeline`, `experiment_draws`, `experiment_version_totals`,
//! `experiment_signals` and the totals of the metrics, each as sorted lines of text, so that a difference shows as a difference of lines.

use crate::rows::{EventRow, ExposureRow, events, exposures};
use dashly_db::{Sql, sql};
use dashly_kernel::Timestamp;
use dashly_testkit::TestApp;
use std::collections::{BTreeMap, HashMap};

/// The tables, line by line.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Counts {
    pub(crate) totals: Vec<String>,
    pub(crate) timeline: Vec<String>,
    pub(crate) draws: Vec<String>,
    pub(crate) versions: Vec<String>,
    pub(crate) signals: Vec<String>,
    pub(crate) metrics: Vec<String>,
}

/// The target event of each experiment of a history, and its conversion window in seconds.
pub(crate) type Targets<'a> = &'a [(&'a str, &'a str, Option<i64>)];

/// A metric of an experiment of a history.
#[derive(Debug)]
pub(crate) struct WatchedMetric {
    pub(crate) test_id: &'static str,
    pub(crate) event: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) cap: f64,
    pub(crate) window_seconds: i64,
}

/// The totals of all metrics by day and label. Which metric is not named: the server knows it by a fingerprint.
pub(crate) fn watched(
    exposures: &[ExposureRow],
    events: &[EventRow],
    metrics: &[WatchedMetric],
) -> Vec<String> {
    let firsts = first_exposures(exposures);
    let mut lines = Vec::new();
    for metric in metrics {
        let mut cells: BTreeMap<String, Vec<f64>> = BTreeMap::new();
        for first in firsts.values().filter(|first| first.test_id == metric.test_id && first.device != "bot")
        {
            let is_taken = |event: &&EventRow| {
                event.visitor == first.visitor
                    && event.test_id.as_deref() == Some(metric.test_id)
                    && event.name == metric.event
                    && event.counted_as != "stopped"
                    && first.recorded_at <= event.recorded_at
                    && event.recorded_at <= first.recorded_at.plus_seconds(metric.window_seconds)
            };
            let taken: Vec<&EventRow> = events.iter().filter(is_taken).collect();
            if taken.is_empty() {
                continue;
            }
            let amount = match metric.kind {
                "count" => taken.iter().map(|_| 1.0).sum::<f64>().min(metric.cap),
                "value" => {
                    let sum: f64 = taken.iter().filter_map(|event| event.value).sum();
                    sum.clamp(-metric.cap, metric.cap)
                }
                _ => 0.0,
            };
            let day = first.recorded_at.start_of_day();
            let cell = format!("{} {} {} {day}", first.test_id, first.epoch, first.drawn_variant);
            cells.entry(cell).or_default().push(amount);
        }
        lines.extend(cells.into_iter().map(|(cell, amounts)| {
            let (sum, squares) = (amounts.iter().sum(), amounts.iter().map(|amount| amount * amount).sum());
            metric_line(&cell, amounts.len(), sum, squares)
        }));
    }
    lines.sort();
    lines
}

/// With as many digits as survive another order of summing.
fn metric_line(cell: &str, converters: usize, sum: f64, squares: f64) -> String {
    let rounded = |number: f64| format!("{:.9e}", if number.abs() < 1e-3 { 0.0 } else { number });
    format!("{cell} {converters} {} {}", rounded(sum), rounded(squares))
}

/// What the server keeps, once it has stored everything that it took in. Of other servers a test has to wait by itself.
pub(crate) async fn kept(app: &TestApp) -> Counts {
    const TOTALS: Sql = sql!(
        "select test_id, variant, drawn_variant, epoch, day, device, visitor_kind, exposures, events, converters
         from experiment_totals"
    );
    const TIMELINE: Sql = sql!(
        "select test_id, variant, drawn_variant, epoch, hour, exposures, events, converters
             from experiment_timeline"
    );
    const DRAWS: Sql =
        sql!("select test_id, epoch, drawn_variant, exposures, converters from experiment_draws");
    const VERSIONS: Sql = sql!(
        "select test_id, app_version, epoch, drawn_variant, day, exposures, converters from experiment_version_totals"
    );
    const SIGNALS: Sql = sql!("select test_id, signal, count from experiment_signals");
    const METRICS: Sql = sql!(
        "select test_id, epoch, drawn_variant, day, converters, total, total_of_squares from experiment_metric_totals"
    );
    app.server().stored_everything().await;
    let mut counts = Counts::default();
    for row in app.db.fetch_all(TOTALS.query()).await.unwrap() {
        let texts: Vec<String> =
            [0, 1, 2, 3, 5, 6].into_iter().map(|column| row.get::<String>(column).unwrap()).collect();
        let day: Timestamp = row.get(4).unwrap();
        let numbers: Vec<i64> = (7..10).map(|column| row.get(column).unwrap()).collect();
        counts.totals.push(format!("{} {day} {numbers:?}", texts.join(" ")));
    }
    for row in app.db.fetch_all(TIMELINE.query()).await.unwrap() {
        let texts: Vec<String> = (0..4).map(|column| row.get::<String>(column).unwrap()).collect();
        let hour: Timestamp = row.get(4).unwrap();
        let numbers: Vec<i64> = (5..8).map(|column| row.get(column).unwrap()).collect();
        counts.timeline.push(format!("{} {hour} {numbers:?}", texts.join(" ")));
    }
    for row in app.db.fetch_all(DRAWS.query()).await.unwrap() {
        let texts: Vec<String> = (0..3).map(|column| row.get::<String>(column).unwrap()).collect();
        let numbers: Vec<i64> = (3..5).map(|column| row.get(column).unwrap()).collect();
        counts.draws.push(format!("{} {numbers:?}", texts.join(" ")));
    }
    for row in app.db.fetch_all(VERSIONS.query()).await.unwrap() {
        let texts: Vec<String> = (0..4).map(|column| row.get::<String>(column).unwrap()).collect();
        let day: Timestamp = row.get(4).unwrap();
        let numbers: Vec<i64> = (5..7).map(|column| row.get(column).unwrap()).collect();
        counts.versions.push(format!("{} {day} {numbers:?}", texts.join(" ")));
    }
    for row in app.db.fetch_all(SIGNALS.query()).await.unwrap() {
        let (test_id, signal): (String, String) = (row.get(0).unwrap(), row.get(1).unwrap());
        counts.signals.push(format!("{test_id} {signal} {}", row.get::<i64>(2).unwrap()));
    }
    for row in app.db.fetch_all(METRICS.query()).await.unwrap() {
        let texts: Vec<String> = (0..3).map(|column| row.get::<String>(column).unwrap()).collect();
        let day: Timestamp = row.get(3).unwrap();
        let converters = usize::try_from(row.get::<i64>(4).unwrap()).unwrap();
        let cell = format!("{} {day}", texts.join(" "));
        counts.metrics.push(metric_line(&cell, converters, row.get(5).unwrap(), row.get(6).unwrap()));
    }
    counts.sort();
    counts
}

/// What the raw rows say. Exposures and events are interleaved by time, so a history has to move the clock at each
/// step: then the time tells what came first.
pub(crate) async fn recounted(app: &TestApp, targets: Targets<'_>, metrics: &[WatchedMetric]) -> Counts {
    let (exposures, events) = (exposures(app).await, events(app).await);
    let mut counts = Counts::default();
    let firsts = first_exposures(&exposures);
    let mut totals: BTreeMap<String, [i64; 3]> = BTreeMap::new();
    let mut timeline: BTreeMap<String, [i64; 3]> = BTreeMap::new();
    let mut draws: BTreeMap<String, [i64; 2]> = BTreeMap::new();
    let mut versions: BTreeMap<String, [i64; 2]> = BTreeMap::new();
    let mut signals: BTreeMap<(String, &str), i64> = BTreeMap::new();
    let mut add = |first: &ExposureRow, at: Timestamp, change: [i64; 3]| {
        let ExposureRow { test_id, variant, drawn_variant, epoch, device, visitor_kind, recorded_at, .. } =
            first;
        let day = recorded_at.start_of_day();
        let total = format!("{test_id} {variant} {drawn_variant} {epoch} {device} {visitor_kind} {day}");
        let hour = format!("{test_id} {variant} {drawn_variant} {epoch} {}", at.start_of_hour());
        add_up(totals.entry(total).or_default(), change);
        if device != "bot" {
            add_up(timeline.entry(hour).or_default(), change);
            let version = format!("{test_id} {} {epoch} {drawn_variant} {day}", first.app_version);
            let visitors = [change[0], change[2]];
            add_up(draws.entry(format!("{test_id} {epoch} {drawn_variant}")).or_default(), visitors);
            add_up(versions.entry(version).or_default(), visitors);
        }
    };
    for first in firsts.values() {
        add(first, first.recorded_at, [1, 0, 0]);
    }
    let mut converted: HashMap<(&str, &str), Timestamp> = HashMap::new();
    for event in &events {
        let Some(test_id) = event.test_id.as_deref() else { continue };
        let key = (event.visitor.as_str(), test_id);
        let first = firsts.get(&key).filter(|first| first.recorded_at <= event.recorded_at);
        let target = targets.iter().find(|(test, name, _)| *test == test_id && *name == event.name);
        let is_late = |first: &ExposureRow| {
            let window = target.and_then(|(_, _, window)| *window);
            window.is_some_and(|seconds| event.recorded_at > first.recorded_at.plus_seconds(seconds))
        };
        if event.counted_as == "stopped" {
            *signals.entry((test_id.to_owned(), "stopped_events")).or_default() += 1;
        } else if target.is_some() {
            match first {
                Some(first) if is_late(first) => {
                    *signals.entry((test_id.to_owned(), "late_events")).or_default() += 1;
                }
                Some(first) => {
                    let is_new = !converted.contains_key(&key);
                    converted.entry(key).or_insert(event.recorded_at);
                    add(first, event.recorded_at, [0, 1, i64::from(is_new)]);
                }
                None => *signals.entry((test_id.to_owned(), "early_events")).or_default() += 1,
            }
        } else if let Some(signal) = signal_of_another(event, first.copied(), metrics) {
            *signals.entry((test_id.to_owned(), signal)).or_default() += 1;
        }
        if is_false(event, first) {
            *signals.entry((test_id.to_owned(), "false_variants")).or_default() += 1;
        }
    }
    count_visitors(&exposures, &firsts, &converted, &mut signals);
    for (name, rows) in [("exposure_rows", exposures.len()), ("event_rows", events.len())] {
        if rows > 0 {
            signals.insert((String::new(), name), i64::try_from(rows).unwrap());
        }
    }
    counts.totals = totals.into_iter().map(|(key, numbers)| format!("{key} {numbers:?}")).collect();
    counts.timeline = timeline.into_iter().map(|(key, numbers)| format!("{key} {numbers:?}")).collect();
    counts.draws = draws.into_iter().map(|(key, numbers)| format!("{key} {numbers:?}")).collect();
    counts.versions = versions.into_iter().map(|(key, numbers)| format!("{key} {numbers:?}")).collect();
    counts.signals =
        signals.into_iter().map(|((test, name), count)| format!("{test} {name} {count}")).collect();
    counts.metrics = watched(&exposures, &events, metrics);
    counts.sort();
    counts
}

fn add_up<const N: usize>(sum: &mut [i64; N], more: [i64; N]) {
    sum.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
}

/// What an event that is not the target adds to the signals; none for one that a metric takes.
fn signal_of_another(
    event: &EventRow,
    first: Option<&ExposureRow>,
    metrics: &[WatchedMetric],
) -> Option<&'static str> {
    let mut asking = metrics
        .iter()
        .filter(|metric| Some(metric.test_id) == event.test_id.as_deref() && metric.event == event.name)
        .peekable();
    if asking.peek().is_none() {
        return Some("unknown_events");
    }
    let Some(first) = first else { return Some("early_events") };
    let is_late =
        |metric: &WatchedMetric| event.recorded_at > first.recorded_at.plus_seconds(metric.window_seconds);
    asking.all(is_late).then_some("late_events")
}

/// What each visitor adds to the signals; the rows must agree on who converted when.
fn count_visitors<'a>(
    exposures: &[ExposureRow],
    firsts: &HashMap<(&'a str, &'a str), &ExposureRow>,
    converted: &HashMap<(&str, &str), Timestamp>,
    signals: &mut BTreeMap<(String, &str), i64>,
) {
    for (key, first) in firsts {
        let variants =
            exposures.iter().filter(|row| (row.visitor.as_str(), row.test_id.as_str()) == *key).count();
        if first.device == "bot" {
            *signals.entry((first.test_id.clone(), "bots")).or_default() += 1;
        }
        if variants > 1 {
            *signals.entry((first.test_id.clone(), "several_variants")).or_default() += 1;
        }
        assert_eq!(first.converted_at, converted.get(key).copied(), "{first:?}");
    }
}

impl Counts {
    fn sort(&mut self) {
        self.totals.sort();
        self.timeline.sort();
        self.draws.sort();
        self.versions.sort();
        self.signals.sort();
        self.metrics.sort();
    }
}

/// The earliest exposure of each visitor and experiment; the rows must agree on it.
fn first_exposures(exposures: &[ExposureRow]) -> HashMap<(&str, &str), &ExposureRow> {
    let mut firsts: HashMap<(&str, &str), &ExposureRow> = HashMap::new();
    for row in exposures {
        let first = firsts.entry((&row.visitor, &row.test_id)).or_insert(row);
        assert_eq!(row.is_first, std::ptr::eq(*first, row), "{row:?}");
        assert!(row.is_first || row.converted_at.is_none(), "{row:?}");
    }
    firsts
}

/// The variant that a visitor has is that of the first exposure, else the one stored with the event.
fn is_false(event: &EventRow, first: Option<&&ExposureRow>) -> bool {
    let truth = first.map(|first| first.variant.as_str()).or(event.variant.as_deref());
    match (&event.reported_variant, truth) {
        (Some(reported), Some(truth)) => reported != truth,
        _ => false,
    }
}
