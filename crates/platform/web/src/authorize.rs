//! Who may: the extractors by which a route asks for a signed-in person or an administrator.
//!
//! This crate does not know how people sign in. Whoever does implements [`Authenticate`], and the assembly puts it
//! into every request as [`Authentication`]; it is asked only by routes that need it.

use crate::Failure;
use axum::extract::FromRequestParts;
use dashly_kernel::{Problem, Role, SessionId, UserId};
use http::HeaderMap;
use http::request::Parts;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// A signed-in person.
#[derive(Clone, PartialEq, Eq)]
pub struct Caller {
    /// Who.
    pub user: UserId,
    /// Under which sign-in.
    pub session: SessionId,
    /// With which role, as it is now, not as it was at sign-in.
    pub role: Role,
    /// The name as it is now.
    pub username: Arc<str>,
}

impl std::fmt::Debug for Caller {
    /// Without the name, which does not belong into logs.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Caller")
            .field("user", &self.user)
            .field("session", &self.session)
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}

/// What [`Authenticate::authenticate`] gives.
pub type AuthenticateFuture<'a> = Pin<Box<dyn Future<Output = Result<Caller, Problem>> + Send + 'a>>;

/// Tells from a request's headers who is calling.
pub trait Authenticate: Send + Sync {
    /// The caller; else 401 without or with a bad token, 503 when that cannot be known right now.
    fn authenticate<'a>(&'a self, headers: &'a HeaderMap) -> AuthenticateFuture<'a>;
}

/// The request extension that holds the [`Authenticate`] in use.
#[derive(Clone)]
pub struct Authentication(pub Arc<dyn Authenticate>);

/// Any signed-in person; everybody else gets 401.
#[derive(Clone, Debug)]
pub struct SignedIn(pub Caller);

/// An administrator; strangers get 401, other roles 403.
#[derive(Clone, Debug)]
pub struct Administrator(pub Caller);

impl<S: Send + Sync> FromRequestParts<S> for SignedIn {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Failure> {
        let Some(Authentication(authentication)) = parts.extensions.get::<Authentication>().cloned() else {
            tracing::error!("a route asks who is calling, and nothing was set up to tell");
            return Err(Problem::internal().into());
        };
        Ok(Self(authentication.authenticate(&parts.headers).await?))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Administrator {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let SignedIn(caller) = SignedIn::from_request_parts(parts, state).await?;
        match caller.role {
            Role::Admin => Ok(Self(caller)),
            Role::User => {
                tracing::warn!(user = %caller.user, "a user without the admin role was refused");
                Err(Problem::forbidden("admin-only", "only an administrator may do this").into())
            }
        }
    }
}
