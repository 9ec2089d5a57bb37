//! Reading for whom flags are to be evaluated.

use super::refusal::Refusal;
use crate::assignment::VisitorId;
use axum::body::Body;
use dashly_web::read_body;
use serde_json::{Map, Value};
use std::fmt::Write;
use utoipa::ToSchema;

const BODY_LIMIT_BYTES: usize = 64 * 1024;
/// Far more than anybody describes a visitor with.
const MAX_ATTRIBUTES: usize = 500;

/// For whom flags are to be evaluated.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body; the body is read by hand, for the protocol's own errors")]
pub(super) struct EvaluationRequest {
    /// Who asks.
    context: EvaluationContext,
}

/// Who asks. May have up to 500 attributes; those besides `targetingKey` decide nothing yet.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body; the body is read by hand, for the protocol's own errors")]
pub(super) struct EvaluationContext {
    /// The visitor's id.
    #[serde(rename = "targetingKey")]
    #[schema(min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9_.-]+$")]
    targeting_key: String,
}

/// For whom flags are to be evaluated.
#[derive(Debug)]
pub(super) struct Context {
    /// The visitor that `targetingKey` names.
    pub(super) visitor: VisitorId,
    /// The whole context as JSON, the same text for the same attributes in whatever order.
    pub(super) canonical: String,
}

impl Context {
    /// Reads a body.
    pub(super) async fn read(body: Body) -> Result<Self, Refusal> {
        let bytes = read_body(body, BODY_LIMIT_BYTES).await.map_err(Refusal::Body)?;
        Self::parse(&bytes)
    }

    fn parse(bytes: &[u8]) -> Result<Self, Refusal> {
        let body: Map<String, Value> = serde_json::from_slice(bytes)
            .map_err(|error| Refusal::Parse(format!("the body must be an object in JSON: {error}")))?;
        let attributes = match body.get("context") {
            None | Some(Value::Null) => return Err(Refusal::TargetingKeyMissing),
            Some(Value::Object(attributes)) => attributes,
            Some(_) => return Err(Refusal::InvalidContext("`context` must be an object".to_owned())),
        };
        let visitor = match attributes.get("targetingKey") {
            None | Some(Value::Null) => return Err(Refusal::TargetingKeyMissing),
            Some(Value::String(key)) => VisitorId::parse(key),
            Some(_) => None,
        };
        let Some(visitor) = visitor else {
            let rule = "`context.targetingKey` must be text of 1 to 64 letters, digits, `_`, `.` or `-`";
            return Err(Refusal::InvalidContext(rule.to_owned()));
        };
        if attributes.len() > MAX_ATTRIBUTES {
            let detail =
                format!("`context` has {} attributes; at most {MAX_ATTRIBUTES} are taken", attributes.len());
            return Err(Refusal::InvalidContext(detail));
        }
        let mut canonical = String::new();
        write_object(attributes, &mut canonical);
        Ok(Self { visitor, canonical })
    }
}

/// Writes JSON with sorted keys and no space. The reader has bounded how deep values are nested.
fn write_value(value: &Value, text: &mut String) {
    match value {
        Value::Object(fields) => write_object(fields, text),
        Value::Array(items) => {
            text.push('[');
            for item in items {
                write_value(item, text);
                text.push(',');
            }
            text.push(']');
        }
        simple => {
            // Writing to a String cannot fail.
            let _ = write!(text, "{simple}");
        }
    }
}

fn write_object(fields: &Map<String, Value>, text: &mut String) {
    let mut sorted: Vec<_> = fields.iter().collect();
    sorted.sort_unstable_by_key(|(key, _)| key.as_str());
    text.push('{');
    for (key, value) in sorted {
        write_value(&Value::String(key.clone()), text);
        text.push(':');
        write_value(value, text);
        text.push(',');
    }
    text.push('}');
}

#[cfg(test)]
mod tests {
    use super::{Context, Refusal};
    use proptest::prelude::*;

    fn canonical(context: &str) -> String {
        Context::parse(format!("{{\"context\":{context}}}").as_bytes()).unwrap().canonical
    }

    #[test]
    fn the_order_of_attributes_does_not_matter_and_everything_else_does() {
        let one = canonical(r#"{"targetingKey":"v","plan":{"a":1,"b":[true,null]}}"#);
        assert_eq!(one, canonical(r#" { "plan" : {"b":[true,null],"a":1}, "targetingKey":"v"}"#));
        for other in [
            r#"{"targetingKey":"w","plan":{"a":1,"b":[true,null]}}"#,
            r#"{"targetingKey":"v","plan":{"a":2,"b":[true,null]}}"#,
            r#"{"targetingKey":"v","plan":{"a":"1","b":[true,null]}}"#,
            r#"{"targetingKey":"v","plan":{"a":1,"b":[null,true]}}"#,
            r#"{"targetingKey":"v","plan":{"a":1},"b":[true,null]}"#,
        ] {
            assert_ne!(one, canonical(other), "{other}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let outcome = Context::parse(&bytes);
            let is_about_the_body = matches!(
                outcome,
                Ok(_) | Err(Refusal::Parse(_) | Refusal::TargetingKeyMissing | Refusal::InvalidContext(_))
            );
            prop_assert!(is_about_the_body);
        }
    }

    #[test]
    fn deep_nesting_is_refused() {
        let deep = format!("{{\"context\":{}{}}}", "[".repeat(5_000), "]".repeat(5_000));
        assert!(matches!(Context::parse(deep.as_bytes()), Err(Refusal::Parse(_))));
    }
}
