//! A question with a fixed form of answer.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One of the gateway's tasks.
pub trait Task {
    /// Below the gateway's address.
    const PATH: &'static str;
    /// The member of the reply that holds the answer.
    const MEMBER: &'static str;
    /// What is asked.
    type Input: Serialize + Sync;
    /// What the model answers.
    type Output: DeserializeOwned;
}

/// An answer of the gateway.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer<Output> {
    /// The model's answer; none when no model was asked and only computed facts are there.
    pub narrated: Option<Output>,
    /// The whole answer as it came, computed facts included.
    pub document: Value,
    /// What it used.
    pub usage: AnswerUsage,
    /// The scripted provider of demonstrations wrote it, and no model.
    pub is_fake: bool,
}

/// What an answer used.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AnswerUsage {
    /// The model that answered; none when none was asked.
    pub model: Option<String>,
    /// Tokens read, those of the provider's cache apart.
    pub input_tokens: u64,
    /// Tokens written.
    pub output_tokens: u64,
    /// Tokens read from the provider's cache.
    pub cache_read_tokens: u64,
    /// Tokens written to the provider's cache.
    pub cache_write_tokens: u64,
    /// Millionths of a US dollar; none when the model's price is not known.
    pub cost_micros: Option<u64>,
}
