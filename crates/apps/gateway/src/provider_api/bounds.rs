//! The most that a request to the provider can use, for callers who have a budget.
//!
//! What is not known to be bounded is refused: tools that run at the provider and are charged by use, files and addresses
//! whose size is not known here, faster or located inference at other prices, and members that are not known yet.

use super::members::Members;
use crate::metering::{Bounds, Unbounded};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

/// The provider scales images down; the largest has somewhat fewer tokens.
const IMAGE_TOKENS: u64 = 5_000;
/// What the provider adds to a prompt for itself, and for each tool.
const ADDED_TOKENS: u64 = 1_000;
/// Tools of the provider that run at the caller.
const CALLERS_TOOLS: [&str; 6] =
    ["custom", "bash_", "text_editor_", "computer_", "memory_", "str_replace_based_edit_tool"];

/// Members that appear twice are refused at every level that is looked at: the provider might read the other one.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body<'a> {
    #[serde(borrow)]
    messages: Vec<Message<'a>>,
    max_tokens: u64,
    #[serde(default)]
    tools: Vec<Tool>,
    #[serde(rename = "service_tier")]
    _service_tier: Option<ServiceTier>,
    #[serde(borrow)]
    model: &'a RawValue,
    #[serde(rename = "system")]
    _system: Option<IgnoredAny>,
    #[serde(default)]
    stream: Option<bool>,
    #[serde(rename = "temperature")]
    _temperature: Option<IgnoredAny>,
    #[serde(rename = "top_p")]
    _top_p: Option<IgnoredAny>,
    #[serde(rename = "top_k")]
    _top_k: Option<IgnoredAny>,
    #[serde(rename = "stop_sequences")]
    _stop_sequences: Option<IgnoredAny>,
    #[serde(rename = "metadata")]
    _metadata: Option<IgnoredAny>,
    #[serde(rename = "tool_choice")]
    _tool_choice: Option<IgnoredAny>,
    #[serde(rename = "thinking")]
    _thinking: Option<IgnoredAny>,
    #[serde(rename = "cache_control")]
    _cache_control: Option<IgnoredAny>,
    #[serde(rename = "output_config")]
    _output_config: Option<IgnoredAny>,
    #[serde(rename = "output_format")]
    _output_format: Option<IgnoredAny>,
}

/// Those at the usual prices.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ServiceTier {
    Auto,
    StandardOnly,
}

#[derive(Debug, Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    content: &'a RawValue,
}

#[derive(Debug, Deserialize)]
struct Tool {
    #[serde(rename = "type")]
    kind: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Block<'a> {
    #[serde(rename = "type")]
    kind: String,
    #[serde(borrow)]
    source: Option<Source<'a>>,
    #[serde(borrow)]
    content: Option<&'a RawValue>,
}

#[derive(Debug, Deserialize)]
struct Source<'a> {
    #[serde(rename = "type")]
    kind: String,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
}

/// What the request in `text` asks for, and what bounds it.
pub(super) fn read_bounded(text: &str) -> Result<(Members<'_>, Bounds), Unbounded> {
    let read: Body<'_> = serde_json::from_str(text).map_err(|error| unreadable(&error))?;
    for tool in &read.tools {
        check_tool(tool)?;
    }
    let mut images = Images::default();
    for message in &read.messages {
        images.add_content(message.content)?;
    }
    let tools = count(read.tools.len());
    // A token has one byte at least.
    let text_bytes = count(text.len()).saturating_sub(images.bytes);
    let added = ADDED_TOKENS.saturating_mul(tools.saturating_add(1));
    let prompt_tokens =
        text_bytes.saturating_add(added).saturating_add(images.number.saturating_mul(IMAGE_TOKENS));
    let bounds =
        Bounds { prompt_tokens, output_tokens: read.max_tokens, writes_cache: may_write_cache(text) };
    let members =
        Members { model: Some(read.model), stream: read.stream, max_tokens: Some(read.max_tokens.into()) };
    Ok((members, bounds))
}

/// Without the list of everything that would be understood.
fn unreadable(error: &serde_json::Error) -> Unbounded {
    let text = error.to_string();
    Unbounded(text.split(", expected").next().unwrap_or_default().to_owned())
}

fn check_tool(tool: &Tool) -> Result<(), Unbounded> {
    match &tool.kind {
        Some(kind) if !CALLERS_TOOLS.iter().any(|known| kind.starts_with(known)) => {
            Err(Unbounded(format!("the tool {kind} runs at the provider")))
        }
        _ => Ok(()),
    }
}

/// A name may be hidden behind escapes.
fn may_write_cache(text: &str) -> bool {
    text.contains("cache_control") || text.contains("\\u")
}

