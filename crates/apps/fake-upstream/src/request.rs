//! What the provider reads of a request.

use crate::ledger::Usage;
use crate::obedience::obey;
use crate::reply::{Content, Message};
use crate::scenario::{Fault, Scenario};
use crate::{instance, ledger};
use http::HeaderMap;
use serde::Deserialize;
use serde_json::{Value, json};

/// The part of a request that the fake provider looks at.
#[derive(Debug, Deserialize)]
pub(crate) struct MessagesRequest {
    pub(crate) model: String,
    #[serde(default)]
    pub(crate) max_tokens: Option<u64>,
    pub(crate) messages: Vec<Value>,
    #[serde(default)]
    pub(crate) stream: bool,
    #[serde(default)]
    pub(crate) output_config: Option<OutputConfig>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct OutputConfig {
    #[serde(default)]
    pub(crate) format: Option<OutputFormat>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct OutputFormat {
    pub(crate) schema: Value,
}

/// The status of the refusal that a request without a key or a version earns.
pub(crate) fn refusal(headers: &HeaderMap) -> Option<u16> {
    let key = headers.get("x-api-key").or_else(|| headers.get("authorization"));
    if key.is_none_or(http::HeaderValue::is_empty) {
        return Some(401);
    }
    headers.get("anthropic-version").is_none().then_some(400)
}

/// Every four bytes of the prompt are a token.
pub(crate) fn input_tokens(body: &[u8]) -> u64 {
    u64::try_from(body.len().div_ceil(4)).unwrap_or(u64::MAX)
}

/// The reply that `request` gets in `scenario`.
pub(crate) fn message(request: &MessagesRequest, body: &[u8], scenario: &Scenario, number: usize) -> Message {
    let obeyed = if scenario.fault == Some(Fault::Obedient) { obey(body) } else { None };
    let text = match (&scenario.text, request.output_config.as_ref().and_then(|config| config.format.as_ref())) {
        _ if obeyed.is_some() => obeyed.unwrap_or_default(),
        (Some(text), _) => text.clone(),
        (None, Some(format)) => instance::instance_of(&format.schema).to_string(),
        (None, None) => {
            "This is the fake upstream speaking: no model has read the question. Zażółć gęślą jaźń. 数字は真実です。"
                .to_owned()
        }
    };
    let written = u64::try_from(text.split_whitespace().count()).unwrap_or(0).max(1);
    let (content, stop_reason) = match &scenario.fault {
        Some(Fault::ToolUse) => {
            (Content::Tool(json!({ "city": "Kraków", "days": [1, 2, 3], "unit": "celsius" })), "tool_use")
        }
        Some(Fault::Refusal) => (Content::Text(text), "refusal"),
        Some(Fault::MaxTokens) => (Content::Text(text), "max_tokens"),
        _ => (Content::Text(text), "end_turn"),
    };
    let [cache_creation_input_tokens, cache_read_input_tokens] = scenario.cache_tokens;
    Message {
        id: format!("msg_fake_{number:06}"),
        model: request.model.clone(),
        content,
        stop_reason,
        usage: Usage {
            input_tokens: input_tokens(body),
            output_tokens: request.max_tokens.map_or(written, |most| most.min(written)),
            cache_creation_input_tokens,
            cache_read_input_tokens,
        },
    }
}

/// Where a call's usage stands once `message` was sent whole.
pub(crate) fn note_usage(call: &mut ledger::Call, usage: Usage) {
    call.usage = usage;
    call.is_usage_final = true;
}
