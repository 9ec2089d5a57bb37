//! The table that is printed at the end; progress goes to standard error.

use std::fmt::Write;

/// Rows in the order in which they were measured.
#[derive(Debug, Default)]
pub(crate) struct Table {
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    what: String,
    measured: String,
    yardstick: String,
    ratio: String,
    goal: &'static str,
}

impl Table {
    /// Adds a row and shows it at once.
    #[expect(clippy::print_stderr, reason = "a run takes minutes: show what is done")]
    pub(crate) fn add(
        &mut self,
        what: impl Into<String>,
        measured: impl Into<String>,
        yardstick: impl Into<String>,
        ratio: Option<f64>,
        goal: &'static str,
    ) {
        let ratio = ratio.map_or_else(|| "–".to_owned(), |ratio| format!("{ratio:.2}"));
        let row =
            Row { what: what.into(), measured: measured.into(), yardstick: yardstick.into(), ratio, goal };
        eprintln!("{}: {} (yardstick: {}, ratio {})", row.what, row.measured, row.yardstick, row.ratio);
        self.rows.push(row);
    }

    /// The table in Markdown.
    pub(crate) fn render(&self) -> String {
        let mut text =
            String::from("| what | measured | yardstick | ratio | goal |\n|---|---|---|---|---|\n");
        for row in &self.rows {
            // Writing to a String cannot fail.
            let _ = writeln!(
                text,
                "| {} | {} | {} | {} | {} |",
                row.what, row.measured, row.yardstick, row.ratio, row.goal
            );
        }
        text
    }
}
