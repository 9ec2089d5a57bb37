//! From the text of `tests.json` to checked experiments, or to every mistake in it.

use super::document::Node;
use super::experiment::{Definitions, Experiment, Layer, Status, Variant};
use crate::assignment::{VISITOR_COOKIE, epoch_fingerprint};
use dashly_kernel::{Timestamp, check_text};
use serde::Serialize;
use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;
use utoipa::ToSchema;

/// A visitor's cookies have to fit in one header, so there is an end to the number of experiments.
const MAX_EXPERIMENTS: usize = 1_000;
const MAX_VARIANTS: usize = 20;
const MAX_KEY_CHARACTERS: usize = 64;
const MAX_TEXT_CHARACTERS: usize = 2_000;
/// Weights and traffic are read in millionths, so that every language draws the same thresholds from them.
const MILLION: f64 = 1_000_000.0;
const FULL: u128 = 1 << 64;

/// A place in the file and what is wrong there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DefinitionFault {
    /// JSON Pointer of the place; the entry's `test_id` is part of the detail.
    pub pointer: String,
    /// What was found and what is allowed.
    pub detail: String,
}

/// A file that can be used.
#[derive(Debug)]
pub struct Parsed {
    /// Its experiments.
    pub definitions: Definitions,
    /// What is odd but harmless, such as a field nobody reads.
    pub warnings: Vec<DefinitionFault>,
}

/// Reads and checks the text of `tests.json` as a whole.
///
/// # Errors
/// Every mistake found: nothing of a file with a mistake is used.
pub fn parse_definitions(text: &[u8]) -> Result<Parsed, Vec<DefinitionFault>> {
    let root: Node = serde_json::from_slice(text)
        .map_err(|error| vec![fault("", format!("the file is not valid JSON: {error}"))])?;
    let Node::Object(top) = root else {
        return Err(vec![fault(
            "",
            format!("expected an object with the key `experiments`, found {}", root.kind()),
        )]);
    };
    let Some((_, Node::List(entries))) = top.into_iter().find(|(key, _)| key == "experiments") else {
        return Err(vec![fault("/experiments", "expected a list of experiments")]);
    };
    let mut reader = Reader::default();
    if entries.len() > MAX_EXPERIMENTS {
        reader
            .fail("/experiments", format!("at most {MAX_EXPERIMENTS} experiments, found {}", entries.len()));
    }
    let mut layers = HashMap::new();
    let experiments: Vec<_> = entries
        .into_iter()
        .enumerate()
        .filter_map(|(index, entry)| reader.experiment(index, entry, &mut layers))
        .collect();
    if reader.faults.is_empty() {
        Ok(Parsed { definitions: Definitions::new(experiments), warnings: reader.warnings })
    } else {
        Err(reader.faults)
    }
}

/// Reads the file at `path` once, without following it.
///
/// # Errors
/// Every mistake found, or that the file cannot be read.
pub(crate) fn read_definitions(path: &Path) -> Result<Definitions, Vec<DefinitionFault>> {
    let text =
        std::fs::read(path).map_err(|error| vec![fault("", format!("the file cannot be read: {error}"))])?;
    parse_definitions(&text).map(|parsed| parsed.definitions)
}

/// Checks the file at `path`; gives how many experiments it has.
///
/// # Errors
/// Every mistake found, or that the file cannot be read.
pub fn check_definitions_file(path: &Path) -> Result<usize, Vec<DefinitionFault>> {
    read_definitions(path).map(|definitions| definitions.all().len())
}

fn fault(pointer: impl Into<String>, detail: impl Into<String>) -> DefinitionFault {
    DefinitionFault { pointer: pointer.into(), detail: detail.into() }
}

#[derive(Default)]
struct Reader {
    faults: Vec<DefinitionFault>,
    warnings: Vec<DefinitionFault>,
    seen_ids: HashSet<String>,
}

