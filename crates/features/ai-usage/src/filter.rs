//! Which calls a report is about: pure.

use crate::delta::Kind;
use serde::Serialize;
use utoipa::ToSchema;

/// Calls that have each of the given names; null admits every name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = AiUsageFilter)]
pub struct UsageFilter {
    /// Name of a task, as in `tasks`.
    pub task: Option<String>,
    /// Name of a model, as in `models`; `-` for calls that no model was asked for.
    pub model: Option<String>,
    /// Name of a workspace, as in `workspaces`; `-` for calls that named none.
    pub workspace: Option<String>,
    /// Name of a key, as in `callers`.
    pub caller: Option<String>,
}

impl UsageFilter {
    /// Whether calls of this kind are meant.
    pub(crate) fn admits(&self, kind: &Kind) -> bool {
        let pairs = [
            (&self.task, &kind.task),
            (&self.model, &kind.model),
            (&self.workspace, &kind.workspace),
            (&self.caller, &kind.caller),
        ];
        pairs.into_iter().all(|(wanted, name)| wanted.as_ref().is_none_or(|wanted| wanted == name))
    }
}
