//! Bounds the memory that request bodies hold together.

use crate::Failure;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use dashly_kernel::Problem;
use http::header::CONTENT_LENGTH;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// How long a request waits for others to be done with their bodies.
const PATIENCE: Duration = Duration::from_secs(5);

/// Bytes of request bodies that may be in memory at once on the routes it guards.
#[derive(Clone, Debug)]
pub struct BodyBudget {
    kilobytes: Arc<Semaphore>,
    body_limit_kilobytes: u32,
}

impl BodyBudget {
    /// A budget of `total_kilobytes` for bodies of at most `body_limit_kilobytes` each.
    pub fn new(total_kilobytes: u32, body_limit_kilobytes: u32) -> Self {
        let permits = usize::try_from(total_kilobytes.max(body_limit_kilobytes)).unwrap_or(usize::MAX);
        Self { kilobytes: Arc::new(Semaphore::new(permits)), body_limit_kilobytes }
    }

    /// What a request may need: what it announces, or the most when it announces nothing.
    fn share(&self, request: &Request) -> u32 {
        request
            .headers()
            .get(CONTENT_LENGTH)
            .and_then(|length| length.to_str().ok()?.parse::<u64>().ok())
            .and_then(|bytes| u32::try_from(bytes / 1024 + 1).ok())
            .map_or(self.body_limit_kilobytes, |kilobytes| kilobytes.min(self.body_limit_kilobytes))
    }
}

/// Middleware: lets a request wait until its body fits into [`BodyBudget`], then answers 503 with `Retry-After`.
pub async fn share_body_budget(State(budget): State<BodyBudget>, request: Request, next: Next) -> Response {
    let share = budget.share(&request);
    match tokio::time::timeout(PATIENCE, budget.kilobytes.acquire_many(share)).await {
        Ok(Ok(_permit)) => next.run(request).await,
        _ => Failure::from(Problem::unavailable(
            "overloaded",
            "the server is busy with as many large requests as fit into its memory; try again shortly",
            2,
        ))
        .into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::BodyBudget;
    use axum::extract::Request;

    fn request(length: Option<&str>) -> Request {
        let builder = http::Request::builder();
        let builder = match length {
            Some(length) => builder.header("content-length", length),
            None => builder,
        };
        builder.body(axum::body::Body::empty()).unwrap()
    }

    #[test]
    fn a_request_takes_what_it_announces_and_never_more_than_the_limit() {
        let budget = BodyBudget::new(40_960, 10_240);
        assert_eq!(budget.share(&request(Some("150"))), 1);
        assert_eq!(budget.share(&request(Some("99999999999"))), 10_240);
        assert_eq!(budget.share(&request(Some("nonsense"))), 10_240);
        assert_eq!(budget.share(&request(None)), 10_240);
    }
}
