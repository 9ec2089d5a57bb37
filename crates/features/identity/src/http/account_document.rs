//! The words for roles and states in answers.

use crate::model::AccountStatus;
use dashly_kernel::Role;
use serde::Serialize;
use utoipa::ToSchema;

/// Role of an account in the whole installation.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AccountRole)]
pub(crate) enum RoleDocument {
    /// Operates the installation.
    Admin,
    /// Uses the product.
    User,
}

impl From<Role> for RoleDocument {
    fn from(role: Role) -> Self {
        match role {
            Role::Admin => Self::Admin,
            Role::User => Self::User,
        }
    }
}

/// Whether an account may be used.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AccountStatus)]
pub(crate) enum StatusDocument {
    /// It may.
    Approved,
    /// Waits for an administrator.
    Pending,
    /// An administrator said no.
    Rejected,
    /// The e-mail address has not been confirmed.
    Unverified,
}

impl From<AccountStatus> for StatusDocument {
    fn from(status: AccountStatus) -> Self {
        match status {
            AccountStatus::Approved => Self::Approved,
            AccountStatus::Pending => Self::Pending,
            AccountStatus::Rejected => Self::Rejected,
            AccountStatus::Unverified => Self::Unverified,
        }
    }
}
