//! What else happens when somebody signs in, said by whoever wires this feature to others.

use dashly_kernel::UserId;
use http::HeaderMap;
use std::pin::Pin;
use std::sync::Arc;

/// What [`SignInObserver::signed_in`] gives.
pub type AfterSignInFuture<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// Is told of each good sign-in before it is answered.
pub trait SignInObserver: Send + Sync {
    /// `user` signed in with a request of `headers`. May add headers, such as cookies, to `answer`. Cannot refuse: what it
    /// has to say of a failure belongs into the log.
    fn signed_in<'a>(
        &'a self,
        user: UserId,
        headers: &'a HeaderMap,
        answer: &'a mut HeaderMap,
    ) -> AfterSignInFuture<'a>;
}

/// Request extension that holds the observer; without one nobody is told.
#[derive(Clone)]
pub struct AfterSignIn(pub Arc<dyn SignInObserver>);

impl std::fmt::Debug for AfterSignIn {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("AfterSignIn")
    }
}
