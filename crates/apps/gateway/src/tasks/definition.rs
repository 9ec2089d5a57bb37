//! What a task is.

use super::schema::Schema;
use serde_json::Value;
use std::sync::LazyLock;

/// A declared task.
#[derive(Debug)]
pub(super) struct TaskDefinition {
    /// Name of its prompt and schemas.
    pub(super) name: &'static str,
    pub(super) path: &'static str,
    /// What it asks, in a few words.
    pub(super) summary: &'static str,
    /// JSON schema of the request's body.
    pub(super) input: &'static str,
    /// JSON schema of what the model answers.
    pub(super) output: &'static str,
    /// From a valid body to what the model is given.
    pub(super) prepare: fn(&Value) -> Prepared,
    /// From a valid answer of the model to what the caller gets: computed facts take the place of the model's.
    pub(super) finish: fn(Value, &Prepared) -> Value,
    pub(super) envelope: Envelope,
    /// Something is done with the answer, and not only shown: in doubt it is refused.
    pub(super) acts: bool,
}

/// Where the answer stands in the reply.
#[derive(Clone, Copy, Debug)]
pub(super) struct Envelope {
    /// The member that holds it.
    pub(super) member: &'static str,
    /// `tokensUsed` stands inside, beside it, or in both places, as in the original.
    pub(super) tokens_inside: bool,
    pub(super) tokens_beside: bool,
}

/// Inside `data` and nowhere else.
pub(super) const DATA: Envelope = Envelope { member: "data", tokens_inside: true, tokens_beside: false };
/// Inside `data` and beside it.
pub(super) const DATA_AND_BESIDE: Envelope =
    Envelope { member: "data", tokens_inside: true, tokens_beside: true };

/// Beside a member of its own.
pub(super) const fn beside(member: &'static str) -> Envelope {
    Envelope { member, tokens_inside: false, tokens_beside: true }
}

/// What was made of a request.
#[derive(Debug, Default)]
pub(super) struct Prepared {
    /// What the model is asked, in a sentence of ours.
    pub(super) question: String,
    /// What the model is given as data.
    pub(super) blocks: Vec<Block>,
    /// The answer without a model; none when there is none.
    pub(super) computed: Option<Value>,
    /// What [`TaskDefinition::finish`] needs.
    pub(super) kept: Value,
}

/// A named piece of data.
#[derive(Clone, Debug)]
pub(super) struct Block {
    pub(super) name: &'static str,
    pub(super) content: Value,
    pub(super) origin: Origin,
}

/// Who wrote a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// We did.
    Ours,
    /// The caller asks in it, in the field of this name: what looks like an attack is refused.
    Caller(&'static str),
    /// Others did, perhaps: what looks like an attack is withheld from the model.
    Others,
}

/// A block of ours.
pub(super) const fn ours(name: &'static str, content: Value) -> Block {
    Block { name, content, origin: Origin::Ours }
}

/// What the caller asks in `field`.
pub(super) const fn asked(name: &'static str, field: &'static str, content: Value) -> Block {
    Block { name, content, origin: Origin::Caller(field) }
}

/// Data that others may have written.
pub(super) const fn data(name: &'static str, content: Value) -> Block {
    Block { name, content, origin: Origin::Others }
}

/// A task with its schemas, which are compiled when they are first needed.
#[derive(Debug)]
pub(super) struct CompiledTask {
    pub(super) definition: &'static TaskDefinition,
    input: LazyLock<Schema, Compile>,
    output: LazyLock<Schema, Compile>,
}

type Compile = Box<dyn FnOnce() -> Schema + Send>;

impl CompiledTask {
    pub(super) fn new(definition: &'static TaskDefinition) -> Self {
        Self { definition, input: lazily(definition.input), output: lazily(definition.output) }
    }

    /// Of the request's body.
    pub(super) fn input(&self) -> &Schema {
        &self.input
    }

    /// Of what the model answers.
    pub(super) fn output(&self) -> &Schema {
        &self.output
    }
}

#[expect(clippy::expect_used, reason = "a constant schema, compiled by a test")]
fn lazily(text: &'static str) -> LazyLock<Schema, Compile> {
    LazyLock::new(Box::new(|| Schema::compile(text).expect("the schema can be compiled")))
}

#[cfg(test)]
mod tests {
    use super::CompiledTask;
    use crate::tasks::{Prompts, TASKS};

    #[test]
    fn every_task_has_a_prompt_and_schemas() {
        let prompts = Prompts::default();
        for definition in TASKS {
            let task = CompiledTask::new(definition);
            assert!(task.input().document.is_object() && task.output().document.is_object());
            assert!(prompts.get(definition.name).is_some(), "{}", definition.name);
            assert!(definition.path.starts_with("/api/ai/"));
        }
    }
}