/// The fields of one entry, taken out one by one; what is left over is unknown.
struct Entry {
    pointer: String,
    name: String,
    fields: Vec<(String, Node)>,
}

impl Entry {
    fn take(&mut self, key: &str) -> Option<Node> {
        let position = self.fields.iter().position(|(name, _)| name == key)?;
        Some(self.fields.swap_remove(position).1)
    }
}

impl Reader {
    fn fail(&mut self, pointer: impl Into<String>, detail: impl Into<String>) {
        self.faults.push(fault(pointer, detail));
    }

    fn fail_field(&mut self, entry: &Entry, field: &str, detail: impl std::fmt::Display) {
        self.fail(format!("{}/{field}", entry.pointer), format!("{}: `{field}` {detail}", entry.name));
    }

    fn experiment(
        &mut self,
        index: usize,
        node: Node,
        layers: &mut HashMap<String, u128>,
    ) -> Option<Arc<Experiment>> {
        let pointer = format!("/experiments/{index}");
        let Node::Object(fields) = node else {
            self.fail(pointer, format!("expected an experiment, found {}", node.kind()));
            return None;
        };
        let mut entry = Entry { pointer, name: format!("entry {index}"), fields };

        let test_id = self.key(&mut entry, "test_id");
        if let Some(id) = &test_id {
            entry.name = format!("experiment `{id}`");
            if format!("ab_{id}") == VISITOR_COOKIE {
                self.fail_field(&entry, "test_id", "must not be that: its cookie would be the visitor's own");
            }
            if !self.seen_ids.insert(id.clone()) {
                self.fail_field(&entry, "test_id", "is used by an earlier entry too");
            }
        }
        let description = self.required_text(&mut entry, "description");
        let target_event = self.required_text(&mut entry, "target_event");
        let variants = self.variants(&mut entry);
        let change_type = self.optional_text(&mut entry, "change_type");
        let what_changes = self.optional_text(&mut entry, "what_changes");
        let status = self.status(&mut entry);
        let start = self.moment(&mut entry, "start");
        let end = self.moment(&mut entry, "end");
        if let (Some(start), Some(end)) = (start, end)
            && start >= end
        {
            self.fail_field(&entry, "end", "must be later than `start`");
        }
        let views = self.views(&mut entry);
        let salt = self.optional_text(&mut entry, "salt");
        let traffic_below = self.traffic(&mut entry);
        let layer = self.layer(&mut entry, traffic_below, layers);
        let control = self.control(&mut entry, variants.as_deref());
        // Read by a later part of the product; checked here so that a mistake shows at once.
        self.optional_text(&mut entry, "value_metric");
        self.warn_of_unknown_fields(&entry);

        let (test_id, variants) = (test_id?, variants?);
        let salt = salt.unwrap_or_else(|| test_id.clone());
        Some(Arc::new(Experiment {
            cookie_name: format!("ab_{test_id}"),
            description: description?,
            control: control?,
            target_event: target_event?,
            change_type,
            what_changes,
            status: status?,
            start,
            end,
            views: views?,
            epoch: epoch_fingerprint(&salt, &variants).into(),
            traffic_salt: format!("{salt}/traffic"),
            // Inside a layer the width of the slice is the traffic.
            traffic_below: if layer.is_some() { FULL } else { traffic_below },
            layer,
            salt,
            variants,
            test_id: test_id.into(),
        }))
    }

    /// A key is part of a cookie's name or value.
    fn key(&mut self, entry: &mut Entry, field: &str) -> Option<String> {
        let text = self.required_text(entry, field)?;
        if is_key(&text) {
            Some(text)
        } else {
            self.fail_field(entry, field, format!("must be {KEY_RULE}, found `{text}`"));
            None
        }
    }

    fn required_text(&mut self, entry: &mut Entry, field: &str) -> Option<String> {
        if let Some(node) = entry.take(field) {
            self.text(entry, field, node)
        } else {
            self.fail_field(entry, field, "is missing");
            None
        }
    }

