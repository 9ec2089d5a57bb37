//! The bodies of replies.

use crate::ledger::Usage;
use serde_json::{Value, json};

/// What a good reply says.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) id: String,
    pub(crate) model: String,
    pub(crate) content: Content,
    pub(crate) stop_reason: &'static str,
    pub(crate) usage: Usage,
}

#[derive(Clone, Debug)]
pub(crate) enum Content {
    Text(String),
    /// The call of a tool with this input.
    Tool(Value),
}

impl Message {
    pub(crate) fn body(&self) -> Value {
        let content = match &self.content {
            Content::Text(text) => json!({ "type": "text", "text": text }),
            Content::Tool(input) => json!({
                "type": "tool_use", "id": "toolu_fake_1", "name": "look_up", "input": input
            }),
        };
        json!({
            "id": self.id, "type": "message", "role": "assistant", "model": self.model, "content": [content],
            "stop_reason": self.stop_reason, "stop_sequence": null, "usage": self.usage
        })
    }

    /// The events of the same message as a stream: name and data.
    pub(crate) fn events(&self) -> Vec<(&'static str, Value)> {
        let mut started = self.body();
        if let Some(message) = started.as_object_mut() {
            message.insert("content".to_owned(), json!([]));
            message.insert("stop_reason".to_owned(), Value::Null);
            let usage = Usage { output_tokens: 1, ..self.usage };
            message.insert("usage".to_owned(), json!(usage));
        }
        let (block, deltas) = match &self.content {
            Content::Text(text) => {
                let deltas =
                    pieces(text).map(|piece| json!({ "type": "text_delta", "text": piece })).collect();
                (json!({ "type": "text", "text": "" }), deltas)
            }
            Content::Tool(input) => {
                let text = input.to_string();
                let deltas: Vec<Value> = pieces(&text)
                    .map(|piece| json!({ "type": "input_json_delta", "partial_json": piece }))
                    .collect();
                (json!({ "type": "tool_use", "id": "toolu_fake_1", "name": "look_up", "input": {} }), deltas)
            }
        };
        let mut events = vec![
            ("message_start", json!({ "type": "message_start", "message": started })),
            (
                "content_block_start",
                json!({ "type": "content_block_start", "index": 0, "content_block": block }),
            ),
            ("ping", json!({ "type": "ping" })),
        ];
        events.extend(deltas.into_iter().map(|delta| {
            ("content_block_delta", json!({ "type": "content_block_delta", "index": 0, "delta": delta }))
        }));
        events.push(("content_block_stop", json!({ "type": "content_block_stop", "index": 0 })));
        events.push((
            "message_delta",
            json!({
                "type": "message_delta",
                "delta": { "stop_reason": self.stop_reason, "stop_sequence": null },
                "usage": { "output_tokens": self.usage.output_tokens }
            }),
        ));
        events.push(("message_stop", json!({ "type": "message_stop" })));
        events
    }
}

/// A text in pieces of a few characters.
fn pieces(text: &str) -> impl Iterator<Item = String> {
    let characters: Vec<char> = text.chars().collect();
    let pieces: Vec<String> = characters.chunks(8).map(|piece| piece.iter().collect()).collect();
    pieces.into_iter()
}

/// The body of an error reply.
pub(crate) fn error_body(status: u16, request_id: &str) -> Value {
    let (kind, message) = match status {
        400 => ("invalid_request_error", "fake: the request is invalid"),
        401 => ("authentication_error", "fake: invalid x-api-key"),
        402 => ("billing_error", "fake: there is a problem with the billing"),
        403 => ("permission_error", "fake: the key may not use this"),
        404 => ("not_found_error", "fake: there is no such model"),
        409 => ("conflict_error", "fake: conflict"),
        413 => ("request_too_large", "fake: the request exceeds the maximum size"),
        429 => ("rate_limit_error", "fake: the rate limit is exceeded"),
        504 => ("timeout_error", "fake: the request timed out"),
        529 => ("overloaded_error", "fake: overloaded"),
        _ => ("api_error", "fake: internal server error"),
    };
    json!({ "type": "error", "error": { "type": kind, "message": message }, "request_id": request_id })
}
