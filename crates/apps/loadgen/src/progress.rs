//! A progress bar on standard error, silent when nobody looks.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Shows how far a run is.
#[derive(Debug, Clone)]
pub struct Progress {
    visible: bool,
}

impl Progress {
    /// A bar on standard error; nothing at all when that is not a terminal.
    pub fn on_stderr() -> Self {
        Self { visible: true }
    }

    /// Nothing, for tests and `--quiet`.
    pub fn hidden() -> Self {
        Self { visible: false }
    }

    /// A bar of `total` steps named `what`; it goes away when dropped.
    pub(crate) fn start(&self, what: &str, total: u64) -> Steps {
        let target = if self.visible { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(total), target).with_message(what.to_owned());
        let bar = match ProgressStyle::with_template("{msg} {bar:40} {pos}/{len} {eta}") {
            Ok(style) => bar.with_style(style),
            Err(_) => bar,
        };
        Steps(bar)
    }
}

/// One running bar.
#[derive(Debug)]
pub(crate) struct Steps(ProgressBar);

impl Steps {
    /// One step more is done.
    pub(crate) fn step(&self) {
        self.0.inc(1);
    }
}

impl Drop for Steps {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
