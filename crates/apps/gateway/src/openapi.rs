//! The description of the gateway's routes (OpenAPI 3.1), made of the tasks' own schemas.

use crate::tasks::{OPTIONS_PATH, described_tasks};
use serde_json::{Map, Value, json};

/// The provider's own routes: their bodies are the provider's.
const PROVIDER: [(&str, &str, &str); 4] = [
    ("post", "/v1/messages", "One message of the model, whole or as a stream"),
    ("post", "/v1/messages/count_tokens", "How many tokens a prompt has"),
    ("get", "/v1/models", "The provider's models"),
    ("get", "/v1/models/{model}", "One of the provider's models"),
];
const OPERATOR: [(&str, &str); 5] = [
    ("/api/health", "Whether the process answers, in the original's shape"),
    ("/health/live", "Whether the process answers at all"),
    ("/health/ready", "Whether calls are wanted; what is degraded is listed"),
    ("/api/metrics", "All counters since the start"),
    ("/metrics", "The same for Prometheus"),
];

/// The document, as it is checked in.
pub fn describe_gateway() -> String {
    let mut paths = Map::new();
    for task in described_tasks() {
        paths.insert(task.path.to_owned(), json!({ "post": describe_task(&task) }));
    }
    let options = json!({
        "tags": ["tasks"],
        "summary": "Widgets and metrics that a dashboard can be made of",
        "security": [],
        "responses": { "200": { "description": "The options" } }
    });
    paths.insert(OPTIONS_PATH.to_owned(), json!({ "get": options }));
    for (method, path, summary) in PROVIDER {
        paths.insert(path.to_owned(), describe_provider_route(method, path, summary));
    }
    for (path, summary) in OPERATOR {
        let operation = json!({
            "tags": ["operator"],
            "summary": summary,
            "security": [],
            "responses": { "200": { "description": "The answer" } }
        });
        paths.insert(path.to_owned(), json!({ "get": operation }));
    }
    let document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Dashly GenAI gateway",
            "description": "Between Dashly and the provider of language models.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
            "version": env!("CARGO_PKG_VERSION")
        },
        "tags": [
            { "name": "tasks", "description": "Questions with a fixed form of answer" },
            { "name": "provider", "description": "The provider's own API, passed byte for byte" },
            { "name": "operator", "description": "What an operator and an orchestrator ask" }
        ],
        "security": [{ "bearer": [] }, { "api_key": [] }],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "bearer": { "type": "http", "scheme": "bearer" },
                "api_key": { "type": "apiKey", "in": "header", "name": "x-api-key" }
            },
            "schemas": { "Problem": problem(), "Usage": usage() }
        }
    });
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}

/// What the description tells of a task.
pub(crate) struct DescribedTask {
    pub(crate) path: &'static str,
    pub(crate) summary: &'static str,
    pub(crate) input: Value,
    pub(crate) output: Value,
    /// The member of the reply that holds the answer.
    pub(crate) member: &'static str,
}

fn describe_task(task: &DescribedTask) -> Value {
    let mut properties = Map::new();
    properties.insert("success".to_owned(), json!({ "const": true }));
    properties.insert(task.member.to_owned(), task.output.clone());
    properties.insert(
        "narrated".to_owned(),
        json!({ "type": "boolean", "description": "Whether a model wrote the answer; else it is computed facts" }),
    );
    properties.insert("tokensUsed".to_owned(), json!({ "type": "integer" }));
    properties.insert("usage".to_owned(), json!({ "$ref": "#/components/schemas/Usage" }));
    let reply = json!({
        "type": "object",
        "required": ["success", task.member, "narrated", "usage"],
        "properties": properties
    });
    let mut responses = Map::new();
    responses.insert("200".to_owned(), content("The answer", "application/json", &reply));
    let refusals = [
        ("400", "The body is malformed, a field is missing, or the question looks like an attack"),
        ("401", "No token, or a wrong one"),
        ("403", "This caller may not call the model"),
        ("413", "The body, or the prompt made of it, is too large"),
        ("422", "The model declines"),
        ("429", "A limit or a budget is reached"),
        ("502", "The model or its provider failed, or answered in a form that cannot be used"),
        ("503", "AI is not configured, the gateway is full, or the models keep failing"),
        ("504", "The model took too long"),
    ];
    for (status, meaning) in refusals {
        let problem = json!({ "$ref": "#/components/schemas/Problem" });
        responses.insert(status.to_owned(), content(meaning, "application/problem+json", &problem));
    }
    let mut body = content("", "application/json", &task.input);
    if let Some(body) = body.as_object_mut() {
        body.remove("description");
        body.insert("required".to_owned(), Value::Bool(true));
    }
    json!({
        "tags": ["tasks"],
        "summary": task.summary,
        "parameters": [header("x-dashly-workspace", "For whom the call is made"), header("x-dashly-deadline-ms", "When nobody waits any longer")],
        "requestBody": body,
        "responses": responses
    })
}

fn describe_provider_route(method: &str, path: &str, summary: &str) -> Value {
    let mut parameters = vec![header("x-dashly-workspace", "For whom the call is made")];
    if path.contains("{model}") {
        parameters
            .push(json!({ "name": "model", "in": "path", "required": true, "schema": { "type": "string" } }));
    }
    let operation = json!({
        "tags": ["provider"],
        "summary": summary,
        "description": "Body and answer are those of the provider's own API.",
        "parameters": parameters,
        "responses": { "default": { "description": "As the provider sent it" } }
    });
    let mut operations = Map::new();
    operations.insert(method.to_owned(), operation);
    Value::Object(operations)
}

fn content(description: &str, kind: &str, schema: &Value) -> Value {
    let mut kinds = Map::new();
    kinds.insert(kind.to_owned(), json!({ "schema": schema }));
    json!({ "description": description, "content": kinds })
}

fn header(name: &str, description: &str) -> Value {
    json!({ "name": name, "in": "header", "description": description, "schema": { "type": "string" } })
}

fn problem() -> Value {
    json!({
        "type": "object",
        "description": "RFC 9457, with the original's members beside it",
        "required": ["type", "title", "status", "detail", "request_id", "success", "error"],
        "properties": {
            "type": { "type": "string", "description": "Ends in the stable word of the kind" },
            "title": { "type": "string" },
            "status": { "type": "integer" },
            "detail": { "type": "string" },
            "request_id": { "type": "string" },
            "success": { "const": false },
            "error": { "type": "string" },
            "retryAfterMs": { "type": "integer", "description": "Of limits" },
            "limit": { "type": "object", "description": "Which limit it was" }
        }
    })
}

fn usage() -> Value {
    let count = json!({ "type": "integer", "minimum": 0 });
    json!({
        "type": "object",
        "properties": {
            "model": { "type": ["string", "null"] },
            "inputTokens": count,
            "outputTokens": count,
            "cacheReadTokens": count,
            "cacheWriteTokens": count,
            "costMicros": { "type": ["integer", "null"], "description": "Millionths of a US dollar; null when the price is not known" },
            "currency": { "const": "USD" },
            "source": { "type": ["string", "null"], "enum": ["model", "identical-call", "memory", null] }
        }
    })
}
