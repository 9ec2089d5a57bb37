//! Accounts from the operator's side: the first administrator, and a new password for somebody who lost it.

use crate::Identity;
use crate::hashing::HashingError;
use crate::model::{AccountNames, AccountStatus, Login};
use crate::password::{PasswordFault, check_password};
use crate::store::{self, NewUser, StoreError};
use dashly_db::DbErrorKind;
use dashly_kernel::{FieldError, Role, Secret, UserId};

/// What [`Identity::ensure_admin`] found or did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdminOutcome {
    /// There was no administrator; now there is this one.
    Created,
    /// There is one already; nothing was changed, whatever name and password were given.
    Exists,
}

/// Why there is still no administrator.
#[derive(Debug, thiserror::Error)]
pub enum EnsureAdminError {
    /// No account can have this name or address.
    #[error("the admin's {} {}", .0.pointer.trim_start_matches('/'), .0.detail)]
    Names(FieldError),
    /// The password is not good enough.
    #[error(transparent)]
    Password(#[from] PasswordFault),
    /// An account without the admin role has this name or address.
    #[error("the admin's user name or e-mail address belongs to an account without the admin role")]
    Taken,
    /// The password could not be hashed.
    #[error("the admin's password could not be hashed; try again")]
    Hashing,
    /// The database did not do as asked.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What [`Identity::reset_password`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordReset {
    /// Whose password it was.
    pub user: UserId,
    /// How many sign-ins were ended by it.
    pub ended_sessions: u64,
}

/// Why a password was not reset.
#[derive(Debug, thiserror::Error)]
pub enum ResetPasswordError {
    /// No account has this user name or e-mail address.
    #[error("no account has this user name or e-mail address")]
    UnknownAccount,
    /// The new password is not good enough.
    #[error(transparent)]
    Password(#[from] PasswordFault),
    /// The password could not be hashed.
    #[error("the new password could not be hashed; try again")]
    Hashing,
    /// The database did not do as asked.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<HashingError> for EnsureAdminError {
    fn from(_: HashingError) -> Self {
        Self::Hashing
    }
}

impl From<HashingError> for ResetPasswordError {
    fn from(_: HashingError) -> Self {
        Self::Hashing
    }
}

impl Identity {
    /// Makes sure that there is an administrator, creating this one if there is none.
    ///
    /// Any number of processes may call this at once: one creates, the others find. Names and password are judged
    /// only when they are needed.
    ///
    /// # Errors
    /// [`EnsureAdminError`]; nothing is stored then.
    pub async fn ensure_admin(
        &self,
        username: &str,
        email: &str,
        password: &Secret<String>,
    ) -> Result<AdminOutcome, EnsureAdminError> {
        if store::has_admin(self.db()).await? {
            return Ok(AdminOutcome::Exists);
        }
        let names = AccountNames::parse(username, email).map_err(EnsureAdminError::Names)?;
        check_password(password, names.username, names.email)?;
        let password_hash = self.hashing().hash(password, self.ids()).await?;
        let now = self.clock().now();
        let admin = NewUser {
            id: UserId::new(self.ids().uuid(now)),
            username: names.username,
            email: names.email,
            password_hash: &password_hash,
            role: Role::Admin,
            status: AccountStatus::Approved,
            created_at: now,
        };
        let id = admin.id;
        match store::insert_first_admin(self.db(), admin).await {
            Ok(true) => {
                tracing::info!(user = %id, "created the first administrator");
                Ok(AdminOutcome::Created)
            }
            Ok(false) => Ok(AdminOutcome::Exists),
            Err(StoreError::Database(error)) if error.kind() == DbErrorKind::Unique => {
                Err(EnsureAdminError::Taken)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Gives an account, found by user name or e-mail address, a new password, and ends all its sign-ins.
    ///
    /// Failures counted against the account are void from then on, in every process: they were counted for the old
    /// password.
    ///
    /// # Errors
    /// [`ResetPasswordError`]; nothing is changed then.
    pub async fn reset_password(
        &self,
        login: &str,
        new_password: &Secret<String>,
    ) -> Result<PasswordReset, ResetPasswordError> {
        let login = Login::parse(login).map_err(|_| ResetPasswordError::UnknownAccount)?;
        let credentials = store::find_credentials(self.db(), &login).await?;
        let user = credentials.ok_or(ResetPasswordError::UnknownAccount)?.user;
        check_password(new_password, &user.username, &user.email)?;
        let password_hash = self.hashing().hash(new_password, self.ids()).await?;
        let ended = store::update_password(self.db(), user.id, &password_hash, self.clock().now()).await?;
        let ended_sessions = ended.ok_or(ResetPasswordError::UnknownAccount)?;
        tracing::info!(user = %user.id, ended_sessions, "a password was reset by the operator");
        Ok(PasswordReset { user: user.id, ended_sessions })
    }
}
