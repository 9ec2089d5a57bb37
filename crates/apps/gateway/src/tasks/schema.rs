//! JSON schemas: checking what comes in and out, and asking the provider for a form it can promise.

use dashly_kernel::FieldError;
use jsonschema::Validator;
use jsonschema::error::ValidationErrorKind;
use serde_json::{Map, Value};

/// Mistakes told at once.
const MOST_ERRORS: usize = 10;
/// A mistake's text is cut here: it may repeat what was sent.
const MOST_CHARACTERS: usize = 200;
/// Keywords that the provider's structured outputs do not take; what they ask for is checked here alone.
const NOT_FOR_PROVIDER: [&str; 7] =
    ["minimum", "maximum", "minLength", "maxLength", "maxItems", "minItems", "pattern"];

/// A schema, ready to check.
#[derive(Debug)]
pub(super) struct Schema {
    pub(super) document: Value,
    validator: Validator,
}

impl Schema {
    pub(super) fn compile(text: &str) -> anyhow::Result<Self> {
        let document: Value = serde_json::from_str(text)?;
        let validator = jsonschema::validator_for(&document).map_err(|error| anyhow::anyhow!("{error}"))?;
        Ok(Self { document, validator })
    }

    /// Whether `value` is of this form.
    pub(super) fn accepts(&self, value: &Value) -> bool {
        self.validator.is_valid(value)
    }

    /// What is wrong with `value`, the first mistakes only.
    pub(super) fn faults(&self, value: &Value) -> Vec<FieldError> {
        self.validator
            .iter_errors(value)
            .take(MOST_ERRORS)
            .map(|error| {
                let place = error.instance_path().to_string();
                let (pointer, code) = match error.kind() {
                    ValidationErrorKind::Required { property } => {
                        let name = property.as_str().unwrap_or_default();
                        (format!("{place}/{name}"), "required")
                    }
                    ValidationErrorKind::Type { .. } => (place, "type"),
                    ValidationErrorKind::AdditionalProperties { .. } => (place, "unknown-field"),
                    _ => (place, "invalid"),
                };
                let detail: String = error.to_string().chars().take(MOST_CHARACTERS).collect();
                FieldError::new(pointer, code, detail)
            })
            .collect()
    }

    /// The same without what the provider does not take.
    pub(super) fn for_provider(&self) -> Value {
        stripped(&self.document)
    }
}

fn stripped(schema: &Value) -> Value {
    match schema {
        Value::Object(members) => {
            let kept = members.iter().filter(|(name, value)| {
                // A property may be named like a keyword; its value is then a schema.
                value.is_object() || !NOT_FOR_PROVIDER.contains(&name.as_str())
            });
            Value::Object(kept.map(|(name, value)| (name.clone(), stripped(value))).collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(items.iter().map(stripped).collect()),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::Schema;
    use serde_json::json;

    #[test]
    fn mistakes_name_their_field() {
        let schema = json!({
            "type": "object", "required": ["a"],
            "properties": { "a": { "type": "string" }, "b": { "type": "array", "maxItems": 1 } }
        });
        let schema = Schema::compile(&schema.to_string()).unwrap();
        let found = |value| -> Vec<(String, &'static str)> {
            schema.faults(&value).into_iter().map(|fault| (fault.pointer, fault.code)).collect()
        };
        assert_eq!(found(json!({})), [("/a".to_owned(), "required")]);
        assert_eq!(
            found(json!({ "a": 1, "b": [1, 2] })),
            [("/a".to_owned(), "type"), ("/b".to_owned(), "invalid")]
        );
        assert_eq!(found(json!([])), [(String::new(), "type")]);
        assert_eq!(schema.for_provider()["properties"]["b"], json!({ "type": "array" }));
    }
}
