//! Facts that need no model: computed first, given to it, and the answer where there is none.
//!
//! Pure functions of what a caller sends.
#![expect(clippy::indexing_slicing, reason = "reading a JSON value never panics: what is missing is null")]

mod cell;
mod columns;
mod quality;
mod series;
mod visualizations;
mod widget;

pub(crate) use columns::describe_rows;
pub(crate) use quality::assess;
pub(crate) use visualizations::suggest;
pub(crate) use widget::{WidgetFacts, comparison_facts, widget_facts};
