//! Reads the usage of a reply while it passes, and changes no byte of it.

use super::Usage;
use super::usage::ReportedUsage;
use bytes::Bytes;
use memchr::memchr2;
use serde::Deserialize;

/// A reply's body is kept for its usage up to this size; the provider's are far smaller.
const MOST_JSON_BYTES: usize = 16 * 1024 * 1024;
/// A line of a stream that is longer is not looked into.
const MOST_LINE_BYTES: usize = 4 * 1024 * 1024;
/// Bytes of text for one token, when the provider did not say: on the high side for every language.
const BYTES_PER_TOKEN: u64 = 3;

/// What passes.
#[derive(Debug)]
pub(crate) enum Tap {
    /// One JSON document.
    Json(JsonTap),
    /// Server-sent events.
    Stream(StreamTap),
    /// Something without usage.
    None,
}

impl Tap {
    pub(crate) fn push(&mut self, bytes: &Bytes) {
        match self {
            Self::Json(tap) => tap.push(bytes),
            Self::Stream(tap) => tap.push(bytes),
            Self::None => {}
        }
    }
}

/// Keeps a JSON reply until it is whole.
#[derive(Debug, Default)]
pub(crate) struct JsonTap {
    parts: Vec<Bytes>,
    bytes: usize,
}

#[derive(Debug, Deserialize)]
struct ReportedMessage {
    usage: Option<ReportedUsage>,
}

