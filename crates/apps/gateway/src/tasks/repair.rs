//! Puts a model's reply right as far as that needs no guess.

use serde_json::{Map, Value};

/// How deep a reply is followed.
const DEEPEST: usize = 64;

/// The JSON in `text`: whole, in a fenced block, or between its outermost brackets; commas before a closing bracket are
/// left out. None when there is none.
pub(super) fn find_json(text: &str) -> Option<Value> {
    let text = text.trim_start_matches('\u{feff}').trim();
    let fenced = || {
        let (_, after) = text.split_once("```")?;
        let (block, _) = after.split_once("```")?;
        // The first line may name the language.
        Some(
            block
                .split_once('\n')
                .map_or(block, |(first, rest)| if first.contains('{') { block } else { rest }),
        )
    };
    let outermost = || {
        let (start, end) = (text.find('{')?, text.rfind('}')?);
        text.get(start..=end)
    };
    [Some(text), fenced(), outermost()].into_iter().flatten().find_map(|part| {
        serde_json::from_str(part).or_else(|_| serde_json::from_str(&without_last_commas(part))).ok()
    })
}

/// Without commas that stand before a closing bracket, outside of texts.
fn without_last_commas(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let (mut in_text, mut is_escaped) = (false, false);
    for (place, character) in text.char_indices() {
        if in_text {
            in_text = is_escaped || character != '"';
            is_escaped = character == '\\' && !is_escaped;
        } else if character == '"' {
            in_text = true;
        } else if character == ',' {
            let rest = text.get(place + 1..).unwrap_or_default().trim_start();
            if rest.starts_with(['}', ']']) {
                continue;
            }
        }
        kept.push(character);
    }
    kept
}

/// Brings `value` into the form of `schema` where only one thing can be meant: members that it does not have are left out,
/// numbers in texts are read, words of an enumeration lose their capitals, numbers beyond a limit become the limit, and a
/// missing member that may be null is null.
pub(super) fn fit(value: Value, schema: &Value) -> Value {
    fit_to(value, schema, DEEPEST)
}

fn fit_to(value: Value, schema: &Value, depth: usize) -> Value {
    if depth == 0 {
        return value;
    }
    if let Some(alternatives) = schema["anyOf"].as_array() {
        let of_same_kind = alternatives.iter().find(|alternative| allows(alternative, kind_of(&value)));
        return match of_same_kind {
            Some(alternative) => fit_to(value, alternative, depth - 1),
            None => value,
        };
    }
    if let Some(words) = schema["enum"].as_array() {
        return fit_word(value, words);
    }
    match value {
        Value::Object(members) if allows(schema, "object") => fit_object(members, schema, depth),
        Value::Array(items) if allows(schema, "array") => {
            let most =
                schema["maxItems"].as_u64().and_then(|most| usize::try_from(most).ok()).unwrap_or(usize::MAX);
            items.into_iter().take(most).map(|item| fit_to(item, &schema["items"], depth - 1)).collect()
        }
        // One text where a list of texts is wanted.
        Value::String(text) if allows(schema, "array") && !allows(schema, "string") && !text.is_empty() => {
            Value::Array(vec![fit_to(Value::String(text), &schema["items"], depth - 1)])
        }
        Value::String(text) if !allows(schema, "string") => {
            text.trim().parse::<f64>().map_or(Value::String(text), |number| fit_number(number, schema))
        }
        Value::Number(number) if allows(schema, "integer") || allows(schema, "number") => {
            number.as_f64().map_or(Value::Number(number), |number| fit_number(number, schema))
        }
        Value::Number(number) if allows(schema, "string") => Value::String(number.to_string()),
        other => other,
    }
}

fn fit_object(mut members: Map<String, Value>, schema: &Value, depth: usize) -> Value {
    let Some(properties) = schema["properties"].as_object() else { return Value::Object(members) };
    let mut fitted = Map::new();
    for (name, property) in properties {
        match members.remove(name) {
            Some(value) => {
                fitted.insert(name.clone(), fit_to(value, property, depth - 1));
            }
            None if may_be_null(property) => {
                fitted.insert(name.clone(), Value::Null);
            }
            None => {}
        }
    }
    Value::Object(fitted)
}

fn fit_word(value: Value, words: &[Value]) -> Value {
    if words.contains(&value) {
        return value;
    }
    let Some(text) = value.as_str() else { return value };
    let plain = |text: &str| text.trim().to_lowercase().replace([' ', '-'], "_");
    let meant = words.iter().find(|word| word.as_str().is_some_and(|word| plain(word) == plain(text)));
    meant.cloned().unwrap_or(value)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::as_conversions,
    reason = "within the limits that the schema sets, and beyond them far below 2^53 after clamping"
)]
fn fit_number(number: f64, schema: &Value) -> Value {
    let low = schema["minimum"].as_f64().unwrap_or(f64::MIN);
    let high = schema["maximum"].as_f64().unwrap_or(f64::MAX);
    let number = number.clamp(low, high);
    if allows(schema, "integer") && number.abs() < 9e15 {
        return Value::from(number.round() as i64);
    }
    Value::from(number)
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn allows(schema: &Value, kind: &str) -> bool {
    match &schema["type"] {
        Value::String(one) => one == kind,
        Value::Array(several) => several.iter().any(|one| one == kind),
        _ => false,
    }
}

fn may_be_null(schema: &Value) -> bool {
    allows(schema, "null")
        || schema["anyOf"]
            .as_array()
            .is_some_and(|alternatives| alternatives.iter().any(|one| allows(one, "null")))
}

#[cfg(test)]
mod tests {
    use super::{find_json, fit};
    use serde_json::json;

    #[test]
    fn json_is_found_where_models_put_it() {
        let expected = json!({ "a": [1, "x, }"] });
        for text in [
            "{\"a\": [1, \"x, }\"]}",
            "\u{feff} {\"a\": [1, \"x, }\"]} ",
            "Here it is:\n```json\n{\"a\": [1, \"x, }\"]}\n```\nEnjoy!",
            "Sure! {\"a\": [1, \"x, }\",],} Anything else?",
        ] {
            assert_eq!(find_json(text), Some(expected.clone()), "{text}");
        }
        for text in ["", "no", "{\"a\": [1", "```json\n{\n```", "}{"] {
            assert_eq!(find_json(text), None, "{text}");
        }
    }

    #[test]
    fn what_can_only_mean_one_thing_is_put_right() {
        let schema = json!({
            "type": "object",
            "properties": {
                "score": { "type": "integer", "minimum": 0, "maximum": 100 },
                "status": { "type": "string", "enum": ["good", "needs_work"] },
                "notes": { "type": "array", "items": { "type": "string" } },
                "metric": { "type": ["string", "null"] },
                "range": { "anyOf": [{ "type": "object", "properties": { "start": { "type": "string" } } }, { "type": "null" }] }
            }
        });
        let fitted = fit(
            json!({ "score": "120.4", "status": "Needs work", "notes": "one", "extra": 1, "range": { "start": 3, "x": 1 } }),
            &schema,
        );
        assert_eq!(
            fitted,
            json!({ "score": 100, "status": "needs_work", "notes": ["one"], "metric": null, "range": { "start": "3" } })
        );
        assert_eq!(fit(json!({ "score": "many" }), &schema)["score"], "many", "no guess");
    }
}
