//! What the slice talks about: accounts, their state, and what somebody types to name one.

use dashly_kernel::{FieldError, Role, Secret, TextFault, Timestamp, UserId, check_text};
use std::str::FromStr;

/// The most characters of a user name.
const USERNAME_CHARACTERS: usize = 64;
/// The most characters of an e-mail address that can be delivered to (RFC 5321, 4.5.3.1).
const EMAIL_CHARACTERS: usize = 254;

/// Whether an account may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AccountStatus {
    /// It may.
    Approved,
    /// Waits for an administrator.
    Pending,
    /// An administrator said no.
    Rejected,
    /// The e-mail address has not been confirmed.
    Unverified,
}

impl AccountStatus {
    /// The word stored in the database and shown in replies.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Pending => "pending",
            Self::Rejected => "rejected",
            Self::Unverified => "unverified",
        }
    }
}

/// The text is not the name of a status.
#[derive(Debug, thiserror::Error)]
#[error("unknown account status")]
pub(crate) struct UnknownAccountStatus;

impl FromStr for AccountStatus {
    type Err = UnknownAccountStatus;

    fn from_str(text: &str) -> Result<Self, UnknownAccountStatus> {
        [Self::Approved, Self::Pending, Self::Rejected, Self::Unverified]
            .into_iter()
            .find(|status| status.as_str() == text)
            .ok_or(UnknownAccountStatus)
    }
}

/// A person with an account, as the person may see it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct User {
    /// Who.
    pub(crate) id: UserId,
    /// Name as it was written at registration.
    pub(crate) username: String,
    /// Address as it was written at registration.
    pub(crate) email: String,
    /// Role in the whole installation.
    pub(crate) role: Role,
    /// Whether the account may be used.
    pub(crate) status: AccountStatus,
    /// The company the person gave, if any.
    pub(crate) company_name: Option<String>,
}

impl std::fmt::Debug for User {
    /// Without name and address, which do not belong into logs.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("User")
            .field("id", &self.id)
            .field("role", &self.role)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

/// An account with what its password is checked against.
#[derive(Clone, Debug)]
pub(crate) struct Credentials {
    pub(crate) user: User,
    pub(crate) password_hash: Secret<String>,
    pub(crate) password_changed_at: Timestamp,
}

/// What somebody typed to name an account: a user name or an e-mail address, in any case.
///
/// Holds the lower-case form, without the spaces around it, which is how accounts are found.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Login(String);

impl Login {
    /// # Errors
    /// The text cannot be the name of any account.
    pub(crate) fn parse(typed: &str) -> Result<Self, TextFault> {
        let trimmed = typed.trim();
        check_text(trimmed, EMAIL_CHARACTERS)?;
        Ok(Self(key_of(trimmed)))
    }

    /// The lower-case form.
    pub(crate) fn key(&self) -> &str {
        &self.0
    }
}

/// The form in which names and addresses are unique and are looked for.
pub(crate) fn key_of(name: &str) -> String {
    name.to_lowercase()
}

/// A user name and an e-mail address that an account can have.
#[derive(Clone, Copy)]
pub(crate) struct AccountNames<'a> {
    pub(crate) username: &'a str,
    pub(crate) email: &'a str,
}

impl<'a> AccountNames<'a> {
    /// # Errors
    /// The first field that no account can have.
    pub(crate) fn parse(username: &'a str, email: &'a str) -> Result<Self, FieldError> {
        let (username, email) = (username.trim(), email.trim());
        check_text(username, USERNAME_CHARACTERS)
            .map_err(|fault| FieldError::new("/username", "invalid", fault.to_string()))?;
        check_text(email, EMAIL_CHARACTERS)
            .map_err(|fault| FieldError::new("/email", "invalid", fault.to_string()))?;
        let is_address = email.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty()
                && !domain.is_empty()
                && !domain.contains('@')
                && !email.contains(char::is_whitespace)
        });
        if !is_address {
            return Err(FieldError::new(
                "/email",
                "invalid",
                "must be an e-mail address such as name@example.org",
            ));
        }
        // Else one person's name could be another's address, and signing in with it would be a matter of luck.
        if username.contains('@') && key_of(username) != key_of(email) {
            return Err(FieldError::new(
                "/username",
                "invalid",
                "must not contain @ unless it is the e-mail address",
            ));
        }
        Ok(Self { username, email })
    }
}

#[cfg(test)]
mod tests {
    use super::AccountNames;

    #[test]
    fn a_name_cannot_be_somebody_elses_address() {
        assert!(AccountNames::parse("mara", "mara@example.org").is_ok());
        assert!(AccountNames::parse("Mara@example.org", "mara@Example.org").is_ok());
        for (username, email) in [
            ("tom@example.org", "mara@example.org"),
            ("", "mara@example.org"),
            ("mara", "example.org"),
            ("mara", "@example.org"),
            ("mara", "mara@"),
            ("mara", "mara@x@y"),
            ("mara", "ma ra@example.org"),
            ("ma\0ra", "mara@example.org"),
        ] {
            assert!(AccountNames::parse(username, email).is_err(), "{username} {email}");
        }
    }
}
