//! From the text of `tests.json` to checked experiments, or to every mistake in it.

use super::document::Node;
use super::experiment::{Definitions, Experiment, Layer, MILLION, Status, Variant, below_share};
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
    let mut top = Entry { pointer: String::new(), name: "the file".to_owned(), fields: top };
    let Some(Node::List(entries)) = top.take("experiments") else {
        return Err(vec![fault("/experiments", "expected a list of experiments")]);
    };
    let mut reader = Reader::default();
    let holdout_millionths = reader.share(&mut top, "holdout", 0);
    let holdout_below = below_share(holdout_millionths);
    if entries.len() > MAX_EXPERIMENTS {
        reader
            .fail("/experiments", format!("at most {MAX_EXPERIMENTS} experiments, found {}", entries.len()));
    }
    let mut layers = HashMap::new();
    let experiments: Vec<_> = entries
        .into_iter()
        .enumerate()
        .filter_map(|(index, entry)| reader.experiment(index, entry, &mut layers))
        .map(|experiment| Arc::new(Experiment { holdout_below, ..experiment }))
        .collect();
    if reader.faults.is_empty() {
        Ok(Parsed {
            definitions: Definitions::new(experiments, holdout_millionths),
            warnings: reader.warnings,
        })
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
    ) -> Option<Experiment> {
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
        let traffic_millionths = self.share(&mut entry, "traffic", MILLION);
        let layer = self.layer(&mut entry, traffic_millionths, layers);
        let winner = self.winner(&mut entry, variants.as_deref());
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
        Some(Experiment {
            cookie_name: format!("ab_{test_id}"),
            description: description?,
            control: control?,
            target_event: target_event?,
            change_type,
            what_changes,
            status: status?,
            winner,
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
            traffic_millionths,
            // Inside a layer the traffic is a part of the slice.
            traffic_below: if layer.is_some() { FULL } else { below_share(traffic_millionths) },
            layer,
            // Of the whole file, set once all of it is read.
            holdout_below: 0,
            salt,
            variants,
            test_id: test_id.into(),
        })
    }

    fn status(&mut self, entry: &mut Entry) -> Option<Status> {
        let Some(word) = self.optional_text(entry, "status") else { return Some(Status::Running) };
        let status = Status::parse(&word);
        if status.is_none() {
            let detail = format!("must be draft, running, stopped or archived, found `{word}`");
            self.fail_field(entry, "status", detail);
        }
        status
    }

    fn winner(&mut self, entry: &mut Entry, variants: Option<&[Variant]>) -> Option<usize> {
        let key = self.optional_text(entry, "winner")?;
        let position = variants?.iter().position(|variant| *variant.key == *key);
        if position.is_none() {
            self.fail_field(entry, "winner", format!("names `{key}`, which is not a variant"));
        }
        position
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

    /// A share of the visitors, in millionths.
    fn share(&mut self, entry: &mut Entry, field: &str, default: u64) -> u64 {
        let share = match entry.take(field) {
            None | Some(Node::Null) => return default,
            Some(Node::Number { value, .. }) => to_millionths(value, 1.0),
            Some(_) => None,
        };
        share.unwrap_or_else(|| {
            self.fail_field(entry, field, "must be a share of the visitors from 0 to 1");
            default
        })
    }

    /// Experiments of one layer take consecutive slices in file order, each as wide as its `layer_share`, whatever their
    /// status and traffic: so that neither stopping nor ramping one moves a visitor of another.
    fn layer(
        &mut self,
        entry: &mut Entry,
        traffic: u64,
        layers: &mut HashMap<String, u128>,
    ) -> Option<Layer> {
        let has_share =
            entry.fields.iter().any(|(field, node)| field == "layer_share" && *node != Node::Null);
        let share_millionths = self.share(entry, "layer_share", traffic);
        let Some(name) = self.optional_text(entry, "layer") else {
            if has_share {
                self.fail_field(entry, "layer_share", "has no meaning without `layer`");
            }
            return None;
        };
        if traffic > share_millionths {
            self.fail_field(entry, "traffic", "must be at most `layer_share`, the slice of the layer");
        }
        let from = *layers.get(&name).unwrap_or(&0);
        let end = from + below_share(share_millionths);
        if end > FULL {
            self.fail_field(
                entry,
                "layer",
                format!(
                    "`{name}` is over-booked: the `layer_share` (else `traffic`) of its experiments exceeds 1"
                ),
            );
        }
        let salt = format!("{name}/layer");
        layers.insert(name.clone(), end);
        Some(Layer { name, salt, from, below: from + below_share(traffic), share_millionths })
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
