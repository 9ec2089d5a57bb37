//! Looks for instructions in what should be data.
//!
//! No pattern finds every attack. The guard is the second of three lines: data is delimited and labelled, what looks like
//! an instruction is refused or withheld, and an answer that repeats what it must not know is thrown away. A test holds
//! all three against a model that obeys every instruction outside of its delimiters.

mod normalise;
mod output;
mod rules;

pub(crate) use output::leaks;
pub(crate) use rules::{Guard, Verdict};
