//! The reply of a task.

use super::definition::Envelope;
use super::screening::Withheld;
use crate::metering::{Cost, Usage};
use serde_json::{Map, Value, json};

/// What a model wrote for an answer. By default nothing was spent.
#[derive(Clone, Debug)]
pub(super) struct Spent {
    pub(super) model: String,
    pub(super) usage: Usage,
    pub(super) cost: Option<Cost>,
    /// The scripted provider answered.
    pub(super) is_fake: bool,
    /// What the model was not shown.
    pub(super) withheld: Vec<Withheld>,
    pub(super) source: Source,
}

impl Default for Spent {
    fn default() -> Self {
        Self {
            model: String::new(),
            usage: Usage::default(),
            cost: Some(Cost::default()),
            is_fake: false,
            withheld: Vec::new(),
            source: Source::Model,
        }
    }
}

/// Where an answer comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// The model was asked.
    Model,
    /// The model was asked for an identical call that was in progress.
    IdenticalCall,
    /// It was remembered.
    Memory,
}

impl Source {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::IdenticalCall => "identical-call",
            Self::Memory => "memory",
        }
    }
}

/// The body of a reply.
pub(super) fn reply_body(envelope: Envelope, answer: Value, spent: Option<&Spent>) -> Value {
    let usage = spent.map_or_else(Usage::default, |spent| spent.usage);
    let tokens = Value::from(usage.all_tokens());
    let mut body = Map::new();
    body.insert("success".to_owned(), Value::Bool(true));
    let answer = match answer {
        Value::Object(mut members) if envelope.tokens_inside => {
            members.insert("tokensUsed".to_owned(), tokens.clone());
            Value::Object(members)
        }
        other => other,
    };
    body.insert(envelope.member.to_owned(), answer);
    if envelope.tokens_beside {
        body.insert("tokensUsed".to_owned(), tokens);
    }
    body.insert("narrated".to_owned(), Value::Bool(spent.is_some()));
    let usage = json!({
        "model": spent.map(|spent| &spent.model),
        "inputTokens": usage.input_tokens,
        "outputTokens": usage.output_tokens,
        "cacheReadTokens": usage.cache_read_tokens,
        "cacheWriteTokens": usage.cache_write_5m_tokens + usage.cache_write_1h_tokens,
        "costMicros": spent.map_or(Some(0), |spent| spent.cost.map(Cost::micros)),
        "currency": "USD",
        "source": spent.map(|spent| spent.source.name())
    });
    body.insert("usage".to_owned(), usage);
    if let Some(spent) = spent.filter(|spent| !spent.withheld.is_empty()) {
        body.insert("withheld".to_owned(), json!(spent.withheld));
    }
    if spent.is_some_and(|spent| spent.is_fake) {
        body.insert("fakeUpstream".to_owned(), Value::Bool(true));
    }
    Value::Object(body)
}