    fn optional_text(&mut self, entry: &mut Entry, field: &str) -> Option<String> {
        match entry.take(field) {
            None | Some(Node::Null) => None,
            Some(node) => self.text(entry, field, node),
        }
    }

    fn text(&mut self, entry: &Entry, field: &str, node: Node) -> Option<String> {
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

    fn status(&mut self, entry: &mut Entry) -> Option<Status> {
        match self.optional_text(entry, "status").as_deref() {
            None | Some("running") => Some(Status::Running),
            Some("draft") => Some(Status::Draft),
            Some("stopped") => Some(Status::Stopped),
            Some(other) => {
                self.fail_field(
                    entry,
                    "status",
                    format!("must be draft, running or stopped, found `{other}`"),
                );
                None
            }
        }
    }

    fn moment(&mut self, entry: &mut Entry, field: &str) -> Option<Timestamp> {
        let text = self.optional_text(entry, field)?;
        let moment = Timestamp::parse_rfc3339(&text);
        if moment.is_none() {
            self.fail_field(entry, field, format!("must be like 2026-01-31T09:00:00Z, found `{text}`"));
        }
        moment
    }

    fn views(&mut self, entry: &mut Entry) -> Option<Vec<String>> {
        match entry.take("views") {
            None | Some(Node::Null) => Some(vec!["dashboard".to_owned()]),
            Some(Node::List(nodes)) => {
                let views: Option<Vec<String>> = nodes
                    .into_iter()
                    .map(|node| match node {
                        Node::Text(view) if is_key(&view) => Some(view),
                        _ => None,
                    })
                    .collect();
                if views.is_none() {
                    self.fail_field(entry, "views", "must be a list of view names such as `dashboard`");
                }
                views
            }
            Some(node) => {
                self.fail_field(
                    entry,
                    "views",
                    format!("must be a list of view names, found {}", node.kind()),
                );
                None
            }
        }
    }

    fn variants(&mut self, entry: &mut Entry) -> Option<Vec<Variant>> {
        let fields = match entry.take("variants") {
            Some(Node::Object(fields)) if (2..=MAX_VARIANTS).contains(&fields.len()) => fields,
            Some(Node::Object(fields)) => {
                let found = fields.len();
                self.fail_field(
                    entry,
                    "variants",
                    format!("must have 2 to {MAX_VARIANTS} entries, found {found}"),
                );
                return None;
            }
            Some(node) => {
                let kind = node.kind();
                self.fail_field(
                    entry,
                    "variants",
                    format!("must map keys such as `A` to labels, found {kind}"),
                );
                return None;
            }
            None => {
                self.fail_field(entry, "variants", "is missing");
                return None;
            }
        };
        let weights = self.weights(entry, &fields)?;
        let total: u128 = weights.iter().map(|weight| u128::from(*weight)).sum();
        let mut drawn = 0_u128;
        let mut variants = Vec::with_capacity(fields.len());
        for ((key, node), weight_millionths) in fields.into_iter().zip(weights) {
            if !is_key(&key) {
                self.fail_field(entry, "variants", format!("has the key `{key}`, which is not {KEY_RULE}"));
                return None;
            }
            let label = self.text(entry, &format!("variants/{key}"), node)?;
            drawn += u128::from(weight_millionths);
            variants.push(Variant {
                key: key.into(),
                label,
                weight_millionths,
                below: (drawn * FULL) / total,
            });
        }
        Some(variants)
    }

    /// One weight in millionths for each variant; all 1 when the field is absent.
    fn weights(&mut self, entry: &mut Entry, variants: &[(String, Node)]) -> Option<Vec<u64>> {
        let given = match entry.take("weights") {
            None | Some(Node::Null) => return Some(vec![1_000_000; variants.len()]),
            Some(Node::Object(given)) => given,
            Some(node) => {
                let kind = node.kind();
                self.fail_field(entry, "weights", format!("must map each variant to a number, found {kind}"));
                return None;
            }
        };
        if let Some((stranger, _)) =
            given.iter().find(|(key, _)| !variants.iter().any(|(known, _)| known == key))
        {
            self.fail_field(entry, "weights", format!("names `{stranger}`, which is not a variant"));
            return None;
        }
        let mut weights = Vec::with_capacity(variants.len());
        for (key, _) in variants {
            let weight = given.iter().find(|(name, _)| name == key).and_then(|(_, node)| match node {
                Node::Number(number) => to_millionths(*number, 1_000_000.0),
                _ => None,
            });
            let Some(weight) = weight else {
                self.fail_field(
                    entry,
                    "weights",
                    format!("needs a number from 0 to 1,000,000 for variant `{key}`"),
                );
                return None;
            };
            weights.push(weight);
        }
        if weights.iter().all(|weight| *weight == 0) {
            self.fail_field(entry, "weights", "must not all be 0");
            return None;
        }
        Some(weights)
    }

    /// The end of the enrolled draws in units of 2^-64.
    fn traffic(&mut self, entry: &mut Entry) -> u128 {
        let share = match entry.take("traffic") {
            None | Some(Node::Null) => return FULL,
            Some(Node::Number(number)) => to_millionths(number, 1.0),
            Some(_) => None,
        };
        let Some(millionths) = share else {
            self.fail_field(entry, "traffic", "must be a share of the visitors from 0 to 1");
            return FULL;
        };
        (u128::from(millionths) * FULL) / 1_000_000
    }

    /// Experiments of one layer take consecutive slices in file order, each as wide as its traffic, whatever their
    /// status: so that stopping one moves no visitor of another.
    fn layer(&mut self, entry: &mut Entry, width: u128, layers: &mut HashMap<String, u128>) -> Option<Layer> {
        let name = self.optional_text(entry, "layer")?;
        let from = *layers.get(&name).unwrap_or(&0);
        let below = from + width;
        if below > FULL {
            self.fail_field(
                entry,
                "layer",
                format!("`{name}` is over-booked: the `traffic` of its experiments exceeds 1"),
            );
        }
        let salt = format!("{name}/layer");
        layers.insert(name, below);
        Some(Layer { salt, from, below })
    }

    fn control(&mut self, entry: &mut Entry, variants: Option<&[Variant]>) -> Option<usize> {
        let named = self.optional_text(entry, "control");
        let variants = variants?;
        let key = named.as_deref().unwrap_or("A");
        let position = variants.iter().position(|variant| *variant.key == *key);
        match (position, named) {
            (Some(position), _) => Some(position),
            (None, None) => Some(0),
            (None, Some(key)) => {
                self.fail_field(entry, "control", format!("names `{key}`, which is not a variant"));
                None
            }
        }
    }

    fn warn_of_unknown_fields(&mut self, entry: &Entry) {
        for (field, _) in entry.fields.iter().filter(|(field, _)| !field.starts_with('_')) {
            self.warnings.push(fault(
                format!("{}/{field}", entry.pointer),
                format!("{}: nothing reads the field `{field}`", entry.name),
            ));
        }
    }
}

const KEY_RULE: &str = "1 to 64 letters, digits, `_`, `.` or `-`";

/// What can be part of a cookie's name and value without quoting.
fn is_key(text: &str) -> bool {
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
fn to_millionths(number: f64, most: f64) -> Option<u64> {
    (0.0..=most).contains(&number).then(|| (number * MILLION).round() as u64)
}

#[cfg(test)]
mod tests {
    use super::parse_definitions;

    #[test]
    fn an_experiment_cannot_take_the_visitors_cookie() {
        let text = br#"{"experiments": [{"test_id": "visitor_id", "description": "d", "target_event": "e",
                       "variants": {"A": "a", "B": "b"}}]}"#;
        let faults = parse_definitions(text).unwrap_err();
        assert_eq!(faults.len(), 1);
        assert_eq!(faults[0].pointer, "/experiments/0/test_id");
    }
}
