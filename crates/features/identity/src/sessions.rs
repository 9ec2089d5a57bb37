//! Who is calling, and ending that.

use crate::Identity;
use crate::model::{AccountStatus, User};
use crate::problems::store_problem;
use crate::store::{self, StoreError};
use dashly_kernel::Problem;
use dashly_web::{Authenticate, AuthenticateFuture, Caller, find_cookie};
use http::{HeaderMap, header};
use std::net::IpAddr;

/// Name of the cookie that holds the token.
pub(crate) const TOKEN_COOKIE: &str = "token";

/// Why it is not known who is calling.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AuthenticateError {
    /// There is no token.
    #[error("no token")]
    NoToken,
    /// There is one, and it is forged, expired, of an ended session or of an account that may not be used.
    #[error("invalid token")]
    InvalidToken,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<AuthenticateError> for Problem {
    fn from(error: AuthenticateError) -> Self {
        match error {
            AuthenticateError::NoToken => Self::unauthorized(
                "no-token",
                "sign in first: POST /api/auth/login gives a token, to be sent as cookie `token` or as header \
                 `Authorization: Bearer <token>`",
            ),
            AuthenticateError::InvalidToken => Self::unauthorized(
                "invalid-token",
                "this sign-in is not valid, or not any longer; sign in again with POST /api/auth/login",
            ),
            AuthenticateError::Store(error) => store_problem(error),
        }
    }
}

impl Authenticate for Identity {
    fn authenticate<'a>(&'a self, headers: &'a HeaderMap) -> AuthenticateFuture<'a> {
        Box::pin(async move { Ok(self.identify(headers).await?) })
    }
}

impl Identity {
    /// The caller with the role that the account has now.
    async fn identify(&self, headers: &HeaderMap) -> Result<Caller, AuthenticateError> {
        let token = find_token(headers).ok_or(AuthenticateError::NoToken)?;
        let now = self.clock().now();
        let subject = self.tokens().read(token, now).ok_or(AuthenticateError::InvalidToken)?;
        match store::find_session(self.db(), subject.session, subject.user, now).await? {
            Some((role, AccountStatus::Approved, username)) => {
                let username = username.into();
                Ok(Caller { user: subject.user, session: subject.session, role, username })
            }
            _ => Err(AuthenticateError::InvalidToken),
        }
    }

    /// Ends the caller's session: its token is dead in every process from now on.
    pub(crate) async fn sign_out(&self, caller: &Caller, address: IpAddr) -> Result<(), StoreError> {
        store::end_session(self.db(), caller.session, self.clock().now()).await?;
        tracing::info!(user = %caller.user, %address, "signed out");
        Ok(())
    }

    /// The caller's account.
    pub(crate) async fn get_own_account(&self, caller: &Caller) -> Result<User, AuthenticateError> {
        store::find_user(self.db(), caller.user).await?.ok_or(AuthenticateError::InvalidToken)
    }
}

/// The token of a request: from the cookie, else from the `Authorization` header.
fn find_token(headers: &HeaderMap) -> Option<&str> {
    find_cookie(headers, TOKEN_COOKIE).filter(|token| !token.is_empty()).or_else(|| find_bearer(headers))
}

fn find_bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.trim().split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}