/// Images, and the bytes of the body that they take.
#[derive(Debug, Default)]
struct Images {
    number: u64,
    bytes: u64,
}

impl Images {
    fn add_content(&mut self, content: &RawValue) -> Result<(), Unbounded> {
        if !content.get().starts_with('[') {
            return Ok(());
        }
        let blocks: Vec<Block<'_>> =
            serde_json::from_str(content.get()).map_err(|error| unreadable(&error))?;
        blocks.iter().try_for_each(|block| self.add_block(block))
    }

    fn add_block(&mut self, block: &Block<'_>) -> Result<(), Unbounded> {
        match (block.kind.as_str(), &block.source) {
            ("text" | "tool_use" | "thinking" | "redacted_thinking", _) => Ok(()),
            ("tool_result", _) => block.content.map_or(Ok(()), |content| self.add_content(content)),
            ("image", Some(source)) if source.kind == "base64" => {
                self.number = self.number.saturating_add(1);
                self.bytes = self.bytes.saturating_add(count(source.data.map_or(0, |data| data.get().len())));
                Ok(())
            }
            ("document", Some(source)) if source.kind == "text" => Ok(()),
            ("image" | "document", Some(source)) => {
                Err(Unbounded(format!("how large the {} of type {} is", block.kind, source.kind)))
            }
            (kind, _) => Err(Unbounded(format!("content of type {kind} is not known to be bounded"))),
        }
    }
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::{IMAGE_TOKENS, read_bounded};
    use crate::metering::{Bounds, Unbounded};
    use serde_json::{Value, json};

    fn bounds(text: &str) -> Result<Bounds, Unbounded> {
        read_bounded(text).map(|(_, bounds)| bounds)
    }

    fn with(member: &str, value: Value) -> String {
        let mut body =
            json!({ "model": "m", "max_tokens": 9, "messages": [{ "role": "user", "content": "Hi" }] });
        body[member] = value;
        body.to_string()
    }

    #[test]
    fn text_is_bounded_by_its_bytes_and_an_image_by_the_largest() {
        let plain = with("system", json!("x"));
        let bound = bounds(&plain).unwrap();
        assert_eq!(bound.prompt_tokens, u64::try_from(plain.len()).unwrap() + 1_000);
        assert_eq!((bound.output_tokens, bound.writes_cache), (9, false));
        let image = json!([{ "role": "user", "content": [
            { "type": "tool_result", "tool_use_id": "a", "content": [
                { "type": "image", "source": { "type": "base64", "media_type": "image/png", "data": "A".repeat(900_000) } }
            ] }
        ] }]);
        let bound = bounds(&with("messages", image)).unwrap();
        assert!((IMAGE_TOKENS..IMAGE_TOKENS + 2_000).contains(&bound.prompt_tokens), "{bound:?}");
        let cached = json!([{ "type": "text", "text": "x", "cache_control": { "type": "ephemeral" } }]);
        assert!(bounds(&with("system", cached)).unwrap().writes_cache);
        assert!(
            bounds(&with("tools", json!([{ "name": "a", "input_schema": {} }, { "type": "bash_20250124" }])))
                .is_ok()
        );
    }

    #[test]
    fn what_has_no_bound_is_refused_and_named() {
        let url = json!([{ "role": "user", "content": [{ "type": "image", "source": { "type": "url", "url": "x" } }] }]);
        let pdf = json!([{ "role": "user", "content": [
            { "type": "document", "source": { "type": "base64", "media_type": "application/pdf", "data": "x" } }
        ] }]);
        for (member, value, expected) in [
            ("tools", json!([{ "type": "web_search_20250305", "name": "web_search" }]), "web_search"),
            ("messages", url, "type url"),
            ("messages", pdf, "type base64"),
            ("messages", json!([{ "role": "user", "content": [{ "type": "new" }] }]), "type new"),
            ("speed", json!("fast"), "speed"),
            ("mcp_servers", json!([]), "mcp_servers"),
            ("service_tier", json!("flex"), "flex"),
            ("max_tokens", json!(-1), "-1"),
        ] {
            let error = bounds(&with(member, value)).unwrap_err().to_string();
            assert!(error.contains(expected), "{member}: {error}");
        }
        let twice = r#"{"model":"m","max_tokens":1,"messages":[],"messages":[]}"#;
        assert!(bounds(twice).unwrap_err().to_string().contains("duplicate field"));
        let none = r#"{"model":"m","messages":[]}"#;
        assert!(bounds(none).unwrap_err().to_string().contains("missing field `max_tokens`"));
    }
}
