//! Background tasks that nobody forgets.

use futures_util::FutureExt;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The tasks of a process: started by name, told to stop together, and waited for.
///
/// Cheap to clone; all clones are the same set.
#[derive(Clone, Debug, Default)]
pub struct Tasks {
    tracker: TaskTracker,
    token: CancellationToken,
}

/// Tells a task that the process is stopping.
#[derive(Clone, Debug)]
pub struct ShutdownSignal(CancellationToken);

impl ShutdownSignal {
    /// Returns when the process is stopping; at once when it already is.
    pub async fn wait(&self) {
        self.0.cancelled().await;
    }

    /// Whether the process is stopping.
    pub fn is_stopping(&self) -> bool {
        self.0.is_cancelled()
    }
}

impl Tasks {
    /// Starts `task`. Its panic is logged under `name`; it never takes the process down silently.
    #[expect(clippy::disallowed_methods, reason = "this is the tracked spawner that the ban points to")]
    pub fn spawn<F>(&self, name: &'static str, task: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        // Not an async block: it would hold the task twice, and there is one for every connection.
        let watched = AssertUnwindSafe(task).catch_unwind().map(move |ended| {
            if ended.is_err() {
                tracing::error!(task = name, "a background task panicked");
                metrics::counter!("dashly_task_panics_total", "task" => name).increment(1);
            }
        });
        tokio::spawn(self.tracker.track_future(watched));
    }

    /// What tasks wait on to learn that they should finish.
    pub fn shutdown_signal(&self) -> ShutdownSignal {
        ShutdownSignal(self.token.clone())
    }

    /// Tells all tasks to finish, without waiting.
    pub fn begin_shutdown(&self) {
        self.token.cancel();
    }

    /// Tells all tasks to finish and waits for them, at most `limit`; says whether all did.
    pub async fn shut_down(&self, limit: Duration) -> bool {
        self.begin_shutdown();
        self.tracker.close();
        tokio::time::timeout(limit, self.tracker.wait()).await.is_ok()
    }
}
