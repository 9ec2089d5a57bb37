//! How long somebody waits.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::time::{Instant, Sleep, sleep_until};

/// A moment until which something must come; it is moved often, mostly to later.
///
/// The runtime's timer is set anew only for an earlier moment. Where it goes off too early it is set to the moment that holds by
/// then. So whoever moves the moment with every call, or with every piece of a stream, pays for one timer and not for each.
#[derive(Debug)]
pub(super) struct Patience {
    until: Instant,
    timer: Pin<Box<Sleep>>,
}

impl Patience {
    pub(super) fn new(until: Instant) -> Self {
        Self { until, timer: Box::pin(sleep_until(until)) }
    }

    /// Waits until `until` from now on.
    pub(super) fn wait_until(&mut self, until: Instant) {
        self.until = until;
        if until < self.timer.deadline() {
            self.timer.as_mut().reset(until);
        }
    }

    /// Ready when the moment has come.
    pub(super) fn poll_over(&mut self, context: &mut Context<'_>) -> Poll<()> {
        loop {
            ready!(self.timer.as_mut().poll(context));
            if Instant::now() >= self.until {
                return Poll::Ready(());
            }
            self.timer.as_mut().reset(self.until);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Patience;
    use futures_util::FutureExt;
    use std::future::poll_fn;
    use std::time::Duration;
    use tokio::time::{Instant, advance};

    const SECOND: Duration = Duration::from_secs(1);

    async fn is_over(patience: &mut Patience) -> bool {
        // The timers of a time that stands still go off in a turn of the runtime.
        tokio::task::yield_now().await;
        poll_fn(|context| patience.poll_over(context)).now_or_never().is_some()
    }

    #[tokio::test(start_paused = true)]
    async fn the_last_moment_holds() {
        let start = Instant::now();
        let mut patience = Patience::new(start + 2 * SECOND);
        assert!(!is_over(&mut patience).await);
        patience.wait_until(start + 10 * SECOND);
        advance(5 * SECOND).await;
        assert!(!is_over(&mut patience).await, "moved to later");
        patience.wait_until(start + 7 * SECOND);
        advance(2 * SECOND).await;
        assert!(is_over(&mut patience).await, "moved to earlier");
        patience.wait_until(start + 20 * SECOND);
        assert!(!is_over(&mut patience).await, "moved after it was over");
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_is_woken_at_the_last_moment() {
        let start = Instant::now();
        let mut patience = Patience::new(start + SECOND);
        patience.wait_until(start + 3 * SECOND);
        poll_fn(|context| patience.poll_over(context)).await;
        assert_eq!(start.elapsed(), 3 * SECOND);
    }
}
