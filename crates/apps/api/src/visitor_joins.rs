//! Signing in joins the browser's visitor to the person: neither feature knows the other.

use dashly_experiments::Experiments;
use dashly_identity::{AfterSignInFuture, SignInObserver};
use dashly_kernel::UserId;
use http::HeaderMap;

/// Tells the experiments of each sign-in.
pub(crate) struct VisitorJoins(pub(crate) Experiments);

impl SignInObserver for VisitorJoins {
    fn signed_in<'a>(
        &'a self,
        user: UserId,
        headers: &'a HeaderMap,
        answer: &'a mut HeaderMap,
    ) -> AfterSignInFuture<'a> {
        Box::pin(self.0.join_visitor(user, headers, answer))
    }
}
