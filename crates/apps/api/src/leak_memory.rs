//! A defect on purpose: memory that grows with every request. Happens only in programs built with the feature `leak-memory`.
//!
//! The judge of canaries must find a version whose memory grows, and `scripts/test-cluster memory` shows on a cluster
//! that it does. For that it needs such a version. No image that is delivered has this feature.

use axum::Router;
use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::Response;
use std::hint::black_box;

/// What is never given back, for each request: 32 KiB.
///
/// A canary of four pods gets about a hundred of the test's 400 requests a second: 3 MiB a second. The judge wants 32 MiB
/// of growth within half a minute, and the pod's limit of 512 MiB is reached after more than two.
const BYTES_A_REQUEST: usize = 32 * 1024;

/// `router`, which forgets memory from now on.
pub(crate) fn with_leak(router: Router) -> Router {
    tracing::warn!(
        bytes_a_request = BYTES_A_REQUEST,
        "this program leaks memory on purpose (leak-memory): it is for tests of canaries only"
    );
    router.layer(middleware::from_fn(leak))
}

async fn leak(request: Request, next: Next) -> Response {
    // Ones and not zeros: pages that nobody has written to are not resident. The compiler may leave out what nobody sees.
    std::mem::forget(black_box(vec![1_u8; BYTES_A_REQUEST]));
    next.run(request).await
}
