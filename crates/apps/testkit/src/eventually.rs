//! Waiting for what happens in the background.

use std::future::Future;
use std::time::Duration;
use tokio::time::Instant;

/// Far more than anything in the server takes; reached only by a test that fails.
const DEADLINE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(5);

/// Asks again and again until `look` gives something; gives that.
///
/// # Panics
/// After thirty seconds, naming `what`.
pub async fn eventually<T, F: Future<Output = Option<T>>>(what: &str, mut look: impl FnMut() -> F) -> T {
    let deadline = Instant::now() + DEADLINE;
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(Instant::now() < deadline, "waited {} s in vain for {what}", DEADLINE.as_secs());
        tokio::time::sleep(PAUSE).await;
    }
}
