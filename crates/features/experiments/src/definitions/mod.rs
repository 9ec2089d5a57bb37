//! What experiments there are: `tests.json`, checked as a whole, watched, and swapped in one step.

mod arms;
mod document;
mod experiment;
mod fields;
mod metrics;
mod parse;
mod settings;
mod watch;

pub use document::DocumentFault;
pub(crate) use document::TestsDocument;
pub(crate) use experiment::MILLION;
pub use experiment::{Definitions, Experiment, Phase, Status, Variant, VariantValue};
pub use metrics::{Metric, MetricDirection, MetricKind, MetricRole};
pub(crate) use parse::read_definitions;
pub use parse::{DefinitionFault, Parsed, check_definitions_file, parse_definitions};
pub(crate) use settings::{
    ChangedFields, StoredChange, StoredChanges, WHOLE_FILE, WinnerChoice, present_winner,
};
pub use watch::{DefinitionsFile, DefinitionsStatus};
