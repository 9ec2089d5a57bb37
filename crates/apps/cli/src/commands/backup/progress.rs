//! A bar of rows, for work that takes longer than a moment.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::time::{Duration, Instant};

/// Before this nobody needs a bar.
const SHOW_AFTER: Duration = Duration::from_secs(2);

/// Rows done, on standard error; goes away when dropped.
pub(super) struct RowsBar {
    bar: ProgressBar,
    started: Instant,
}

impl RowsBar {
    pub(super) fn start(what: &'static str, total: Option<u64>, show: bool) -> Self {
        let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::hidden()).with_message(what);
        let template = match total {
            Some(_) => "{msg} {bar:40} {human_pos}/{human_len} rows {eta}",
            None => "{msg} {spinner} {human_pos} rows {per_sec}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        if !show {
            bar.finish();
        }
        Self { bar, started: Instant::now() }
    }

    pub(super) fn at(&self, rows: u64) {
        if self.bar.is_hidden() && !self.bar.is_finished() && self.started.elapsed() > SHOW_AFTER {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.set_position(rows);
    }
}

impl Drop for RowsBar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
