//! Signing in.

use crate::Identity;
use crate::hashing::HashingError;
use crate::limits::AttemptKeys;
use crate::model::{AccountStatus, Credentials, Login, User};
use crate::store::{self, NewSession, StoreError};
use crate::token::SigningError;
use dashly_kernel::{Secret, SessionId, Timestamp, UserId};
use std::net::IpAddr;
use std::time::Duration;

/// Sessions of one person that are good at the same time; a further sign-in ends the oldest.
const MOST_SESSIONS: i64 = 100;

/// A good sign-in.
#[derive(Debug)]
pub(crate) struct SignedInUser {
    pub(crate) user: User,
    pub(crate) token: Secret<String>,
}

/// Why somebody was not signed in.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SignInError {
    /// No such account, or not its password; which of the two must not be told.
    #[error("wrong account or password")]
    WrongCredentials,
    /// The right password of an account that may not be used.
    #[error("the account is {}", .0.as_str())]
    NotApproved(AccountStatus),
    /// Too many failures.
    #[error("too many failed attempts")]
    Limited { wait: Duration },
    /// Too many others are signing in.
    #[error("too many sign-ins at once")]
    Busy,
    /// The stored hash cannot be read, or the process is stopping.
    #[error(transparent)]
    Hashing(HashingError),
    #[error(transparent)]
    Signing(#[from] SigningError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<HashingError> for SignInError {
    fn from(error: HashingError) -> Self {
        match error {
            HashingError::Busy => Self::Busy,
            HashingError::Failed => Self::Hashing(error),
        }
    }
}

impl Identity {
    /// Signs somebody in who calls from `address`.
    ///
    /// Wrong passwords and accounts that do not exist take the same steps and the same time.
    pub(crate) async fn sign_in(
        &self,
        login: &Login,
        password: Secret<String>,
        address: IpAddr,
    ) -> Result<SignedInUser, SignInError> {
        if let Some(wait) = self.limits().address_wait(address).await {
            tracing::warn!(%address, "sign-in refused: too many failures from this address");
            return Err(SignInError::Limited { wait });
        }
        let credentials = store::find_credentials(self.db(), login).await?;
        let user = credentials.as_ref().map(|found| found.user.id);
        let changed_at = credentials.as_ref().map(|found| found.password_changed_at);
        let keys = AttemptKeys::new(login, address, changed_at);
        if let Some(wait) = self.limits().wait(&keys).await {
            return Err(limited(user, address, wait));
        }

        // Counted only with a turn in hand: people who wait do not use up the limit for each other.
        let turn = self.hashing().turn().await?;
        self.limits().begin(&keys).await.map_err(|wait| limited(user, address, wait))?;
        let stored_hash = credentials.as_ref().map(|found| found.password_hash.clone());
        let outcome = match turn.verify(password, stored_hash).await {
            Ok(true) => self.begin_session(credentials).await,
            Ok(false) => Err(SignInError::WrongCredentials),
            Err(error) => Err(error.into()),
        };
        self.settle(&keys, &outcome).await;
        report(user, address, &outcome);
        outcome
    }

    /// For the owner of the right password.
    async fn begin_session(&self, credentials: Option<Credentials>) -> Result<SignedInUser, SignInError> {
        let Some(Credentials { user, password_hash, .. }) = credentials else {
            return Err(SignInError::WrongCredentials);
        };
        if user.status != AccountStatus::Approved {
            return Err(SignInError::NotApproved(user.status));
        }
        let now = self.clock().now();
        let session = SessionId::new(self.ids().uuid(now));
        // Tokens count in whole seconds; the row must end in the same moment.
        let lifetime_seconds = i64::from(self.token_lifetime_seconds());
        let expires_at =
            Timestamp::default().plus_seconds(now.unix_seconds().saturating_add(lifetime_seconds));
        let token = self.tokens().sign(&user, session, now, expires_at)?;
        let row = NewSession { id: session, user: user.id, created_at: now, expires_at };
        if store::insert_session(self.db(), row, &password_hash, MOST_SESSIONS).await? {
            Ok(SignedInUser { user, token })
        } else {
            Err(SignInError::WrongCredentials)
        }
    }

    /// Only a wrong account or password stays counted.
    async fn settle(&self, keys: &AttemptKeys, outcome: &Result<SignedInUser, SignInError>) {
        match outcome {
            Ok(_) => self.limits().forgive(keys).await,
            Err(SignInError::WrongCredentials) => {}
            Err(_) => self.limits().take_back(keys).await,
        }
    }
}

fn limited(user: Option<UserId>, address: IpAddr, wait: Duration) -> SignInError {
    let user = user.map(tracing::field::display);
    tracing::warn!(user, %address, wait_seconds = wait.as_secs(), "sign-in refused: too many failures");
    SignInError::Limited { wait }
}

/// Who and from where, by id: what was typed may be a password in the wrong field.
fn report(user: Option<UserId>, address: IpAddr, outcome: &Result<SignedInUser, SignInError>) {
    let user = user.map(tracing::field::display);
    match outcome {
        Ok(_) => tracing::info!(user, %address, "signed in"),
        Err(SignInError::WrongCredentials) if user.is_some() => {
            tracing::warn!(user, %address, "sign-in failed: wrong password");
        }
        Err(SignInError::WrongCredentials) => tracing::warn!(%address, "sign-in failed: no such account"),
        Err(SignInError::NotApproved(status)) => {
            tracing::warn!(user, %address, status = status.as_str(), "sign-in refused: account not approved");
        }
        // Faults of ours are logged where they become an answer.
        Err(_) => {}
    }
}
