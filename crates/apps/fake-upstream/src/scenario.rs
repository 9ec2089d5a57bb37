//! What the provider is to do with a call.

use std::str::FromStr;
use std::time::Duration;

/// The script of one call.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scenario {
    /// Before the head of the reply is sent.
    pub delay: Duration,
    /// Between two events of a stream.
    pub pause: Duration,
    /// What goes wrong.
    pub fault: Option<Fault>,
    /// The text of the reply; one that says it is fake if none is given.
    pub text: Option<String>,
    /// Tokens that the reply's usage claims were written to and read from a cache.
    pub cache_tokens: [u64; 2],
}

/// What can go wrong, or be unusual.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// An error reply of the provider, with `retry-after` in seconds if one is given.
    Status {
        /// From 400 to 599.
        status: u16,
        /// The header's value.
        retry_after: Option<u32>,
    },
    /// 429 of an account that has spent what it may: no `retry-after`, and no use in trying again.
    SpendCap,
    /// 400 of a prompt that is longer than the model can read.
    TooLong,
    /// The connection is closed instead of a reply.
    Reset,
    /// No reply ever comes.
    Silence,
    /// The stream ends in the middle, without its last chunk, after this many events.
    Cut(usize),
    /// The stream stops for ever after this many events.
    Stall(usize),
    /// A frame in the middle of the stream is not JSON.
    Malformed,
    /// The stream carries an `overloaded_error` after this many events, and ends.
    ErrorInStream(usize),
    /// The model declines: `stop_reason` is `refusal`.
    Refusal,
    /// The reply was cut by `max_tokens`.
    MaxTokens,
    /// The model calls a tool, its input in several deltas.
    ToolUse,
    /// The stream's bytes come in pieces of seven, so that characters are split.
    Split,
    /// The model obeys whoever wants to hear [`crate::OBEDIENCE`], unless the wish stands in a block of data; it then
    /// tells its instructions, too.
    Obedient,
}

/// The text names no scenario.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no scenario: expected parts with commas between, such as `delay=200,pause=20,status=529`; known are delay \
     and pause (milliseconds), status (with /SECONDS for retry-after), spend-cap, too-long, reset, silence, cut, stall and \
     error (after so many events), malformed, refusal, max-tokens, tool-use, split, obedient, cache (WRITTEN/READ) and text"
)]
pub struct InvalidScenario(String);

impl FromStr for Scenario {
    type Err = InvalidScenario;

    /// Reads parts with commas between; `text=` takes all the rest.
    fn from_str(text: &str) -> Result<Self, InvalidScenario> {
        let mut scenario = Self::default();
        let mut rest = text;
        while !rest.is_empty() {
            if let Some(reply) = rest.strip_prefix("text=") {
                scenario.text = Some(reply.to_owned());
                break;
            }
            let (part, after) = rest.split_once(',').unwrap_or((rest, ""));
            scenario.read_part(part.trim()).ok_or_else(|| InvalidScenario(text.to_owned()))?;
            rest = after;
        }
        Ok(scenario)
    }
}

impl Scenario {
    /// A scenario with this fault alone.
    pub fn of(fault: Fault) -> Self {
        Self { fault: Some(fault), ..Self::default() }
    }

    /// A good reply with this text.
    pub fn saying(text: impl Into<String>) -> Self {
        Self { text: Some(text.into()), ..Self::default() }
    }

    fn read_part(&mut self, part: &str) -> Option<()> {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let number = || if value.is_empty() { Some(3) } else { value.parse::<usize>().ok() };
        let milliseconds = || value.parse().ok().map(Duration::from_millis);
        match name {
            "delay" => self.delay = milliseconds()?,
            "pause" => self.pause = milliseconds()?,
            "cache" => {
                let (written, read) = value.split_once('/')?;
                self.cache_tokens = [written.parse().ok()?, read.parse().ok()?];
            }
            _ => self.fault = Some(Fault::read(name, value, number)?),
        }
        Some(())
    }
}

impl Fault {
    fn read(name: &str, value: &str, number: impl Fn() -> Option<usize>) -> Option<Self> {
        Some(match name {
            "status" => {
                let (status, seconds) = value.split_once('/').map_or((value, None), |(a, b)| (a, Some(b)));
                let status = status.parse().ok().filter(|status| (400..600).contains(status))?;
                let retry_after = seconds.map(str::parse).transpose().ok()?;
                Self::Status { status, retry_after }
            }
            "spend-cap" => Self::SpendCap,
            "too-long" => Self::TooLong,
            "reset" => Self::Reset,
            "silence" => Self::Silence,
            "cut" => Self::Cut(number()?),
            "stall" => Self::Stall(number()?),
            "malformed" => Self::Malformed,
            "error" => Self::ErrorInStream(number()?),
            "refusal" => Self::Refusal,
            "max-tokens" => Self::MaxTokens,
            "tool-use" => Self::ToolUse,
            "split" => Self::Split,
            "obedient" => Self::Obedient,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Fault, Scenario};
    use std::time::Duration;

    #[test]
    fn parts_are_read_in_any_order() {
        let scenario: Scenario = "delay=200, status=429/7,cache=10/90,text=a, b".parse().unwrap();
        assert_eq!(scenario.delay, Duration::from_millis(200));
        assert_eq!(scenario.fault, Some(Fault::Status { status: 429, retry_after: Some(7) }));
        assert_eq!(scenario.cache_tokens, [10, 90]);
        assert_eq!(scenario.text.as_deref(), Some("a, b"), "the text takes all the rest");
        assert_eq!("".parse(), Ok(Scenario::default()));
        assert!("status=200".parse::<Scenario>().is_err());
        assert!("nonsense".parse::<Scenario>().unwrap_err().to_string().contains("known are"));
    }
}
