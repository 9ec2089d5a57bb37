//! Tokens.

use serde::{Deserialize, Serialize};
use std::ops::AddAssign;

/// Tokens of one call or of many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[expect(clippy::struct_field_names, reason = "named as in the provider's replies")]
pub(crate) struct Usage {
    /// Of the prompt, those of the cache apart.
    pub(crate) input_tokens: u64,
    /// Written.
    pub(crate) output_tokens: u64,
    /// Written to the cache for five minutes.
    pub(crate) cache_write_5m_tokens: u64,
    /// Written to the cache for an hour.
    pub(crate) cache_write_1h_tokens: u64,
    /// Read from the cache.
    pub(crate) cache_read_tokens: u64,
}

impl Usage {
    /// Tokens of the prompt, wherever they came from.
    pub(crate) const fn prompt_tokens(self) -> u64 {
        self.input_tokens + self.cache_write_5m_tokens + self.cache_write_1h_tokens + self.cache_read_tokens
    }

    /// Takes over what a reply's `usage` says.
    pub(crate) fn update_from(&mut self, reported: serde_json::Value) {
        if let Ok(reported) = serde_json::from_value::<ReportedUsage>(reported) {
            reported.update(self);
        }
    }

    /// All tokens.
    pub(crate) const fn all_tokens(self) -> u64 {
        self.prompt_tokens() + self.output_tokens
    }
}

impl AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        self.input_tokens += other.input_tokens;
        self.output_tokens += other.output_tokens;
        self.cache_write_5m_tokens += other.cache_write_5m_tokens;
        self.cache_write_1h_tokens += other.cache_write_1h_tokens;
        self.cache_read_tokens += other.cache_read_tokens;
    }
}

/// `usage` as the provider writes it; fields that do not appear keep what was known.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct ReportedUsage {
    input_tokens: Option<u64>,
    output_tokens: Option<u64>,
    cache_creation_input_tokens: Option<u64>,
    cache_read_input_tokens: Option<u64>,
    cache_creation: Option<ReportedCacheCreation>,
}

#[derive(Debug, Deserialize)]
struct ReportedCacheCreation {
    #[serde(default)]
    ephemeral_5m_input_tokens: u64,
    #[serde(default)]
    ephemeral_1h_input_tokens: u64,
}

impl ReportedUsage {
    /// Puts what is reported into `usage`. Reports are running totals, not additions.
    pub(crate) fn update(&self, usage: &mut Usage) {
        let set = |place: &mut u64, value: Option<u64>| *place = value.unwrap_or(*place);
        set(&mut usage.input_tokens, self.input_tokens);
        set(&mut usage.output_tokens, self.output_tokens);
        set(&mut usage.cache_read_tokens, self.cache_read_input_tokens);
        match (&self.cache_creation, self.cache_creation_input_tokens) {
            (Some(split), _) => {
                usage.cache_write_5m_tokens = split.ephemeral_5m_input_tokens;
                usage.cache_write_1h_tokens = split.ephemeral_1h_input_tokens;
            }
            (None, whole) => set(&mut usage.cache_write_5m_tokens, whole),
        }
    }
}
