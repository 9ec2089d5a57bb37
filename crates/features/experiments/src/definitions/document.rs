//! JSON with what `serde_json::Value` forgets: the order of keys, and that a key came twice.

use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// The largest whole number that a double and its neighbours hold: 2^53 - 1, JavaScript's largest safe integer.
const LARGEST_EXACT: i64 = 9_007_199_254_740_991;

/// One JSON value; objects keep their keys in file order.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    Null,
    Boolean(bool),
    /// `whole` is the number again when it was written without a decimal point and every language holds it exactly.
    Number {
        value: f64,
        whole: Option<i64>,
    },
    Text(String),
    List(Vec<Node>),
    Object(Vec<(String, Node)>),
}

impl Node {
    /// What kind of value it is, for error messages.
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean(_) => "true or false",
            Self::Number { .. } => "a number",
            Self::Text(_) => "text",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Boolean(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Node, E> {
        let whole = (-LARGEST_EXACT..=LARGEST_EXACT).contains(&value).then_some(value);
        // Weights and shares are small; what a double cannot hold exactly is out of their range anyway.
        Ok(Node::Number { value: value.to_string().parse().unwrap_or(f64::NAN), whole })
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Node, E> {
        match i64::try_from(value) {
            Ok(value) => self.visit_i64(value),
            Err(_) => Ok(Node::Number { value: value.to_string().parse().unwrap_or(f64::NAN), whole: None }),
        }
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Node, E> {
        Ok(Node::Number { value, whole: None })
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Node, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = sequence.next_element()? {
            items.push(item);
        }
        Ok(Node::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut entries: Vec<(String, Node)> = Vec::new();
        while let Some((key, value)) = map.next_entry::<String, Node>()? {
            if entries.iter().any(|(known, _)| *known == key) {
                return Err(A::Error::custom(format!("the key `{key}` comes twice in one object")));
            }
            entries.push((key, value));
        }
        Ok(Node::Object(entries))
    }
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Boolean(value) => serializer.serialize_bool(*value),
            Self::Number { whole: Some(value), .. } => serializer.serialize_i64(*value),
            // With its decimal point: 42.0 is another kind of flag than 42.
            Self::Number { value, .. } => serializer.serialize_f64(*value),
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(items) => items.serialize(serializer),
            Self::Object(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                for (key, value) in entries {
                    map.serialize_entry(key, value)?;
                }
                map.end()
            }
        }
    }
}

/// The text is no object in JSON.
#[derive(Debug, thiserror::Error)]
#[error("the file of experiments is not the JSON object that was expected")]
pub struct DocumentFault;

/// The file of experiments as it was written, to be changed in places: order, comments and unknown fields stay.
#[derive(Debug)]
pub(crate) struct TestsDocument(Vec<(String, Node)>);

impl TestsDocument {
    /// Reads the text without checking what it means.
    pub(crate) fn parse(text: &[u8]) -> Result<Self, DocumentFault> {
        match serde_json::from_slice(text) {
            Ok(Node::Object(fields)) => Ok(Self(fields)),
            _ => Err(DocumentFault),
        }
    }

    /// Sets a number of an experiment, or of the file itself.
    pub(crate) fn set_number(&mut self, test_id: Option<&str>, field: &str, value: f64) {
        self.set(test_id, field, Some(Node::Number { value, whole: None }));
    }

    /// Sets or removes a text of an experiment, or of the file itself.
    pub(crate) fn set_text(&mut self, test_id: Option<&str>, field: &str, text: Option<&str>) {
        self.set(test_id, field, text.map(|text| Node::Text(text.to_owned())));
    }

    fn set(&mut self, test_id: Option<&str>, field: &str, value: Option<Node>) {
        let fields = match test_id {
            None => Some(&mut self.0),
            Some(test_id) => self.entry(test_id),
        };
        let Some(fields) = fields else { return };
        match (fields.iter_mut().find(|(name, _)| name == field), value) {
            (Some((_, known)), Some(value)) => *known = value,
            (None, Some(value)) => fields.push((field.to_owned(), value)),
            (_, None) => fields.retain(|(name, _)| name != field),
        }
    }

    fn entry(&mut self, test_id: &str) -> Option<&mut Vec<(String, Node)>> {
        let (_, Node::List(entries)) = self.0.iter_mut().find(|(name, _)| name == "experiments")? else {
            return None;
        };
        entries.iter_mut().find_map(|entry| match entry {
            Node::Object(fields) => {
                let is_it = |(name, node): &(String, Node)| {
                    name == "test_id" && *node == Node::Text(test_id.to_owned())
                };
                fields.iter().any(is_it).then_some(fields)
            }
            _ => None,
        })
    }

    /// The text, indented by two spaces, with a line end.
    pub(crate) fn to_text(&self) -> String {
        // Text keys and finite numbers always serialise.
        let mut text = serde_json::to_string_pretty(&Node::Object(self.0.clone())).unwrap_or_default();
        text.push('\n');
        text
    }
}