/// The usage of a reply in one document; none when it has none.
///
/// Only its own member is read as JSON; whoever asked reads the rest.
fn usage_of(document: &[u8]) -> Option<ReportedUsage> {
    let mut depth = 0_u32;
    let mut at = 0;
    while let Some(byte) = document.get(at) {
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.checked_sub(1)?,
            b'"' => {
                let end = end_of_text(document, at + 1)?;
                if depth == 1
                    && document.get(at..end) == Some(b"\"usage\"")
                    && let Some(value) = document.get(end..)?.trim_ascii_start().strip_prefix(b":")
                {
                    return serde_json::Deserializer::from_slice(value).into_iter().next()?.ok();
                }
                at = end - 1;
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// Where the text that begins at `start` is over, its closing quote included.
fn end_of_text(document: &[u8], mut start: usize) -> Option<usize> {
    loop {
        let found = start + memchr2(b'"', b'\\', document.get(start..)?)?;
        if document.get(found) == Some(&b'"') {
            return Some(found + 1);
        }
        start = found + 2;
    }
}

impl JsonTap {
    fn push(&mut self, bytes: &Bytes) {
        self.bytes = self.bytes.saturating_add(bytes.len());
        if self.bytes <= MOST_JSON_BYTES {
            self.parts.push(bytes.clone());
        } else {
            self.parts.clear();
        }
    }

    /// The usage of the whole reply; none if it has none.
    pub(crate) fn usage(&self) -> Option<Usage> {
        let reported = match self.parts.as_slice() {
            [whole] => usage_of(whole)?,
            parts => usage_of(&parts.concat())?,
        };
        let mut usage = Usage::default();
        reported.update(&mut usage);
        Some(usage)
    }
}

/// Reads server-sent events line by line, however they are cut.
#[derive(Debug, Default)]
pub(crate) struct StreamTap {
    /// The beginning of a line whose end has not come yet.
    line: Vec<u8>,
    is_skipping: bool,
    /// None until the provider said something.
    usage: Option<Usage>,
    is_usage_final: bool,
    is_complete: bool,
    text_bytes: u64,
    error: Option<String>,
}

#[derive(Debug, Deserialize)]
struct ReportedEvent<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    message: Option<ReportedMessage>,
    usage: Option<ReportedUsage>,
    error: Option<ReportedError>,
}

#[derive(Debug, Deserialize)]
struct ReportedError {
    #[serde(rename = "type")]
    kind: String,
}

impl StreamTap {
    fn push(&mut self, bytes: &Bytes) {
        let mut rest: &[u8] = bytes;
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let (line, after) = rest.split_at(end);
            if self.line.is_empty() && !self.is_skipping {
                self.read_line(line);
            } else {
                self.keep(line);
                let whole = std::mem::take(&mut self.line);
                if !std::mem::take(&mut self.is_skipping) {
                    self.read_line(&whole);
                }
            }
            rest = after.get(1..).unwrap_or_default();
        }
        self.keep(rest);
    }

    fn keep(&mut self, part: &[u8]) {
        if self.line.len().saturating_add(part.len()) > MOST_LINE_BYTES {
            self.line.clear();
            self.is_skipping = true;
        }
        if !self.is_skipping {
            self.line.extend_from_slice(part);
        }
    }

    fn read_line(&mut self, line: &[u8]) {
        let Some(data) = line.strip_prefix(b"data:") else { return };
        let data = data.trim_ascii();
        // Deltas are most of a stream and hold no usage: they are only measured.
        if is_of_kind(data, b"content_block_delta") {
            self.text_bytes = self.text_bytes.saturating_add(u64::try_from(data.len()).unwrap_or(0));
            return;
        }
        let Ok(event) = serde_json::from_slice::<ReportedEvent<'_>>(data) else { return };
        match event.kind {
            "message_start" => {
                if let Some(usage) = event.message.and_then(|message| message.usage) {
                    usage.update(self.usage.get_or_insert_default());
                }
            }
            "message_delta" => {
                if let Some(usage) = event.usage {
                    usage.update(self.usage.get_or_insert_default());
                    self.is_usage_final = true;
                }
            }
            "message_stop" => self.is_complete = true,
            "error" => {
                self.error = Some(event.error.map_or_else(|| "error".to_owned(), |error| error.kind));
            }
            _ => {}
        }
    }

    /// Whether the stream said that it ends: a message that stopped, or an error.
    pub(crate) fn has_ended(&self) -> bool {
        self.is_complete || self.error.is_some()
    }

    /// The type of the error that the stream carried.
    pub(crate) fn error(&self) -> Option<&str> {
        self.error.as_deref()
    }

    /// The usage, and whether it is what the provider said at the end; else what was written is estimated from the
    /// bytes that passed. None when nothing was said.
    pub(crate) fn usage(&self) -> Option<(Usage, bool)> {
        let usage = self.usage?;
        if self.is_usage_final {
            return Some((usage, true));
        }
        // A delta's text is about the bytes of its frame beyond the 80 of its wrapping; all of them are counted, so that
        // the estimate errs upwards.
        let written = self.text_bytes.div_ceil(BYTES_PER_TOKEN).max(usage.output_tokens);
        Some((Usage { output_tokens: written, ..usage }, false))
    }
}

/// Whether `data` begins as the provider writes events of this kind.
fn is_of_kind(data: &[u8], kind: &[u8]) -> bool {
    let Some(rest) = data.strip_prefix(b"{\"type\":") else { return false };
    let rest = rest.strip_prefix(b" ").unwrap_or(rest);
    rest.strip_prefix(b"\"")
        .and_then(|rest| rest.strip_prefix(kind))
        .is_some_and(|rest| rest.first() == Some(&b'"'))
}

#[cfg(test)]
mod tests {
    use super::{StreamTap, usage_of};
    use crate::metering::Usage;
    use crate::metering::usage::ReportedUsage;
    use bytes::Bytes;
    use proptest::prelude::*;
    use serde_json::{Map, Value, json};

    const STREAM: &str = "event: message_start\r\n\
        data: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":25,\"cache_read_input_tokens\":7,\
        \"cache_creation\":{\"ephemeral_5m_input_tokens\":2,\"ephemeral_1h_input_tokens\":3},\"output_tokens\":1}}}\r\n\r\n\
        event: content_block_delta\ndata: {\"type\": \"content_block_delta\",\"delta\":{\"text\":\"Zażółć\"}}\n\n\
        event: ping\ndata: {\"type\": \"ping\"}\n\nevent: new\ndata: not json\n\n\
        event: message_delta\ndata: {\"type\":\"message_delta\",\"usage\":{\"output_tokens\":15}}\n\n\
        event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";

    fn tapped(text: &[u8], piece: usize) -> StreamTap {
        let mut tap = StreamTap::default();
        for piece in text.chunks(piece) {
            tap.push(&Bytes::copy_from_slice(piece));
        }
        tap
    }

    #[test]
    fn usage_is_read_however_the_stream_is_cut() {
        let usage = Usage {
            input_tokens: 25,
            output_tokens: 15,
            cache_write_5m_tokens: 2,
            cache_write_1h_tokens: 3,
            cache_read_tokens: 7,
        };
        for piece in 1..STREAM.len() {
            let tap = tapped(STREAM.as_bytes(), piece);
            assert_eq!(tap.usage(), Some((usage, true)), "pieces of {piece}");
            assert!(tap.has_ended());
        }
    }

    #[test]
    fn a_stream_that_stops_early_has_an_estimate() {
        let cut = STREAM.find("event: ping").unwrap();
        let tap = tapped(&STREAM.as_bytes()[..cut], 9);
        let (usage, is_final) = tap.usage().unwrap();
        assert!(!is_final && usage.input_tokens == 25 && usage.output_tokens > 1, "{usage:?}");
        assert!(!tap.has_ended());
        assert_eq!(tapped(b"event: ping\n", 3).usage(), None);
    }

    #[test]
    fn an_error_ends_a_stream() {
        let tap = tapped(b"data: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\"}}\n\n", 5);
        assert_eq!(tap.error(), Some("overloaded_error"));
        assert!(tap.has_ended());
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<u32>().prop_map(Value::from),
            prop_oneof![Just("usage".to_owned()), Just("a \\ \"usage\": {".to_owned()), any::<String>()]
                .prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 5, |inner| {
            let name = prop_oneof![Just("usage".to_owned()), Just("x\"".to_owned()), any::<String>()];
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::vec((name, inner), 0..5)
                    .prop_map(|members| Value::from(Map::from_iter(members))),
            ]
        })
    }

    fn tokens(reported: Option<ReportedUsage>) -> Option<Usage> {
        let mut usage = Usage::default();
        reported?.update(&mut usage);
        Some(usage)
    }

    proptest! {
        #[test]
        fn the_usage_of_the_reply_itself_is_found(mut document in any_json(), tokens_in in any::<u32>(), is_pretty: bool) {
            if let Value::Object(members) = &mut document && tokens_in % 2 == 0 {
                members.insert("usage".to_owned(), json!({ "input_tokens": tokens_in, "server_tool_use": {"x": ["}"]} }));
            }
            let text = if is_pretty { format!("{document:#}") } else { document.to_string() };
            let expected = document.as_object().and_then(|members| members.get("usage").cloned());
            let expected = expected.and_then(|usage| serde_json::from_value(usage).ok());
            prop_assert_eq!(tokens(usage_of(text.as_bytes())), tokens(expected));
        }

        #[test]
        fn no_bytes_are_too_much(bytes: Vec<u8>) {
            usage_of(&bytes);
        }
    }
}
