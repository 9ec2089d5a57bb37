//! From the text of `tests.json` to checked experiments, or to every mistake in it.

use super::document::Node;
use super::experiment::{Definitions, Experiment, Layer, Status};
use super::fields::{Entry, Reader, fault, is_key, to_millionths};
use crate::assignment::{VISITOR_COOKIE, epoch_fingerprint};
use serde::Serialize;
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use utoipa::ToSchema;

/// A visitor's cookies have to fit in one header, so there is an end to the number of experiments.
const MAX_EXPERIMENTS: usize = 1_000;
/// One per cent: what most teams would not act on.
const DEFAULT_PRACTICAL_MARGIN: f64 = 0.01;
const MOST_PLANNED_VISITORS: f64 = 1e12;
const MOST_WINDOW_DAYS: i64 = 365;
/// The views of this product. A page of one's own may have another, with a route that exposes it.
const KNOWN_VIEWS: [&str; 2] = ["dashboard", "pricing-view"];
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

impl Reader {
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
        let margin = |number| number > 0.0 && number <= 1.0;
        let practical_margin =
            self.optional_number(&mut entry, "practical_margin", margin, "a share above 0 and up to 1");
        let conversion_window_seconds = self.window(&mut entry, "conversion_window");
        let planned_visitors = self.planned_visitors(&mut entry);
        let track = self.flag(&mut entry, "track");
        let metrics = self.metrics(&mut entry, conversion_window_seconds);
        self.value_metric(&mut entry, &metrics);
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
            practical_margin: practical_margin.unwrap_or(DEFAULT_PRACTICAL_MARGIN),
            conversion_window_seconds,
            planned_visitors,
            track,
            metrics,
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
                match &views {
                    None => {
                        self.fail_field(entry, "views", "must be a list of view names such as `dashboard`");
                    }
                    Some(views) => self.warn_of_unknown_views(entry, views),
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

    fn warn_of_unknown_views(&mut self, entry: &Entry, views: &[String]) {
        for view in views.iter().filter(|view| !KNOWN_VIEWS.contains(&view.as_str())) {
            self.warnings.push(fault(
                format!("{}/views", entry.pointer),
                format!(
                    "{}: `{view}` is none of Dashly's own views ({}); only a route of yours can expose it",
                    entry.name,
                    KNOWN_VIEWS.join(", ")
                ),
            ));
        }
    }

    /// A length of time such as `7d` or `36h`, in seconds.
    pub(super) fn window(&mut self, entry: &mut Entry, field: &str) -> Option<i64> {
        let text = self.optional_text(entry, field)?;
        let seconds = text.split_at_checked(text.len().saturating_sub(1)).and_then(|(number, unit)| {
            let number: i64 = number.parse().ok()?;
            let hours = match unit {
                "d" => number.checked_mul(24)?,
                "h" => number,
                _ => return None,
            };
            (1..=MOST_WINDOW_DAYS * 24).contains(&hours).then_some(hours * 3_600)
        });
        if seconds.is_none() {
            self.fail_field(
                entry,
                field,
                format!("must be days or hours such as `7d` or `36h`, up to `365d`, found `{text}`"),
            );
        }
        seconds
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::as_conversions,
        reason = "a whole number up to 10^12 after the check"
    )]
    fn planned_visitors(&mut self, entry: &mut Entry) -> Option<u64> {
        let whole = |number: f64| number.fract() == 0.0 && (1.0..=MOST_PLANNED_VISITORS).contains(&number);
        let expected = "a whole number from 1 to 1,000,000,000,000";
        self.optional_number(entry, "planned_visitors", whole, expected).map(|number| number as u64)
    }

    /// The end of the enrolled draws in units of 2^-64.
    fn traffic(&mut self, entry: &mut Entry) -> u128 {
        let share = match entry.take("traffic") {
            None | Some(Node::Null) => return FULL,
            Some(Node::Number { value, .. }) => to_millionths(value, 1.0),
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
