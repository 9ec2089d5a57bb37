//! Planning a test with a fixed end: how many visitors, what power, what effect can be found.
//!
//! All for the two-sided z-test at `significance`, with any split between the variants. The counterpart after
//! the fact is [`detectable_difference`](crate::proportion::detectable_difference). A test that is looked at
//! and stopped early needs other figures.

mod means;
mod plan;
mod proportions;

pub use means::{MeansPlan, means_detectable_difference, means_power, means_sample_size};
pub use plan::{Plan, SampleSizes};
pub use proportions::{proportions_detectable_difference, proportions_power, proportions_sample_size};
