//! What experiments there are: `tests.json`, checked as a whole, watched, and swapped in one step.

mod document;
mod experiment;
mod parse;
mod watch;

pub use experiment::{Definitions, Experiment, Phase, Status, Variant};
pub use parse::{DefinitionFault, parse_definitions};
pub use watch::{DefinitionsFile, DefinitionsStatus};
