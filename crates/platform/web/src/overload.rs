//! Says no early instead of slowing everyone down.

use crate::Failure;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use dashly_kernel::Problem;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// The number of requests that may be in progress at once on the routes it guards.
#[derive(Clone, Debug)]
pub struct Overload {
    permits: Arc<Semaphore>,
}

impl Overload {
    /// Lets `most` requests be in progress at once.
    pub fn at_most(most: usize) -> Self {
        Self { permits: Arc::new(Semaphore::new(most)) }
    }
}

/// Middleware: answers 503 with `Retry-After` while [`Overload`]'s limit is reached.
pub async fn refuse_overload(State(overload): State<Overload>, request: Request, next: Next) -> Response {
    match overload.permits.try_acquire() {
        Ok(_permit) => next.run(request).await,
        Err(_) => Failure::from(Problem::unavailable(
            "overloaded",
            "the server has as many requests in progress as it can serve well; try again shortly",
            1,
        ))
        .into_response(),
    }
}
