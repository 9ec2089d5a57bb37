//! Reading one field of an entry after the other, noting every mistake.

use super::document::Node;
use super::parse::DefinitionFault;
use dashly_kernel::{Timestamp, check_text};
use std::collections::HashSet;

const MAX_KEY_CHARACTERS: usize = 64;
const MAX_TEXT_CHARACTERS: usize = 2_000;
/// Weights and traffic are read in millionths, so that every language draws the same thresholds from them.
const MILLION: f64 = 1_000_000.0;

pub(super) fn fault(pointer: impl Into<String>, detail: impl Into<String>) -> DefinitionFault {
    DefinitionFault { pointer: pointer.into(), detail: detail.into() }
}

/// Notes every mistake and oddity on its way through the file.
#[derive(Default)]
pub(super) struct Reader {
    pub faults: Vec<DefinitionFault>,
    pub warnings: Vec<DefinitionFault>,
    pub seen_ids: HashSet<String>,
}

/// The fields of one entry, taken out one by one; what is left over is unknown.
pub(super) struct Entry {
    pub pointer: String,
    pub name: String,
    pub fields: Vec<(String, Node)>,
}

impl Entry {
    pub(super) fn take(&mut self, key: &str) -> Option<Node> {
        let position = self.fields.iter().position(|(name, _)| name == key)?;
        Some(self.fields.swap_remove(position).1)
    }
}

impl Reader {
    pub(super) fn fail(&mut self, pointer: impl Into<String>, detail: impl Into<String>) {
        self.faults.push(fault(pointer, detail));
    }

    pub(super) fn fail_field(&mut self, entry: &Entry, field: &str, detail: impl std::fmt::Display) {
        self.fail(format!("{}/{field}", entry.pointer), format!("{}: `{field}` {detail}", entry.name));
    }

    /// A key is part of a cookie's name or value.
    pub(super) fn key(&mut self, entry: &mut Entry, field: &str) -> Option<String> {
        let text = self.required_text(entry, field)?;
        if is_key(&text) {
            Some(text)
        } else {
            self.fail_field(entry, field, format!("must be {KEY_RULE}, found `{text}`"));
            None
        }
    }

    pub(super) fn required_text(&mut self, entry: &mut Entry, field: &str) -> Option<String> {
        if let Some(node) = entry.take(field) {
            self.text(entry, field, node)
        } else {
            self.fail_field(entry, field, "is missing");
            None
        }
    }

    pub(super) fn optional_text(&mut self, entry: &mut Entry, field: &str) -> Option<String> {
        match entry.take(field) {
            None | Some(Node::Null) => None,
            Some(node) => self.text(entry, field, node),
        }
    }

    pub(super) fn text(&mut self, entry: &Entry, field: &str, node: Node) -> Option<String> {
        let Node::Text(text) = node else {
            self.fail_field(entry, field, format!("must be text, found {}", node.kind()));
            return None;
        };
        match check_text(&text, MAX_TEXT_CHARACTERS) {
            Ok(()) => Some(text),
            Err(error) => {
                self.fail_field(entry, field, error);
                None
            }
        }
    }

    pub(super) fn moment(&mut self, entry: &mut Entry, field: &str) -> Option<Timestamp> {
        let text = self.optional_text(entry, field)?;
        let moment = Timestamp::parse_rfc3339(&text);
        if moment.is_none() {
            self.fail_field(entry, field, format!("must be like 2026-01-31T09:00:00Z, found `{text}`"));
        }
        moment
    }

    /// A number that `accepts` takes; anything else is a mistake that says `expected`.
    pub(super) fn optional_number(
        &mut self,
        entry: &mut Entry,
        field: &str,
        accepts: impl Fn(f64) -> bool,
        expected: &str,
    ) -> Option<f64> {
        match entry.take(field) {
            None | Some(Node::Null) => None,
            Some(Node::Number { value, .. }) if accepts(value) => Some(value),
            Some(_) => {
                self.fail_field(entry, field, format!("must be {expected}"));
                None
            }
        }
    }

    pub(super) fn flag(&mut self, entry: &mut Entry, field: &str) -> bool {
        match entry.take(field) {
            None | Some(Node::Null) => false,
            Some(Node::Boolean(value)) => value,
            Some(node) => {
                self.fail_field(entry, field, format!("must be true or false, found {}", node.kind()));
                false
            }
        }
    }

    pub(super) fn warn(&mut self, entry: &Entry, field: &str, detail: impl std::fmt::Display) {
        self.warnings
            .push(fault(format!("{}/{field}", entry.pointer), format!("{}: `{field}` {detail}", entry.name)));
    }

    pub(super) fn warn_of_unknown_fields(&mut self, entry: &Entry) {
        for (field, _) in entry.fields.iter().filter(|(field, _)| !field.starts_with('_')) {
            self.warnings.push(fault(
                format!("{}/{field}", entry.pointer),
                format!("{}: nothing reads the field `{field}`", entry.name),
            ));
        }
    }
}

pub(super) const KEY_RULE: &str = "1 to 64 letters, digits, `_`, `.` or `-`";

/// What can be part of a cookie's name and value without quoting.
pub(super) fn is_key(text: &str) -> bool {
    (1..=MAX_KEY_CHARACTERS).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'))
}

/// `number` in whole millionths, if it is between 0 and `most`.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::as_conversions,
    reason = "the number is between 0 and 10^12 after the check"
)]
pub(super) fn to_millionths(number: f64, most: f64) -> Option<u64> {
    (0.0..=most).contains(&number).then(|| (number * MILLION).round() as u64)
}
