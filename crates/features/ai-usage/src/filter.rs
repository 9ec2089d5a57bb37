//! Which calls a report is about: pure.

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
