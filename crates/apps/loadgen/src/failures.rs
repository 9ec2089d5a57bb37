//! What went wrong, by kind, with the first examples of each.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Serialize, Serializer};
use thiserror::Error;

use crate::site::REQUEST_TIMEOUT_SECONDS;

/// How many examples a report keeps over all kinds; each kind keeps at least one.
const MOST_EXAMPLES: usize = 10;

/// The kind of a failure. Its text is also its JSON form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum FailureKind {
    /// Nothing accepted the connection.
    CannotConnect,
    /// No complete answer in time.
    Timeout,
    /// The connection broke.
    ConnectionBroke,
    /// A status other than 200.
    Status(u16),
    /// A 200 whose body does not have the documented form.
    ReplyNotUnderstood,
    /// A 200 that cannot be true next to another answer or to what was sent.
    Contradiction,
    /// A visitor that takes part in a test was shown it, and no answer acknowledged the exposure.
    ExposureNotAcknowledged,
}

impl fmt::Display for FailureKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CannotConnect => formatter.write_str("cannot connect"),
            Self::Timeout => write!(formatter, "no answer within {REQUEST_TIMEOUT_SECONDS} s"),
            Self::ConnectionBroke => formatter.write_str("connection broke"),
            Self::Status(status) => write!(formatter, "answered {status}"),
            Self::ReplyNotUnderstood => formatter.write_str("reply not understood"),
            Self::Contradiction => formatter.write_str("contradiction"),
            Self::ExposureNotAcknowledged => formatter.write_str("exposure not acknowledged"),
        }
    }
}

impl Serialize for FailureKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// One failure, with what was asked and what came.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct Failure {
    /// Its kind.
    pub kind: FailureKind,
    /// What failed and how, one line, without a full stop.
    pub message: String,
}

/// All failures of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FailureGroup {
    /// Their kind.
    pub kind: FailureKind,
    /// How many there were.
    pub count: u64,
    /// The first few different messages, in the order in which they came.
    pub first: Vec<String>,
}

/// Collects failures while a run goes on.
#[derive(Debug, Default)]
pub(crate) struct FailureLog {
    groups: BTreeMap<FailureKind, FailureGroup>,
    examples: usize,
}

impl FailureLog {
    pub(crate) fn add(&mut self, failure: Failure) {
        let Failure { kind, message } = failure;
        let group =
            self.groups.entry(kind).or_insert_with(|| FailureGroup { kind, count: 0, first: Vec::new() });
        group.count += 1;
        let room = group.first.is_empty() || self.examples < MOST_EXAMPLES;
        if room && !group.first.contains(&message) {
            group.first.push(message);
            self.examples += 1;
        }
    }

    /// The most frequent kind first.
    pub(crate) fn into_groups(self) -> Vec<FailureGroup> {
        let mut groups: Vec<FailureGroup> = self.groups.into_values().collect();
        groups.sort_by_key(|group| std::cmp::Reverse(group.count));
        groups
    }
}

/// The failures as lines of a report, each ended by a line feed.
pub(crate) fn render(groups: &[FailureGroup]) -> String {
    if groups.is_empty() {
        return "No request failed and no answer contradicts another.\n".to_owned();
    }
    let mut lines = vec!["Failures:".to_owned()];
    for group in groups {
        lines.push(format!("  {} × {}, first:", group.count, group.kind));
        lines.extend(group.first.iter().map(|message| format!("      {message}")));
    }
    lines.push(String::new());
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_different_examples_are_kept_and_one_of_every_kind() {
        let mut log = FailureLog::default();
        for number in 0..40 {
            log.add(Failure { kind: FailureKind::Status(503), message: format!("full {}", number / 2) });
        }
        log.add(Failure { kind: FailureKind::Timeout, message: "late".to_owned() });
        let groups = log.into_groups();
        assert_eq!((groups[0].count, groups[0].first.len()), (40, 10));
        assert_eq!((groups[1].count, groups[1].first.as_slice()), (1, ["late".to_owned()].as_slice()));
        let text = render(&groups);
        assert!(text.contains("40 × answered 503, first:\n      full 0\n      full 1\n"), "{text}");
    }
}
