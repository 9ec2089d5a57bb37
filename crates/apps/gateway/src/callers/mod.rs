//! Who calls, and how much they may.

mod account;
mod authenticate;
mod budgets;
mod limit_reached;
mod limits;
mod virtual_key;
mod workspace;

pub(crate) use account::{Account, accounts};
pub(crate) use authenticate::{Caller, Callers, Unauthenticated};
pub(crate) use budgets::{BudgetError, CallerBudgets, Standing, with_budget};
pub(crate) use limit_reached::LimitReached;
pub(crate) use limits::{Counted, Limiter};
pub use virtual_key::new_virtual_key;
pub(crate) use workspace::{InvalidWorkspace, workspace_of};
