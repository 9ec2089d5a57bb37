//! Who is limited by what.

use super::Caller;
use crate::config::{Allowance, GatewayFile};
use std::sync::Arc;

/// Somebody with an allowance.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Account {
    /// `address`, `key` or `workspace`.
    pub(crate) whose: &'static str,
    pub(crate) name: Arc<str>,
    pub(crate) allowance: Allowance,
}

/// The accounts that a call counts for: the caller's own and the workspace's. A caller without a token has none here: the
/// environment limits it, by its address.
pub(crate) fn accounts(
    file: &GatewayFile,
    caller: &Caller,
    workspace: Option<&Arc<str>>,
) -> impl Iterator<Item = Account> {
    let own = match caller {
        Caller::Service => Some((caller.name(), file.service)),
        Caller::Key(key) => Some((caller.name(), key.allowance)),
        Caller::Local(_) => None,
    };
    let own = own.map(|(name, allowance)| Account { whose: "key", name, allowance });
    let allowance = file.workspaces;
    let of_workspace =
        workspace.map(|name| Account { whose: "workspace", name: Arc::clone(name), allowance });
    own.into_iter().chain(of_workspace)
}
