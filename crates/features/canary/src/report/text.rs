//! For a terminal.

use crate::{CriterionState, Decision, Figure};
use std::fmt::Write;

/// The verdict and every criterion, one a paragraph.
pub fn render_text(decision: &Decision) -> String {
    let mut text = format!("Verdict: {}\n  {}\n", decision.verdict.words(), decision.reason);
    for criterion in &decision.criteria {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "\n{:<10} {}", criterion.name, state(criterion.state));
        let _ = writeln!(text, "  {}", criterion.reason);
        let figures: Vec<String> = criterion.figures.iter().map(figure).collect();
        if !figures.is_empty() {
            let _ = writeln!(text, "  {}", figures.join(" · "));
        }
    }
    let _ = writeln!(text, "\n{} looks.", decision.looks);
    text
}

/// A criterion's state in a word.
pub(super) fn state(state: CriterionState) -> &'static str {
    match state {
        CriterionState::Good => "good",
        CriterionState::Bad => "bad",
        CriterionState::Open => "open",
        CriterionState::Absent => "not published",
    }
}

/// A number with its name and unit.
pub(super) fn figure(figure: &Figure) -> String {
    let separator = if figure.unit.is_empty() { "" } else { " " };
    format!("{} {}{separator}{}", figure.name, short(figure.value), figure.unit)
}

/// Up to two digits behind the point, and none where there are none.
pub(super) fn short(value: f64) -> String {
    let rounded = format!("{value:.2}");
    rounded.trim_end_matches('0').trim_end_matches('.').to_owned()
}
