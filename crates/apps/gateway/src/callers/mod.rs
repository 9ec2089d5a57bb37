//! Who calls, and how much they may.

mod authenticate;
mod limits;
mod virtual_key;
mod workspace;

pub(crate) use authenticate::{Caller, Callers, Unauthenticated};
pub(crate) use limits::{Counted, LimitReached, Limiter};
pub use virtual_key::new_virtual_key;
pub(crate) use workspace::{InvalidWorkspace, workspace_of};
