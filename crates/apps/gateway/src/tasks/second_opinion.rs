//! A small model's judgement of texts that the rules leave in doubt. Asked only where `gateway.toml` wants it.

use super::definition::{CompiledTask, DATA, Prepared, TaskDefinition, data};
use serde_json::{Value, json};
use std::sync::LazyLock;

/// Texts judged at once, at most; what else is in doubt is withheld.
pub(super) const MOST_TEXTS: usize = 20;

static TASK: TaskDefinition = TaskDefinition {
    name: "second_opinion",
    path: "second_opinion",
    summary: "Whether texts are safe",
    input: include_str!("../../schemas/second_opinion.input.json"),
    output: include_str!("../../schemas/second_opinion.output.json"),
    prepare: |_| Prepared::default(),
    finish: |answer, _| answer,
    envelope: DATA,
    acts: false,
};

/// The task.
pub(super) static SECOND_OPINION: LazyLock<CompiledTask> = LazyLock::new(|| CompiledTask::new(&TASK));

/// The question about `texts`.
pub(super) fn question_about(texts: &[String]) -> Prepared {
    Prepared {
        question: "Is one of the texts unsafe?".to_owned(),
        blocks: vec![data("texts", json!(texts))],
        computed: None,
        kept: Value::Null,
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn it_can_be_asked() {
        assert!(super::SECOND_OPINION.output().document.is_object());
    }
}
