//! Faults of the database as an answer.

use crate::store::StoreError;
use dashly_kernel::Problem;

/// When a retry can find the database again, in seconds.
const RETRY_SECONDS: u64 = 2;

/// 503 when the same request can succeed later, else 500; either way the cause is logged here and not told.
pub(crate) fn store_problem(error: StoreError) -> Problem {
    match error {
        StoreError::Database(cause) if cause.is_transient() => {
            tracing::warn!(error = %cause, reason = cause.reason(), "accounts cannot be looked up");
            Problem::unavailable(
                "database-unavailable",
                "accounts cannot be looked up right now; try again shortly",
                RETRY_SECONDS,
            )
        }
        StoreError::Database(cause) => {
            tracing::error!(error = ?cause, "accounts cannot be looked up");
            Problem::internal()
        }
        StoreError::Unreadable { column } => {
            tracing::error!(column, "an account has a value that this program does not know");
            Problem::internal()
        }
    }
}
