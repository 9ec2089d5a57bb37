//! What experiments there are: `tests.json`, checked as a whole, watched, and swapped in one step.

mod document;
mod experiment;
mod parse;
mod watch;

pub use experiment::{Definitions, Experiment, Phase, Status, Variant};
pub(crate) use parse::read_definitions;
pub use parse::{DefinitionFault, Parsed, check_definitions_file, parse_definitions};
pub use watch::{DefinitionsFile, DefinitionsStatus};
