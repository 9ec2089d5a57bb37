//! What a signed-in person may do in the whole installation.

use serde::{Deserialize, Serialize};

/// The installation-wide role of an account. Roles inside a workspace are another matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Operates the installation: reads experiment results, manages accounts.
    Admin,
    /// Uses the product.
    User,
}

impl Role {
    /// The word stored in the database and shown in replies.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::User => "user",
        }
    }
}

/// The text is not the name of a role.
#[derive(Debug, thiserror::Error)]
#[error("unknown role")]
pub struct UnknownRole;

impl std::str::FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        match text {
            "admin" => Ok(Self::Admin),
            "user" => Ok(Self::User),
            _ => Err(UnknownRole),
        }
    }
}
