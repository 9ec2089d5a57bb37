//! What else an experiment is watched for: `metrics` and `guardrails`.

use super::document::Node;
use super::fields::{Entry, KEY_RULE, Reader, is_key};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use utoipa::ToSchema;

/// Each costs two small rows a day and one for each visitor with such an event.
const MAX_METRICS: usize = 50;
/// More of one event by one visitor is a script or a fault.
const DEFAULT_COUNT_CAP: f64 = 100.0;
const LARGEST_CAP: f64 = 1e9;
/// Counts and values rest on closed windows; a week has every weekday once.
const DEFAULT_WINDOW_SECONDS: i64 = 7 * 86_400;

/// What is measured of a visitor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MetricKind {
    /// Whether the event happened at all.
    Conversion,
    /// How often it happened.
    Count,
    /// The sum of its values.
    Value,
}

impl MetricKind {
    /// The word in the file.
    const fn as_str(self) -> &'static str {
        match self {
            Self::Conversion => "conversion",
            Self::Count => "count",
            Self::Value => "value",
        }
    }
}

/// Which way is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MetricDirection {
    /// More is better.
    Increase,
    /// Less is better.
    Decrease,
}

/// What a metric is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricRole {
    /// Of interest beside the target event.
    Secondary,
    /// Must not get worse.
    Guardrail,
}

/// One entry of `metrics` or `guardrails`, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    /// For people; distinct within the experiment.
    pub name: String,
    /// The event that it counts.
    pub event: String,
    /// What is measured of a visitor.
    pub kind: MetricKind,
    /// Which way is good.
    pub direction: MetricDirection,
    /// What it is for.
    pub role: MetricRole,
    /// The largest count or value taken of one visitor, above 0; none for a conversion.
    pub cap: Option<f64>,
    /// How long after the exposure an event counts; none for as long as the experiment runs.
    pub window_seconds: Option<i64>,
    /// Names what is counted in the database: a fingerprint of event, kind, cap and window. A new name or direction
    /// goes on with the same counts, another cap begins anew.
    pub key: Arc<str>,
}

impl Metric {
    /// Whether an event `elapsed` after the first exposure is too late.
    pub(crate) fn is_late(&self, elapsed_micros: i64) -> bool {
        self.window_seconds.is_some_and(|seconds| elapsed_micros > seconds.saturating_mul(1_000_000))
    }

    /// What is taken of a visitor whose counts or values sum to `amount`.
    pub(crate) fn capped(&self, amount: f64) -> f64 {
        self.cap.map_or(amount, |cap| amount.clamp(-cap, cap))
    }
}

impl Reader {
    /// `metrics` and then `guardrails`, in file order.
    pub(super) fn metrics(&mut self, entry: &mut Entry, conversion_window: Option<i64>) -> Vec<Metric> {
        let mut metrics: Vec<Metric> = Vec::new();
        for (field, role) in [("metrics", MetricRole::Secondary), ("guardrails", MetricRole::Guardrail)] {
            let nodes = match entry.take(field) {
                None | Some(Node::Null) => continue,
                Some(Node::List(nodes)) => nodes,
                Some(node) => {
                    let kind = node.kind();
                    self.fail_field(entry, field, format!("must be a list of metrics, found {kind}"));
                    continue;
                }
            };
            for (index, node) in nodes.into_iter().enumerate() {
                let Node::Object(fields) = node else {
                    let found = node.kind();
                    self.fail_field(
                        entry,
                        &format!("{field}/{index}"),
                        format!("must be an object, found {found}"),
                    );
                    continue;
                };
                let pointer = format!("{}/{field}/{index}", entry.pointer);
                let name = format!("{}, {field} {index}", entry.name);
                let mut fields = Entry { pointer, name, fields };
                if let Some(metric) = self.metric(&mut fields, role, conversion_window) {
                    self.refuse_twins(&fields, &metrics, &metric);
                    metrics.push(metric);
                }
            }
        }
        if metrics.len() > MAX_METRICS {
            let found = metrics.len();
            self.fail_field(
                entry,
                "metrics",
                format!("and `guardrails` have at most {MAX_METRICS} entries, found {found}"),
            );
        }
        metrics
    }

