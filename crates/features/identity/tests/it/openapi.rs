//! The description of the routes.

use dashly_identity::routes;
use serde_json::Value;

fn description() -> Value {
    serde_json::to_value(routes().into_openapi()).unwrap()
}

fn references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            found.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned));
            members.values().for_each(|member| references(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

#[test]
fn every_operation_is_described_with_its_refusals() {
    let description = description();
    for (path, method, statuses) in [
        ("/api/auth/login", "post", vec!["200", "400", "401", "403", "413", "415", "422", "429", "503"]),
        ("/api/auth/logout", "post", vec!["200", "401", "503"]),
        ("/api/auth/me", "get", vec!["200", "401", "503"]),
    ] {
        let responses = description["paths"][path][method]["responses"].as_object().unwrap();
        assert_eq!(responses.keys().collect::<Vec<_>>(), statuses, "{path}");
        for (status, response) in responses.iter().filter(|(status, _)| *status != "200") {
            let schema = &response["content"]["application/problem+json"]["schema"];
            assert_eq!(schema["$ref"], "#/components/schemas/Problem", "{path} {status}");
        }
    }
}

#[test]
fn every_schema_that_is_referred_to_is_there() {
    let description = description();
    let mut found = Vec::new();
    references(&description, &mut found);
    assert!(found.len() > 10);
    for reference in found {
        let name = reference.strip_prefix("#/components/schemas/").unwrap();
        assert!(description["components"]["schemas"][name].is_object(), "{name}");
    }
}
