//! From a JSON schema to something that it describes.

use serde_json::{Map, Value};

/// How deep a schema is followed.
const DEEPEST: usize = 32;

/// The plainest value that `schema` describes: all properties, the fewest items, the first of an enumeration.
pub(crate) fn instance_of(schema: &Value) -> Value {
    instance(schema, "fake", DEEPEST)
}

fn instance(schema: &Value, name: &str, depth: usize) -> Value {
    if depth == 0 {
        return Value::Null;
    }
    if let Some(constant) = schema.get("const") {
        return constant.clone();
    }
    if let Some(first) = schema.get("enum").and_then(|values| values.get(0)) {
        return first.clone();
    }
    if let Some(first) = schema.get("anyOf").and_then(|schemas| schemas.get(0)) {
        return instance(first, name, depth - 1);
    }
    let kind = match schema.get("type") {
        Some(Value::Array(kinds)) => kinds.first().and_then(Value::as_str),
        Some(kind) => kind.as_str(),
        None => None,
    };
    match kind {
        Some("object") => object(schema, depth),
        Some("array") => {
            let count = schema.get("minItems").and_then(Value::as_u64).unwrap_or(1);
            let none = Value::Null;
            let items = schema.get("items").unwrap_or(&none);
            (0..count).map(|_| instance(items, name, depth - 1)).collect()
        }
        Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or_else(|| Value::from(1)),
        Some("boolean") => Value::Bool(false),
        Some("null") => Value::Null,
        _ => Value::String(format!("Fake {name} of the fake upstream")),
    }
}

fn object(schema: &Value, depth: usize) -> Value {
    let properties = schema.get("properties").and_then(Value::as_object);
    let members = properties.into_iter().flatten();
    let found: Map<String, Value> =
        members.map(|(name, schema)| (name.clone(), instance(schema, name, depth - 1))).collect();
    Value::Object(found)
}
