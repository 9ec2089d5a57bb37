//! The signal to stop.

use std::future::Future;
use tokio::signal::unix::{SignalKind, signal};

/// Completes when the process is told to stop: SIGTERM or Ctrl-C. Ask for it before the port opens, so that no signal
/// is missed.
///
/// # Errors
/// When the operating system refuses to deliver signals.
pub fn stop_signal() -> std::io::Result<impl Future<Output = ()> + Send> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