    fn metric(
        &mut self,
        entry: &mut Entry,
        role: MetricRole,
        conversion_window: Option<i64>,
    ) -> Option<Metric> {
        let event = self.required_text(entry, "event");
        let kind = self.choice(
            entry,
            "kind",
            &[MetricKind::Conversion, MetricKind::Count, MetricKind::Value].map(|kind| (kind.as_str(), kind)),
        );
        let direction = self.choice(
            entry,
            "direction",
            &[("increase", MetricDirection::Increase), ("decrease", MetricDirection::Decrease)],
        );
        let name = self.optional_text(entry, "name");
        if let Some(name) = name.as_deref().filter(|name| !is_key(name)) {
            self.fail_field(entry, "name", format!("must be {KEY_RULE}, found `{name}`"));
        }
        let has_cap = entry.fields.iter().any(|(field, node)| field == "cap" && *node != Node::Null);
        let is_cap = |number| number > 0.0 && number <= LARGEST_CAP;
        let cap = self.optional_number(entry, "cap", is_cap, "a number above 0 and up to 1,000,000,000");
        let window = self.window(entry, "window");
        self.warn_of_unknown_fields(entry);

        let (event, kind, direction) = (event?, kind?, direction?);
        let cap = match kind {
            MetricKind::Conversion if has_cap => {
                self.fail_field(entry, "cap", "has no meaning for a conversion: a visitor converts once");
                return None;
            }
            MetricKind::Conversion => None,
            MetricKind::Count => Some(cap.unwrap_or(DEFAULT_COUNT_CAP)),
            MetricKind::Value if !has_cap => {
                let detail = "is needed for a value: the largest sum taken of one visitor, so that a few very large \
                              ones do not drown the rest";
                self.fail_field(entry, "cap", detail);
                return None;
            }
            MetricKind::Value => Some(cap?),
        };
        let window_seconds = window.or(conversion_window).or(match kind {
            MetricKind::Conversion => None,
            MetricKind::Count | MetricKind::Value => Some(DEFAULT_WINDOW_SECONDS),
        });
        let key = fingerprint(&event, kind, cap, window_seconds).into();
        let name = name.unwrap_or_else(|| event.clone());
        Some(Metric { name, event, kind, direction, role, cap, window_seconds, key })
    }

    fn choice<T: Copy>(&mut self, entry: &mut Entry, field: &str, choices: &[(&str, T)]) -> Option<T> {
        let text = self.required_text(entry, field)?;
        let found = choices.iter().find(|(word, _)| *word == text).map(|(_, choice)| *choice);
        if found.is_none() {
            let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
            self.fail_field(entry, field, format!("must be {}, found `{text}`", words.join(" or ")));
        }
        found
    }

    fn refuse_twins(&mut self, entry: &Entry, known: &[Metric], metric: &Metric) {
        if known.iter().any(|other| other.name == metric.name) {
            let detail =
                format!("`{}` is used by an earlier metric too: give each a `name` of its own", metric.name);
            self.fail_field(entry, "name", detail);
        } else if let Some(twin) = known.iter().find(|other| other.key == metric.key) {
            self.fail_field(
                entry,
                "event",
                format!("counts the same as `{}`: event, kind, cap and window", twin.name),
            );
        }
    }

    /// `value_metric` names the metric that is the experiment's revenue.
    pub(super) fn value_metric(&mut self, entry: &mut Entry, metrics: &[Metric]) {
        let Some(name) = self.optional_text(entry, "value_metric") else { return };
        let is_value = |metric: &Metric| metric.name == name && metric.kind == MetricKind::Value;
        if !metrics.iter().any(is_value) {
            self.warn(
                entry,
                "value_metric",
                format!("names `{name}`, which is no entry of `metrics` with the kind `value`"),
            );
        }
    }
}

/// Sixteen hexadecimal digits that change with what is counted.
fn fingerprint(event: &str, kind: MetricKind, cap: Option<f64>, window_seconds: Option<i64>) -> String {
    let mut hash = Sha256::new();
    hash.update(kind.as_str().as_bytes());
    // The event comes last, so that no event can spell another definition.
    hash.update(cap.unwrap_or(0.0).to_bits().to_be_bytes());
    hash.update(window_seconds.unwrap_or(-1).to_be_bytes());
    hash.update(event.as_bytes());
    let mut first = [0_u8; 8];
    first.iter_mut().zip(hash.finalize().iter()).for_each(|(to, from)| *to = *from);
    format!("{:016x}", u64::from_be_bytes(first))
}
