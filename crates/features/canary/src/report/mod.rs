//! The decision for people: as text, and as one page with plots that needs nothing else.

mod html;
mod plot;
mod series;
mod text;

pub use html::render_html;
pub use text::render_text;
